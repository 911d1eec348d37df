"""Stored turns and their cells: they sum, also where agents are divided."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from copilot import assigning, recording
from copilot.experimenting import Treatment
from copilot.models import Suggestion
from copilot.models.suggestion import Reason, State
from copilot.monitor.funnel import Cell
from copilot.monitor.turns import cells
from helpdesk.models import Case, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_experiment, make_suggestion
from tests.making import make_case, make_message, make_user

pytestmark = pytest.mark.django_db
TEXT = "Hi Priya,\n\nOpen Settings > Network and choose the shop's own Wi-Fi again."


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


def found(now: datetime | None = None) -> list[str]:
    return [str(cell) for _, cell in cells(Suggestion.objects.all(), now=now or timezone.now())]


def answered(case: Case, author: User, body: str = "In my own words, and many of them.") -> None:
    send_reply(case=case, author=author, body=body, client_key=f"k-{case.pk}", now=timezone.now())


def test_turns_sum_to_all_that_are_eligible(ana: User) -> None:
    for state, reason in ((State.WITHHELD, "no_answer"), (State.FAILED, "lost"), (State.OFF, "off")):
        make_suggestion(make_case(), "", state=state, reason=reason, answer=None)
    make_suggestion(make_case(), TEXT, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    make_suggestion(make_case(), TEXT)
    verbatim = make_case()
    inserted = make_suggestion(verbatim, TEXT)
    for n, type in enumerate(("displayed", "viewed", "inserted")):  # noqa: A001  the field's name
        recording.record_report(
            suggestion=inserted,
            actor=ana,
            at=timezone.now(),
            type=type,
            client_seq=str(n),
            page="t",
            page_order=n,
        )
    answered(verbatim, ana, TEXT)
    unseen = make_case()
    make_suggestion(unseen, TEXT)
    answered(unseen, ana)
    went_on = make_message("And now?", case_id=make_case().pk).case
    first = make_suggestion(went_on)
    make_message("Hello?", case_id=went_on.pk)
    Suggestion.objects.filter(pk=first.pk).update(state=State.SUPERSEDED)
    counted = Counter(found())
    assert counted == {
        "withheld": 1, "failed": 1, "off": 1, "shadow": 1, "waiting": 1, "sent_verbatim": 1, "offered": 1,
    }  # fmt: skip
    assert counted.total() == Suggestion.objects.current().count()
    assert Counter(found(timezone.now() + timedelta(days=8)))["censored"] == 1


def test_a_reply_counts_under_its_authors_variant() -> None:
    experiment = make_experiment(unit="agent")
    agents = [make_user(f"agent-{n}") for n in range(10)]
    expected = []
    for agent in agents:
        case = make_message(announce=True, sent_at=timezone.now()).case
        make_suggestion(case, TEXT)
        answered(case, agent)
        arm = assigning.variant_for(agent, experiment, asked_at=timezone.now()).arm
        expected.append("offered" if arm == "offer" else "shadow")
    assert found() == expected
    assert set(expected) == {"offered", "shadow"}


def test_a_reply_with_nothing_but_a_signature_kept_nothing(ana: User) -> None:
    case = make_case()
    inserted = make_suggestion(case, TEXT)
    recording.record_report(
        suggestion=inserted, actor=ana, at=timezone.now(), type="inserted", client_seq="s"
    )
    answered(case, ana, "-- \nAna\nShop Care")
    assert found() == [Cell.INSERTED_THEN_REMOVED]


def test_ten_suggestions_for_one_reply_are_one_turn(ana: User) -> None:
    case = make_case(announce=True)
    for n in range(9):
        make_message(f"And {n}?", case_id=case.pk, announce=True, sent_at=timezone.now())
    assert Suggestion.objects.filter(case=case).count() == 10
    newest = make_suggestion(case, TEXT)
    answered(case, ana)
    assert [(row.pk, str(cell)) for row, cell in cells(Suggestion.objects.all(), now=timezone.now())] == [
        (newest.pk, "offered")
    ]


def test_a_case_of_the_off_arm_is_a_turn_like_any_other(ana: User) -> None:
    make_experiment(Treatment("off", 999_999, "off"), Treatment("offer", 1, "offer"))
    case = make_message(announce=True, sent_at=timezone.now()).case
    answered(case, ana)
    assert found() == [Cell.OFF]


def test_the_queries_do_not_grow_with_the_turns(
    ana: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    for _ in range(5):
        case = make_case()
        make_suggestion(case, TEXT)
        answered(case, ana)
    with django_assert_num_queries(4):  # turns, events, exposures, matches
        assert found() == ["offered"] * 5
