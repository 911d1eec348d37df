"""Accuracy: bounded, corrected by labels, expected and offline side by side; never surer than labels allow."""

import csv
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from copilot.models import (
    ConfidenceDay,
    Evaluation,
    Judgment,
    Release,
    Suggestion,
    SuggestionEvent,
    TurnDay,
)
from copilot.models.release import Promotion
from copilot.monitor.checks import confidence_has_parted
from copilot.monitor.rolling import agent_hash
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.copilot.making import make_release, make_topic
from tests.copilot.test_judging import compared
from tests.making import make_user

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/accuracy/"
COLUMNS = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}
_numbers = count()


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


@pytest.fixture
def agents(db: None) -> list[User]:
    return [make_user(f"agent{number}") for number in range(10)]


def monday(weeks_ago: int = 3) -> date:
    today = timezone.localdate()
    return today - timedelta(days=today.weekday() + 7 * weeks_ago)


def turns(
    agent: int, *, arm: str = "shadow", topic: str = "Payouts", day: date | None = None, **counts: Any
) -> None:
    """One row of figures: turns by kind of match, all of them compared."""
    n = sum(value for name, value in counts.items() if name in {"n_exact", "n_near", "n_conflict", "n_none"})
    made = TurnDay.objects.create(
        day=day or monday(), arm=arm, topic=make_topic(topic), language="en", agent=agent,
        **(COLUMNS | {"n_turns": n, "n_shadow": n, "release": make_release()} | counts),
    )  # fmt: skip
    roll_sums(made.day, of=TurnDay)


def judged(
    author: User, judge: User, *, kind: str, right: str, reply: str = "yes", probability: float = 0.5,
    arm: str = "shadow", topic: str = "Payouts", **fields: Any
) -> None:  # fmt: skip
    held_out = {"state": "shadow", "reason": "held_out", "arm": "shadow"} if arm == "shadow" else {}
    days_ago = (timezone.localdate() - monday()).days
    turn = compared(author=author, kind=kind, days_ago=days_ago, topic=make_topic(topic), **held_out | fields)
    Judgment.objects.create(
        suggestion=turn, judge=judge, suggestion_verdict=right, reply_verdict=reply, stratum="all",
        inclusion_probability=probability, week=monday(), judged_at=timezone.now(),
    )  # fmt: skip


def table(client: Client, key: str, **query: Any) -> dict[str, dict[str, str]]:
    text = client.get(PAGE, {"csv": key} | query).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def label_all(agents: list[User], judge: User, n: int, *, arm: str = "shadow") -> None:
    """Of ten labels six match and are right, of the other four one is right."""
    for number in range(n):
        is_match = number % 10 < 6
        kind, right = ("near", "yes") if is_match else ("none", "yes" if number % 10 == 9 else "no")
        judged(agents[number // 10 % 10], judge, kind=kind, right=right, arm=arm)


def test_without_labels_the_held_out_match_rate_is_what_can_be_said(
    client: Client, agents: list[User]
) -> None:
    for agent in agents:
        turns(agent_hash(agent.pk), n_exact=3, n_near=3, n_conflict=1, n_none=3)
        turns(agent_hash(agent.pk), arm="offer", n_exact=90)
    text = client.get(PAGE).text
    assert "Replies match 60 % of the suggestions that nobody saw" in text
    assert "No turn was judged yet" in text
    found = table(client, "estimates")
    assert {name: row["value"] for name, row in found.items()} == dict.fromkeys(found, "")
    assert found["Corrected, PPI++"]["note"] == "0 labels: 100 are needed"
    assert "no stored test" in found["Offline, on the test split"]["note"]
    topic = table(client, "topic")["Payouts"]
    assert (topic["n"], topic["k"], topic["agents"]) == ("100", "60", "10")
    assert topic["version"].endswith(", all releases")
    release = make_release()
    assert table(client, "topic", release=release.pk)["Payouts"]["version"].endswith(
        f", release {release.pk}"
    )
    at = timezone.now() - (timezone.localdate() - monday())
    Promotion.objects.create(release=release, at=at)
    text = client.get(PAGE).text
    assert f"<title>r{release.pk}</title>" in text
    assert "Dotted: a release became live" in text
    assert "Exact</dt><dd>30" in text


def test_labels_correct_what_matches_say(client: Client, agents: list[User], nadia: User) -> None:
    for agent in agents:
        turns(agent_hash(agent.pk), n_near=30, n_none=20)
        turns(agent_hash(agent.pk), arm="offer", n_near=300, n_none=200)
    label_all(agents, nadia, 100)
    label_all(agents, nadia, 60, arm="offer")
    found = table(client, "estimates")
    for name in ("Corrected, post-stratified", "Corrected, PPI++"):
        assert float(found[name]["value"]) == pytest.approx(0.7, abs=0.01), name
        assert float(found[name]["low"]) < 0.68 < 0.72 < float(found[name]["high"])
        assert found[name]["n"] == "160"
    bound = found["At least (match rate × precision)"]
    assert 0.4 < float(bound["value"]) < 0.6
    assert (bound["low"], bound["high"]) == ("", "")
    when = table(client, "when")
    assert float(when["Match, held out (PPV)"]["value"]) == 1.0
    assert float(when["No match, offered (FOR)"]["value"]) == pytest.approx(0.25)
    assert float(when["The reply itself, held out"]["value"]) == 1.0
    assert when["Conflict"]["note"] == "fewer than 5 labels: too few to say"
    text = client.get(PAGE).text
    assert "70 % of the suggestions are right" in text
    assert "as 160 blind labels tell" in text
    assert "At least 5" in text
    assert "Estimates from 70 % (corrected, " in text
    assert "Of matches 100 % are right where held out, 100 % where shown." in text


def test_what_was_inserted_and_sent_though_wrong_is_told(
    client: Client, agents: list[User], nadia: User
) -> None:
    for agent in agents:
        turns(agent_hash(agent.pk), arm="offer", n_near=8, n_none=2)
        for kind, right, inserts in (
            ("near", "no", True),
            ("near", "no", False),
            ("near", "yes", True),
            ("none", "no", True),
        ):
            judged(agent, nadia, kind=kind, right=right, arm="offer")
            if inserts:
                SuggestionEvent.objects.create(
                    suggestion=Suggestion.objects.latest("pk"), type="inserted", actor=agent, at=timezone.now(),
                    client_seq="1",
                )  # fmt: skip
    found = table(client, "sent-wrong")
    assert float(found["Of all that were offered"]["value"]) == pytest.approx(0.25)
    assert float(found["Of those that were wrong"]["value"]) == pytest.approx(1 / 3)


def test_labels_stand_for_the_inverse_of_their_chance(
    client: Client, agents: list[User], nadia: User
) -> None:
    for number in range(20):
        judged(agents[number % 5], nadia, kind="none", right="yes", probability=0.1)
        judged(agents[number % 5], nadia, kind="none", right="no", probability=0.9)
    for agent in agents[:5]:
        turns(agent_hash(agent.pk), n_none=50)
    found = table(client, "estimates")["Labels alone"]
    assert float(found["value"]) == pytest.approx(0.9)
    assert float(found["high"]) - float(found["low"]) > 0.2, "worth 24 labels, not 40"
    assert table(client, "estimates")["Corrected, PPI++"]["note"] == "40 labels: 100 are needed"


def test_what_nobody_can_say_is_left_out_and_told(
    client: Client, agents: list[User], nadia: User, sana: User
) -> None:
    for agent in agents:
        turns(agent_hash(agent.pk), n_none=5)
        judged(agent, nadia, kind="none", right="cant_say")
        judged(agent, nadia, kind="none", right="yes")
    first = Judgment.objects.filter(suggestion_verdict="yes").first()
    assert first is not None
    Judgment.objects.create(
        suggestion=first.suggestion, judge=sana, suggestion_verdict="no", reply_verdict="no", stratum="all",
        inclusion_probability=0.5, week=first.week, judged_at=timezone.now(),
    )  # fmt: skip
    assert "of 10 nobody could say whether the suggestion was right" in client.get(PAGE).text
    found = table(client, "estimates")["Labels alone"]
    assert (found["n"], float(found["value"])) == ("10", pytest.approx(0.95)), (
        "where judges differ, it is half right"
    )


def judged_twice(
    author: User, judges: list[User], said: tuple[str, str], *, replies: tuple[str, str] = ("yes", "yes"), **fields: Any
) -> None:  # fmt: skip
    """A turn of which two people say something each."""
    judged(author, judges[0], right=said[0], reply=replies[0], **{"kind": "near"} | fields)
    first = Judgment.objects.latest("pk")
    Judgment.objects.create(
        suggestion=first.suggestion, judge=judges[1], suggestion_verdict=said[1], reply_verdict=replies[1],
        stratum="all", inclusion_probability=first.inclusion_probability, week=first.week, judged_at=timezone.now(),
    )  # fmt: skip


def test_how_far_two_judges_agree_is_told(
    client: Client, agents: list[User], nadia: User, sana: User
) -> None:
    said = [("yes", "yes")] * 22 + [("no", "no")] * 10 + [("yes", "no")] * 3 + [("no", "yes")] * 5
    for number, each in enumerate([*said, ("yes", "cant_say")]):
        judged_twice(agents[number % 8], [nadia, sana], each)
    for agent in agents[:8]:
        turns(agent_hash(agent.pk), n_near=30)
        judged(agent, nadia, kind="near", right="yes")
    found = table(client, "two-judges")
    suggestion, reply = found["Was the suggestion right?"], found["Was the reply right?"]
    assert (suggestion["n"], suggestion["k"], suggestion["agents"]) == ("40", "32", "8")
    assert float(suggestion["value"]) == pytest.approx(0.8)
    assert 0.6 < float(suggestion["low"]) < 0.75 < 0.85 < float(suggestion["high"]) < 0.95
    assert float(suggestion["kappa"]) == pytest.approx((0.8 - 0.54375) / 0.45625)
    spread = (25 + 27) / 80
    chance = 2 * spread * (1 - spread)
    assert float(suggestion["ac1"]) == pytest.approx((0.8 - chance) / (1 - chance))
    for name in ("kappa", "ac1"):
        assert float(suggestion[f"{name}_low"]) < float(suggestion[name]) < float(suggestion[f"{name}_high"])
        assert suggestion[f"{name}_n"] == "40"
    assert "1 more, of which one or both could not say, left out" in suggestion["note"]
    assert (reply["n"], reply["value"], reply["kappa"], reply["ac1"]) == ("41", "1.0", "", "1.0")
    assert reply["kappa_note"] == "both always say the same: chance alone explains it"
    text = client.get(PAGE).text
    assert "Was the suggestion right? Both say the same of 80 % of 40 turns (" in text
    assert "; kappa 0.5" in text
    assert "kappa can&#x27;t be told, AC1 1.00 (" in text
    assert table(client, "estimates")["Labels alone"]["n"] == "49", (
        "a turn that was judged twice is one label"
    )


def test_too_few_turns_judged_twice_tell_no_agreement(
    client: Client, agents: list[User], nadia: User, sana: User
) -> None:
    for number in range(29):
        judged_twice(agents[number % 8], [nadia, sana], ("yes", "yes"))
    turns(agent_hash(agents[0].pk), n_near=30)
    found = table(client, "two-judges")["Was the suggestion right?"]
    assert (found["value"], found["kappa"], found["ac1"], found["n"]) == ("", "", "", "29")
    assert found["note"] == "29 turns judged twice: 30 are needed"
    assert "29 turns were judged by two people: 30 are needed" in client.get(PAGE).text


def test_agreement_about_replies_of_fewer_than_five_agents_is_not_shown(
    client: Client, agents: list[User], nadia: User, sana: User
) -> None:
    for number in range(40):
        judged_twice(agents[number % 4], [nadia, sana], ("yes", "yes" if number % 3 else "no"))
    turns(agent_hash(agents[0].pk), n_near=30)
    found = table(client, "two-judges")["Was the suggestion right?"]
    assert (found["value"], found["kappa"], found["ac1"], found["k"]) == ("", "", "", "")
    assert found["note"] == "fewer than 5 agents: not shown"


def test_a_turn_judged_twice_weighs_as_one(
    client: Client, agents: list[User], nadia: User, sana: User
) -> None:
    for number in range(20):
        judged(agents[number % 5], nadia, kind="near", right="yes", probability=0.5)
        judged_twice(agents[number % 5], [nadia, sana], ("yes", "no"), probability=0.5)
    for agent in agents[:5]:
        turns(agent_hash(agent.pk), n_near=50)
    found = table(client, "estimates")["Labels alone"]
    assert (found["n"], float(found["value"])) == ("40", pytest.approx(0.75))


def test_confidence_that_promises_more_than_labels_bear_out_is_told(
    client: Client, agents: list[User], nadia: User
) -> None:
    release = make_release()
    for agent in agents:
        turns(agent_hash(agent.pk), n_near=30, n_none=20)
    ConfidenceDay.objects.create(
        day=monday(), release=release, arm="shadow", bin=95, n=50 * len(agents), n_matches=30 * len(agents)
    )
    label_all(agents, nadia, 120)
    assert float(table(client, "estimates")["Expected from confidence (CBPE)"]["value"]) == pytest.approx(
        0.955
    )
    assert "it promises more than chance explains" in client.get(PAGE).text
    partly = table(client, "estimates", topic="payouts")["Expected from confidence (CBPE)"]
    assert partly["note"] == "confidences are kept for all topics and languages together"
    [found] = confidence_has_parted(timezone.now())
    assert "promises 96 %, labels bear out 70 %" in found.evidence


def test_confidence_is_held_against_labels_of_the_same_weeks(
    client: Client, agents: list[User], nadia: User
) -> None:
    release = make_release()
    for agent in agents:
        turns(agent_hash(agent.pk), n_near=30, n_none=20)
    label_all(agents, nadia, 120)
    for week, percent in ((3, 70), (2, 99)):
        ConfidenceDay.objects.create(
            day=monday(week), release=release, arm="shadow", bin=percent, n=500, n_matches=300
        )
    assert "than chance explains" not in client.get(PAGE).text
    assert confidence_has_parted(timezone.now()) == []


def test_a_week_between_labelled_ones_that_nobody_judged_is_not_spoken_of(
    client: Client, agents: list[User], nadia: User
) -> None:
    for agent in agents:
        for week, counts in ((5, {"n_near": 50}), (4, {"n_none": 500}), (3, {"n_near": 30, "n_none": 20})):
            turns(agent_hash(agent.pk), day=monday(week), **counts)
    label_all(agents, nadia, 120)
    first = Judgment.objects.order_by("pk")[:40]
    Judgment.objects.filter(pk__in=first).update(week=monday(5))
    found = table(client, "estimates")["Corrected, post-stratified"]
    assert float(found["value"]) > 0.7, "with 5,000 turns that don't match it would be 0.31"


def offline_row(topic: str, *, is_right: bool, key: str = "k") -> list[Any]:
    return [
        key,
        "1",
        "question",
        topic,
        "question",
        topic,
        True,
        True,
        True,
        is_right,
        0.9,
        "en",
        "short",
        "",
    ]


def test_the_gap_to_offline_is_parted_by_topic_with_causes(
    client: Client, agents: list[User], nadia: User
) -> None:
    rows = [offline_row(topic, is_right=True) for topic in ("payouts", "fees") for _ in range(20)]
    Evaluation.objects.create(
        release=make_release(), dataset="demo", dataset_sha256="x", rows=rows, evaluated_at=timezone.now()
    )
    for agent in agents:
        turns(agent_hash(agent.pk), topic="Payouts", n_near=10)
        turns(agent_hash(agent.pk), topic="Fees", n_none=10, n_withheld=5, n_turns=20)
    for number in range(60):
        judged(agents[number % 10], nadia, kind="near", right="yes", topic="Payouts")
        judged(agents[number % 10], nadia, kind="none", right="no" if number % 2 else "yes", topic="Fees")
    gap = table(client, "gap")
    assert list(gap) == ["Fees", "Payouts"], "what loses most comes first"
    assert float(gap["Fees"]["within"]) == pytest.approx(0.25, abs=0.01)
    assert float(gap["Payouts"]["within"]) == pytest.approx(0.0, abs=0.01)
    assert float(table(client, "estimates")["Offline, on the test split"]["value"]) == 1.0
    causes = table(client, "causes")
    assert float(causes["Withheld: Fees"]["value"]) == pytest.approx(0.25)
    assert float(causes["Right, not sent: Fees"]["value"]) == pytest.approx(0.5)
    assert not any(name.endswith("Payouts") for name in causes)
    assert "+25.0 points" in client.get(PAGE).text


def test_where_judges_differ_half_of_it_was_right_and_not_sent(
    client: Client, agents: list[User], nadia: User, sana: User
) -> None:
    rows = [offline_row("payouts", is_right=True) for _ in range(20)]
    Evaluation.objects.create(
        release=make_release(), dataset="demo", dataset_sha256="x", rows=rows, evaluated_at=timezone.now()
    )
    for agent in agents:
        turns(agent_hash(agent.pk), n_none=10)
    for number in range(100):
        judged_twice(agents[number % 10], [nadia, sana], ("yes", "no"), kind="none")
    cause = table(client, "causes")["Right, not sent: Payouts"]
    assert (float(cause["value"]), cause["k"], cause["n"]) == (0.5, "50", "100")


def test_the_offline_figure_is_of_its_own_dataset_and_of_what_it_has_not_learned(client: Client) -> None:
    release = make_release()
    Release.objects.filter(pk=release.pk).update(dataset="own", learned_from=["known"])
    own = [offline_row("fees", is_right=False), offline_row("fees", is_right=True, key="known")]
    for hours, (name, rows) in enumerate({"own": own, "later": [offline_row("fees", is_right=True)]}.items()):
        Evaluation.objects.create(
            release=release, dataset=name, dataset_sha256=name, rows=rows,
            evaluated_at=timezone.now() + timedelta(hours=hours),
        )  # fmt: skip
    offline = table(client, "estimates")["Offline, on the test split"]
    assert (offline["n"], offline["value"]) == ("1", "0.0")
    assert "on own" in offline["version"]


def test_the_gap_takes_labels_and_turns_of_the_tested_release_alone(
    client: Client, agents: list[User], nadia: User
) -> None:
    release = make_release()
    fields = ("encoder", "validity", "topics", "answers", "created_at", "validity_floor", "topic_floor")
    before = Release.objects.create(
        state="retired", answer_floor=0.6, confidence_floor=0.7, **{name: getattr(release, name) for name in fields}
    )  # fmt: skip
    Evaluation.objects.create(
        release=release, dataset="demo", dataset_sha256="x", evaluated_at=timezone.now(),
        rows=[offline_row("payouts", is_right=True) for _ in range(20)],
    )  # fmt: skip
    for agent in agents:
        turns(agent_hash(agent.pk), n_near=10, release=release)
        turns(agent_hash(agent.pk), n_none=90, release=before, day=monday(4))
    for number in range(110):
        judged(agents[number % 10], nadia, kind="near", right="yes", release=release)
        judged(agents[number % 10], nadia, kind="none", right="no", release=before)
    gap = table(client, "gap")["Payouts"]
    assert (float(gap["within"]), gap["n_online"]) == (0.0, "100")
    assert gap["version"].endswith(f", release {release.pk}")
    Judgment.objects.filter(suggestion__release=release).delete()
    assert f"0 labels of release {release.pk}: 100 are needed" in client.get(PAGE).text


def test_too_few_labels_part_no_gap(client: Client, agents: list[User], nadia: User) -> None:
    Evaluation.objects.create(
        release=make_release(), dataset="demo", dataset_sha256="x", rows=[offline_row("payouts", is_right=True)],
        evaluated_at=timezone.now(),
    )  # fmt: skip
    turns(1, n_near=5)
    label_all(agents, nadia, 10)
    release = make_release().pk
    assert f"10 labels of release {release}: 100 are needed to tell where online" in client.get(PAGE).text


def test_fewer_than_five_agents_are_not_shown(client: Client, agents: list[User], nadia: User) -> None:
    for agent in agents[:4]:
        turns(agent_hash(agent.pk), n_near=30, n_none=30)
        for _ in range(5):
            judged(agent, nadia, kind="near", right="yes")
    assert {
        row["value"] for key in ("estimates", "when", "topic") for row in table(client, key).values()
    } == {""}
    text = client.get(PAGE).text
    assert "240 replies to held-out suggestions can be compared: fewer than 5 agents: not shown" in text
    assert "<dd>120</dd>" not in text


def test_labels_of_fewer_than_five_agents_part_no_gap(
    client: Client, agents: list[User], nadia: User
) -> None:
    Evaluation.objects.create(
        release=make_release(), dataset="demo", dataset_sha256="x", rows=[offline_row("payouts", is_right=True)] * 20,
        evaluated_at=timezone.now(),
    )  # fmt: skip
    for agent in agents[:4]:
        turns(agent_hash(agent.pk), n_near=30)
        for _ in range(25):
            judged(agent, nadia, kind="near", right="yes")
    assert table(client, "gap") == {}
    assert "The labels are of fewer than 5 agents: not shown." in client.get(PAGE).text


def test_more_labels_than_turns_give_no_estimate(client: Client, agents: list[User], nadia: User) -> None:
    for agent in agents:
        turns(agent_hash(agent.pk), n_near=1)
    label_all(agents, nadia, 100)
    assert "100 labels of the 10 turns" in table(client, "estimates")["Corrected, PPI++"]["note"]


def test_turns_replayed_by_a_later_release_are_told(client: Client, agents: list[User]) -> None:
    for agent in agents:
        turns(agent_hash(agent.pk), n_near=3, n_replayed=3, n_pending=1, n_short=1)
    text = client.get(PAGE).text
    assert "30 of the 40 turns were replayed afterwards" in text
    assert "Left out: 10 short replies (under 8 words)" in text
    assert "10 replies in other words wait for a worker" in text


def test_filters_of_the_address_hold_for_labels_too(client: Client, agents: list[User], nadia: User) -> None:
    for agent in agents:
        turns(agent_hash(agent.pk), n_near=3)
        judged(agent, nadia, kind="near", right="yes")
        judged(agent, nadia, kind="near", right="no", topic="Fees")
    assert table(client, "estimates")["Labels alone"]["n"] == "20"
    assert table(client, "estimates", topic="payouts")["Labels alone"]["value"] == "1.0"
    assert table(client, "estimates", release="999")["Labels alone"]["n"] == "0"


def test_an_empty_one_says_what_to_do(client: Client) -> None:
    text = client.get(PAGE, {"days": "nonsense", "release": "x"}).text
    assert "No reply can be compared with a suggestion in this span." in text
    assert table(client, "time") == {}


def test_the_old_address_leads_here(client: Client) -> None:
    response = client.get("/copilot/match-rate/?arm=offer&per=week")
    assert (response.status_code, response["Location"]) == (301, PAGE)
    text = client.get(PAGE).text
    today = reverse("copilot:today")
    assert f'<a href="{today}" title="Monitor" data-command="monitor" aria-current="page">' in text


def test_tables_that_are_not_there_and_other_verbs(client: Client) -> None:
    assert client.get(PAGE, {"csv": "other"}).status_code == 404
    assert client.post(PAGE).status_code == 405


def test_agents_do_not_read_it(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
    assert "Monitor</span>" not in client.get("/cases/").text


@pytest.mark.parametrize("n", [1, 6])
def test_its_queries_do_not_grow(
    client: Client, nadia: User, n: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(n):
        agent = make_user(f"agent{number}")
        turns(agent_hash(agent.pk), topic=f"Topic {number}", n_near=3)
        judged(agent, nadia, kind="near", right="yes", topic=f"Topic {number}")
    # Session, person; filters; version, labels, test, promotions, topics, rollups.
    with django_assert_num_queries(17):
        client.get(PAGE)
