"""The quality page: confusion, calibration, floors, and the surest mistakes with their cases."""

import csv
from collections.abc import Callable
from datetime import datetime
from xml.etree import ElementTree

import pytest
from django.test import Client

from copilot.evaluation.mistakes import confusion_of
from copilot.evaluation.rows import Row, as_lists
from copilot.models import Evaluation, Release
from copilot.monitor import charts
from copilot.views.quality import worst_for
from helpdesk.models import Case, Role, Team, User
from tests.copilot.evaluation.test_gate import calibrated, row, rows
from tests.making import make_case, make_user

pytestmark = pytest.mark.django_db

CONFUSED = rows(40, wrong=(0, 4, 8), first_topic="topic-1", is_topic_right=False)


@pytest.fixture
def evaluate(release: Release, now: datetime) -> Callable[..., Evaluation]:
    def store(said: list[Row], method: str = "test") -> Evaluation:
        return Evaluation.objects.create(
            release=release, method=method, dataset="ours", dataset_sha256="0" * 64, rows=as_lists(said),
            evaluated_at=now,
        )  # fmt: skip

    return store


@pytest.fixture
def address(release: Release) -> str:
    return f"/copilot/releases/{release.pk}/quality/"


@pytest.fixture
def scientist(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_page_states_its_findings_in_words(
    scientist: Client, address: str, evaluate: Callable[..., Evaluation]
) -> None:
    evaluate([*CONFUSED, *calibrated(400)])
    text = text_of(scientist, address)
    assert "Of 440 answers offered, 91 % (" in text
    assert "Most often, topic-0 was taken for topic-1: 3 of 110." in text
    assert "So nothing speaks against it." in text
    assert "Offered, right" in text
    assert text.count('<svg class="chart ') == 3


def test_the_release_links_to_it(scientist: Client, address: str, release: Release) -> None:
    assert f'href="{address}"' in text_of(scientist, f"/copilot/releases/{release.pk}/")


def test_without_an_evaluation_it_says_how_to_get_one(scientist: Client, address: str) -> None:
    assert "manage.py evaluate" in text_of(scientist, address)


def test_each_method_is_a_page_and_an_unknown_one_is_none(
    scientist: Client, address: str, evaluate: Callable[..., Evaluation]
) -> None:
    evaluate(calibrated(400))
    evaluate(calibrated(100), method="crossfit")
    assert "Of 400 answers" in text_of(scientist, address)
    assert "Of 100 answers" in text_of(scientist, f"{address}?method=crossfit")
    assert scientist.get(f"{address}?method=forward").status_code == 404


def test_rows_that_taught_the_release_are_left_out_of_its_test_alone(
    scientist: Client, address: str, release: Release, evaluate: Callable[..., Evaluation]
) -> None:
    Release.objects.filter(pk=release.pk).update(learned_from=[f"k{at}" for at in range(100)])
    evaluate(calibrated(400))
    evaluate(calibrated(400), method="crossfit")
    assert "Of 300 answers" in text_of(scientist, address)
    assert "Of 400 answers" in text_of(scientist, f"{address}?method=crossfit")


def test_rows_that_taught_the_encoder_are_told(
    scientist: Client, address: str, release: Release, evaluate: Callable[..., Evaluation]
) -> None:
    release.encoder.card["learned_from"] = ["k1", "k2"]
    release.encoder.save()
    evaluate(calibrated(400), method="crossfit")
    assert "tuned on 2 of these 400 rows" in text_of(scientist, f"{address}?method=crossfit")


def test_a_release_that_never_ranked_an_answer_has_a_page(
    scientist: Client, address: str, evaluate: Callable[..., Evaluation]
) -> None:
    silent = {"is_offered": False, "is_best_right": False, "confidence": None, "reason": "topic_unsure"}
    evaluate(rows(20, wrong=range(20), **silent))
    assert "No answer was offered to any of 20 questions." in text_of(scientist, address)


def mistake_about(case: Case, number: int = 1) -> Row:
    message = case.messages.get()
    return row(
        number,
        message=str(message.pk),
        case=str(case.pk),
        is_best_right=False,
        best="fee-table",
        confidence=0.99,
    )


def test_the_surest_mistakes_lead_to_their_cases(
    scientist: Client, address: str, evaluate: Callable[..., Evaluation]
) -> None:
    case = make_case("Where is it?")
    evaluate([*rows(10), mistake_about(case)])
    text = text_of(scientist, address)
    assert f'<a href="/cases/{case.pk}/">#{case.pk}</a>' in text
    assert "fee-table" in text


def test_a_mistake_leads_to_no_case_that_the_reader_may_not_see(other_team: Team) -> None:
    case = make_case("Where is it?", team=other_team)
    told = [
        worst_for(make_user(role, role=role), [mistake_about(case)])
        for role in (Role.AGENT, Role.DATA_SCIENTIST)
    ]
    assert [mistake.case for [mistake] in told] == [None, case.pk]


def test_a_number_of_other_origin_leads_nowhere(
    scientist: Client, address: str, evaluate: Callable[..., Evaluation]
) -> None:
    case = make_case("Where is it?")
    message = str(case.messages.get().pk)
    others = ({"message": message, "case": "c1"}, {"message": "tables.csv line 3", "case": str(case.pk)},
              {"message": "9" * 40, "case": str(case.pk)})  # fmt: skip
    evaluate([*rows(10), *(row(11, is_best_right=False, **other) for other in others)])
    assert f"/cases/{case.pk}/" not in text_of(scientist, address)


@pytest.mark.parametrize(
    ("part", "head"),
    [
        ("losses", "end,share"),
        ("confusion", "true,said,rows"),
        ("reliability", "from,to,confidence,accuracy"),
        ("risk", "floor,coverage,risk"),
    ],
)
def test_each_table_is_a_csv(
    scientist: Client, address: str, evaluate: Callable[..., Evaluation], part: str, head: str
) -> None:
    evaluate(CONFUSED)
    response = scientist.get(f"{address}?csv={part}")
    assert response["Content-Type"].startswith("text/csv")
    first, *others = csv.reader(response.content.decode().splitlines())
    assert ",".join(first) == f"{head},low,high,n,k,agents,note,method,version"
    assert others
    assert {row[-1] for row in others} == {f"release {Release.objects.get().pk}, test, ours 000000000000"}


def test_a_name_that_looks_like_a_formula_is_quoted(
    scientist: Client, address: str, evaluate: Callable[..., Evaluation]
) -> None:
    evaluate([row(1, topic="=cmd()", first_topic="@x", is_topic_right=False)])
    assert b"'=cmd(),'@x,1" in scientist.get(f"{address}?csv=confusion").content


def test_an_unknown_table_is_none(
    scientist: Client, address: str, evaluate: Callable[..., Evaluation]
) -> None:
    evaluate(CONFUSED)
    assert scientist.get(f"{address}?csv=texts").status_code == 404


def test_it_is_read_only(scientist: Client, address: str) -> None:
    assert scientist.post(address).status_code == 405


def test_an_unknown_release_has_none(scientist: Client) -> None:
    assert scientist.get("/copilot/releases/999999/quality/").status_code == 404


def test_an_agent_is_refused(client: Client, address: str) -> None:
    client.force_login(make_user("stranger", role=Role.AGENT))
    assert client.get(address).status_code == 403


def test_names_in_a_chart_are_escaped() -> None:
    said = [row(1, topic="<b>&", first_topic="other", is_topic_right=False)]
    chart = charts.heat(confusion_of(said), title='"Topics"')
    ElementTree.fromstring(chart)
    assert "<b>" not in chart
