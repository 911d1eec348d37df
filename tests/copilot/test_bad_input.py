"""What pages of agents report wrongly, late or twice, and what there is too little of: a sentence, no wrong number.

From the report's request over the day's figures to the page that is read.
"""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from copilot import recording
from copilot.models import Contamination, Match, Suggestion, SuggestionEvent, TurnDay
from copilot.models.suggestion import Reason, State
from copilot.monitor import rolling
from copilot.monitor.agents import agent_hash
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import Case, Team, User
from tests.copilot.making import make_suggestion, make_topic
from tests.making import make_case, make_message

pytestmark = pytest.mark.django_db
TEXT = "Hi Priya,\n\nOpen Settings > Network and choose the shop's own Wi-Fi again, then wait for a minute."
OTHER = "I had a look at it myself and found nothing wrong, so please send me a photo of the screen."
MONITOR = "/copilot/monitor/"
EMPTY = {
    "today/": "No turn has come in yet.",
    "accuracy/": "No reply can be compared with a suggestion in this span.",
    "adoption/": "No turn has come in yet.",
    "influence/": "No reply can be compared yet.",
    "experiments/": "No experiment",
    "floors/": "No release is live, so there is no floor to judge yet.",
    "drift/": "No release is live",
    "answers/": "No turn has come in yet.",
    "conflicts/": "No reply states another fact than its suggestion in this span of time.",
    "support/": "No case",
    "method/": "How each figure is made, and how far it can be trusted.",
}
COUNTED = (
    "The order of a page's reports is what that tab counted itself",
    "a computer whose clock is an hour off changes nothing",
    "A report that arrives twice is kept once.",
    "What a closed tab or a slow line still reports counts within a minute of the reply.",
    "Who can't answer a case reports nothing of it",
    "A reply with nothing but a signature, or of fewer than eight words, is compared with nothing",
    "Of several suggestions for one reply, the one that was inserted is compared, once;",
    "Merged cases keep the arm of the case that was kept.",
)


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    """Ana's browser."""
    client.force_login(ana)
    return client


@pytest.fixture
def suggestion(team: Team) -> Suggestion:
    return make_suggestion(make_case(team=team, sent_at=timezone.now()), TEXT)


def report(client: Client, suggestion: Suggestion, kind: str, order: int, **fields: str) -> int:
    fields = {"type": kind, "client_seq": f"tab-{order}", "page": "tab", "page_order": str(order)} | fields
    return client.post(f"/copilot/suggestions/{suggestion.pk}/events/", fields).status_code


def reply(client: Client, case: Case, body: str = OTHER) -> None:
    client.post(f"/cases/{case.pk}/reply/", {"body": body, "client_key": f"k-{case.pk}"})
    assert case.replies.exists()


def cells(client: Client) -> dict[str, int]:
    """What the agent's own page says became of their turns, once the day is rolled."""
    rolling.roll_day(timezone.localdate(), now=timezone.now())
    text = client.get("/copilot/your-figures/", {"csv": "turns"}).text
    counts = {row["name"]: int(row["k"]) for row in csv.DictReader(text.splitlines())}
    return {name: n for name, n in counts.items() if n}


def test_reports_out_of_order_count_as_their_tab_counted_them(client: Client, suggestion: Suggestion) -> None:
    for kind, order in (("inserted", 3), ("insertion_undone", 4), ("viewed", 2), ("displayed", 1)):
        assert report(client, suggestion, kind, order) == 204
    reply(client, suggestion.case)
    assert cells(client) == {"Inserted, then removed": 1}


def test_a_report_that_arrives_twice_counts_once(client: Client, suggestion: Suggestion) -> None:
    for _ in range(2):
        for order, kind in enumerate(("displayed", "viewed", "inserted")):
            assert report(client, suggestion, kind, order) == 204
    reply(client, suggestion.case, TEXT)
    assert suggestion.events.exclude(type="sent").count() == 3
    assert cells(client) == {"Sent as it stands": 1}


def test_a_closed_tab_reports_for_a_minute_after_the_reply(
    client: Client, suggestion: Suggestion, team: Team, ana: User
) -> None:
    reply(client, suggestion.case)
    assert report(client, suggestion, "viewed", 1) == 204
    later = make_suggestion(make_case(team=team, sent_at=timezone.now()), TEXT)
    reply(client, later.case)
    recording.record_report(
        suggestion=later,
        actor=ana,
        at=timezone.now() + timedelta(minutes=2),
        type="viewed",
        client_seq="late",
    )
    assert cells(client) == {"Seen and not used": 1, "Offered, never on a screen": 1}


def test_reports_for_another_agents_case_are_refused_and_those_of_a_colleague_do_not_count(
    client: Client, suggestion: Suggestion, ana: User, gwen: User
) -> None:
    client.force_login(gwen)
    assert report(client, suggestion, "inserted", 1) == 404
    assert not SuggestionEvent.objects.exists()
    gwen.team = ana.team
    gwen.save()
    assert report(client, suggestion, "inserted", 1) == 204
    client.force_login(ana)
    reply(client, suggestion.case)
    assert cells(client) == {"Offered, never on a screen": 1}


def test_a_report_of_what_is_hidden_is_refused_and_noted(client: Client, team: Team) -> None:
    hidden = make_suggestion(
        make_case(team=team, sent_at=timezone.now()),
        TEXT,
        state=State.SHADOW,
        reason=Reason.HELD_OUT,
        arm="shadow",
    )
    assert report(client, hidden, "viewed", 1) == 409
    assert Contamination.objects.get().kind == Contamination.Kind.HIDDEN_REPORTED
    reply(client, hidden.case)
    assert cells(client) == {"Held out": 1}


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_an_hour_off_changes_nothing(client: Client, suggestion: Suggestion, hours: int) -> None:
    at = (timezone.now() + timedelta(hours=hours)).isoformat()
    for order, kind in enumerate(("displayed", "viewed", "inserted")):
        assert report(client, suggestion, kind, order, at=at) == 204
    reply(client, suggestion.case, TEXT)
    assert cells(client) == {"Sent as it stands": 1}


def test_a_reply_with_nothing_but_a_signature_is_compared_with_nothing(
    client: Client, team: Team, sana: User
) -> None:
    for body in ("-- \nAna\nShop Care", OTHER):
        hidden = {"state": State.SHADOW, "reason": Reason.HELD_OUT, "arm": "shadow"}
        made = make_suggestion(make_case(team=team, sent_at=timezone.now()), TEXT, **hidden)
        reply(client, made.case, body)
    assert cells(client) == {"Held out": 2}
    client.force_login(sana)
    text = client.get(f"{MONITOR}accuracy/").text
    assert "Left out: 1 short reply (under 8 words) and turns without a suggestion." in text


def test_ten_suggestions_for_one_reply_are_one_turn_and_one_match(
    client: Client, team: Team, sana: User
) -> None:
    case = make_case(team=team, announce=True, sent_at=timezone.now())
    made = [make_suggestion(case, f"{TEXT} It is number 0 of the list.")]
    for number in range(1, 10):
        Suggestion.objects.filter(pk=made[-1].pk).update(state=State.SUPERSEDED)
        make_message(f"And {number}?", case_id=case.pk, announce=True, sent_at=timezone.now())
        made.append(make_suggestion(case, f"{TEXT} It is number {number} of the list."))
    for order, kind in enumerate(("displayed", "viewed", "inserted")):
        assert report(client, made[3], kind, order) == 204
    reply(client, case, made[3].text)
    [match] = Match.objects.all()
    assert (match.suggestion, match.closest, match.kind) == (made[-1], made[3], Match.Kind.EXACT)
    assert cells(client) == {"Sent as it stands": 1}
    assert TurnDay.objects.get().n_exact == 1
    client.force_login(sana)
    assert "sum to all 1 turns" in client.get(f"{MONITOR}adoption/").text


@pytest.mark.parametrize("page", ["today/", "adoption/"])
def test_what_is_counted_of_such_reports_is_said(
    client: Client, suggestion: Suggestion, sana: User, page: str
) -> None:
    reply(client, suggestion.case)
    rolling.roll_day(timezone.localdate(), now=timezone.now())
    client.force_login(sana)
    text = client.get(f"{MONITOR}{page}").text
    assert [sentence for sentence in COUNTED if sentence not in text] == []


@pytest.mark.parametrize(("page", "sentence"), EMPTY.items())
def test_zero_rows_give_a_sentence(client: Client, sana: User, page: str, sentence: str) -> None:
    client.force_login(sana)
    assert sentence in client.get(MONITOR + page).text


def figures_of(topic: str, n_agents: int) -> None:
    """Turns of one topic, as many in both arms."""
    columns = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}
    offer = {
        "arm": "offer",
        "n_sent_verbatim": 4,
        "n_ignored": 2,
        "n_exact": 4,
        "n_none": 2,
        "kept_characters": 900,
    }
    shadow = {"arm": "shadow", "n_shadow": 6, "n_near": 2, "n_none": 4}
    day = timezone.localdate() - timedelta(days=1)
    for agent in range(1, n_agents + 1):
        for counts in (offer, shadow):
            TurnDay.objects.create(
                **columns | {"n_turns": 6, "day": day, "language": "en", "agent": agent_hash(agent)} | counts,
                topic=make_topic(topic),
            )
    roll_sums(day, of=TurnDay)


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("accuracy/", "One topic alone has turns enough: Fees: 33 %"),
        ("influence/", "One topic alone has turns enough: Fees: +33.3 points"),
        ("adoption/", "sum to all 96 turns"),
        ("answers/", "rate has fallen by more than chance explains; most have too few turns to show one."),
    ],
)
def test_one_topic_gives_a_sentence(client: Client, sana: User, page: str, sentence: str) -> None:
    figures_of("Fees", n_agents=8)
    client.force_login(sana)
    assert sentence in client.get(MONITOR + page).text


def test_what_fewer_than_five_agents_did_stands_on_no_page_and_in_no_file(client: Client, sana: User) -> None:
    figures_of("Fees", n_agents=4)
    client.force_login(sana)
    for page, keys in {
        "adoption/": ("funnel", "acceptance", "time", "in-time", "agents", "kept"),
        "accuracy/": ("estimates", "topic"),
        "influence/": ("arms", "time", "difference", "topic", "kind"),
        "answers/": ("topics",),
        "today/": ("match",),
    }.items():
        for key in keys:
            text = client.get(MONITOR + page, {"csv": key}).text
            rows = list(csv.DictReader(text.splitlines()))
            assert rows, (page, key)
            for row in rows:
                of_agents = row.get("match_rate", row.get("value", ""))
                counted = row.get("match_rate_k", row.get("k", ""))
                is_system = row.get("name") in {"Held out", "Offered and answered"} or of_agents == "0.0"
                assert is_system or (of_agents, counted) == ("", ""), (page, key, row)
    text = client.get(f"{MONITOR}adoption/").text
    assert "what became of them: fewer than 5 agents: not shown" in text
    assert "Sent as it stands" not in text
