"""Experiments' pages: chance is checked first, and where a result would be wrong or too sure a sentence stands."""

import csv
import math
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from copilot import assigning, experimenting, match_versions
from copilot.experimenting import Treatment
from copilot.models import AgentDay, Assignment, CaseDay, Contamination, Experiment, Judgment, Match, Variant
from copilot.models.agent_day import COUNTS as TURNS
from copilot.models.case_day import COUNTS as CASES
from copilot.monitor import rolling
from copilot.monitor.case_rolling import MILLION, bin_of, roll_week
from copilot.statistics import always_valid
from helpdesk.merging import merge_cases
from helpdesk.models import User
from tests.copilot import making
from tests.copilot.making import make_release, make_suggestion, make_topic
from tests.making import make_case, make_reply, make_user

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/experiments/"
DONE = 22  # days ago, of which a week of cases has been followed to its end
BEFORE = 100  # days ago, when the experiment had not begun
HALF = (Treatment("Hidden", 500_000, "shadow"), Treatment("Offered", 500_000, "offer"))


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


@pytest.fixture
def experiment(db: None) -> Experiment:
    return make_experiment(*HALF, name="Is it worth it?", n_planned=2000)


def make_experiment(*treatments: Treatment, **fields: Any) -> Experiment:
    """One that runs since ten weeks."""
    return making.make_experiment(*treatments, days_ago=70, **fields)


def cases(
    variant: Variant | None,
    agent: int,
    *,
    n: int = 30,
    mean: float = 5.0,
    days_ago: int = DONE,
    **fields: Any,
) -> None:
    """One row of closed cases of an agent, whose handle times lie around e to the mean seconds."""
    sums = {
        "n_cases": n, "n_replied": n, "n_closed": n, "n_timed": n, "n_followed": n, "n_reopened": n // 10 + agent % 2,
        "reply_log": round(n * 8 * MILLION), "reply_log_squares": round(n * 64.5 * MILLION),
        "handle_log": round(n * mean * MILLION), "handle_log_squares": round(n * (mean**2 + 0.6) * MILLION),
    }  # fmt: skip
    day = timezone.localdate() - timedelta(days=days_ago)
    key = {
        "day": day,
        "arm": variant.arm if variant else "offer",
        "variant": variant,
        "channel": "email",
        "agent": agent,
    }
    bins = {"handle_bins": n * bytes([bin_of(round(mean * MILLION))])}
    CaseDay.objects.create(**(dict.fromkeys(CASES, 0) | key | sums | bins | fields))
    roll_week(day - timedelta(days=day.weekday()))


def both(experiment: Experiment, *, n_agents: int = 10, change: float = 0.0, **fields: Any) -> None:
    hidden, offered = experiment.variants.all()
    for agent in range(1, n_agents + 1):
        cases(hidden, agent, mean=5 + agent / 20, **fields)
        cases(offered, agent, mean=5 + agent / 20 + change + (agent % 3 - 1) / 100, **fields)


def text_of(client: Client, experiment: Experiment, **query: Any) -> str:
    return client.get(f"{PAGE}{experiment.pk}/", query).text


def table(client: Client, experiment: Experiment, key: str) -> dict[str, dict[str, str]]:
    text = client.get(f"{PAGE}{experiment.pk}/", {"csv": key}).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def test_the_effect_stands_with_its_interval_plain_and_adjusted(
    client: Client, experiment: Experiment
) -> None:
    for agent in range(1, 11):
        cases(None, agent, mean=5 + agent / 20, days_ago=BEFORE)
    both(experiment, change=math.log(0.9))
    text = text_of(client, experiment)
    assert "Offered against Hidden changes handle time by −1" in text
    rows = table(client, experiment, "times")
    for name in ("Handle time", "Handle time, adjusted"):
        assert float(rows[name]["value"]) == pytest.approx(-0.1, abs=0.01)
        assert float(rows[name]["low"]) < -0.1 < float(rows[name]["high"]) < 0
        assert (rows[name]["n"], rows[name]["agents"], rows[name]["method"]) == ("600", "10", "always valid")
    assert rows["Median of handle time"]["value"]
    assert "Clear in 2 of 5 rows, where chance alone makes 0.2." in text


def seen(experiment: Experiment, *, share: float, change: float = 0.0) -> None:
    """Ten agents' cases; of those offered a share is seen, and only these change."""
    hidden, offered = experiment.variants.all()
    for agent in range(1, 11):
        n_seen = round(30 * share) + (agent % 3 - 1) * (0 < share < 1)
        cases(hidden, agent, mean=5 + agent / 20)
        cases(
            offered, agent, mean=5 + agent / 20 + change * n_seen / 30 + (agent % 3 - 1) / 100,
            n_timed_seen=n_seen, n_replied_seen=n_seen, n_followed_seen=n_seen,
        )  # fmt: skip


def test_the_effect_where_a_suggestion_was_seen_is_not_thinned_by_cases_where_none_was(
    client: Client,
) -> None:
    experiment = make_experiment(*HALF, n_planned=600)
    seen(experiment, share=0.5, change=math.log(0.8))
    rows = table(client, experiment, "times")
    whole, found = rows["Handle time"], rows["Handle time, where seen"]
    assert float(whole["value"]) == pytest.approx(math.sqrt(0.8) - 1, abs=0.01)
    assert float(found["value"]) == pytest.approx(-0.2, abs=0.01)
    assert float(found["low"]) < -0.2 < float(found["high"]) < 0
    assert (found["note"], found["method"]) == (
        "seen in 50 % of cases, against 0 % of the others",
        "Anderson-Rubin, clustered",
    )
    assert (found["n"], found["agents"], found["version"]) == ("600", "10", "cases 2")
    assert "Reopened within 7 days, where seen" in table(client, experiment, "shares")
    text = text_of(client, experiment)
    assert (
        "Among cases whose reader saw the suggestion because it was offered, handle time changes by −2"
        in text
    )


def test_before_the_planned_number_its_interval_may_be_looked_at_every_day_too(
    client: Client, sana: User
) -> None:
    found = []
    for n_planned in (600, 601):
        experiment = make_experiment(*HALF, name=f"{n_planned}", n_planned=n_planned)
        seen(experiment, share=0.5, change=-0.2)
        found.append(table(client, experiment, "times")["Handle time, where seen"])
        experimenting.end(experiment, by=sana, now=timezone.now(), reason="Enough.")
    assert [row["method"] for row in found] == ["Anderson-Rubin, clustered", "always valid"]
    widths = [float(row["high"]) - float(row["low"]) for row in found]
    assert widths[1] > 1.3 * widths[0]


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_where_hardly_any_suggestion_was_seen_a_sentence_stands(
    client: Client, experiment: Experiment, share: float
) -> None:
    seen(experiment, share=share, change=-0.2)
    row = table(client, experiment, "times")["Handle time, where seen"]
    assert row["value"] == ""
    assert row["note"].startswith(f"the share seen differs by +{100 * share:.1f} points (")
    assert "which must surely be 10 or more to tell" in row["note"]
    assert "What seeing a suggestion does to handle time can’t be told" in text_of(
        client, experiment
    ).replace("&#x27;", "’")


def test_between_two_variants_that_both_hide_nothing_is_told_of_seeing(client: Client) -> None:
    experiment = make_experiment(Treatment("Off", 500_000, "off"), Treatment("Hidden", 500_000, "shadow"))
    seen(experiment, share=0.5)
    assert not [name for name in table(client, experiment, "times") if "seen" in name]
    assert "seeing a suggestion" not in text_of(client, experiment)


def test_intervals_are_fixed_only_after_the_planned_number_of_cases(client: Client) -> None:
    experiment = make_experiment(*HALF, n_planned=601)
    both(experiment, change=-0.1)
    before = table(client, experiment, "times")["Handle time"]
    assert "1 are missing" in text_of(client, experiment)
    cases(experiment.variants.first(), 1, n=1, mean=5.05, days_ago=DONE + 1)
    after = table(client, experiment, "times")["Handle time"]
    assert "as many as it needs" in text_of(client, experiment)
    assert (before["method"], after["method"]) == ("always valid", "clustered bootstrap")
    widths = [float(row["high"]) - float(row["low"]) for row in (before, after)]
    assert widths[0] > 1.3 * widths[1]


def test_what_comes_after_the_planned_cases_changes_no_interval(client: Client) -> None:
    experiment = make_experiment(*HALF, n_planned=600)
    both(experiment, change=-0.1, days_ago=DONE + 14)
    before = [table(client, experiment, key) for key in ("times", "shares")]
    both(experiment, change=0.3)
    assert [table(client, experiment, key) for key in ("times", "shares")] == before
    assert [row["n"] for row in table(client, experiment, "sequence").values()] == ["600", "1200"]
    assert [row["n"] for row in table(client, experiment, "novelty").values()] == ["600", "0", "600", "0"]
    assert "as many as were planned: later ones change nothing" in text_of(client, experiment)


def test_a_week_counts_once_its_cases_have_had_their_time(client: Client, experiment: Experiment) -> None:
    hidden, offered = experiment.variants.all()
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    for agent in range(1, 11):
        for variant in (hidden, offered):
            cases(variant, agent, days_ago=(timezone.localdate() - monday).days + 7)
    told = "none yet whose time is over"
    assert {table(client, experiment, key)[name]["note"] for key, name in (
        ("times", "Handle time"), ("times", "Median of handle time"), ("shares", "Escalated"),
    )} == {told}  # fmt: skip
    for agent in range(1, 11):
        for variant in (hidden, offered):
            cases(variant, agent, days_ago=(timezone.localdate() - monday).days + 14)
    assert table(client, experiment, "times")["Handle time"]["n"] == "600"
    assert table(client, experiment, "times")["Median of handle time"]["n"] == "600"
    assert table(client, experiment, "shares")["Escalated"]["n"] == "600"
    assert table(client, experiment, "shares")["Reopened within 7 days"]["note"] == told


def test_a_second_reply_is_called_no_correction(client: Client, experiment: Experiment) -> None:
    hidden, offered = experiment.variants.all()
    for agent in range(1, 11):
        cases(hidden, agent, n_corrected=3)
        cases(offered, agent, n_corrected=6 + agent % 3)
    rows = table(client, experiment, "shares")
    assert float(rows["Second reply within a day"]["value"]) > 0.1
    assert not [name for name in rows if "orrect" in name]


def test_shares_that_are_not_as_planned_hide_the_results(client: Client, experiment: Experiment) -> None:
    both(experiment)
    hidden = experiment.variants.first()
    cases(hidden, 1, n=400, days_ago=DONE + 1)
    text = text_of(client, experiment)
    assert "Results are hidden" in text
    assert "Look whether every channel opens cases through the intake" in text
    assert 'class="chart' not in text
    assert client.get(f"{PAGE}{experiment.pk}/", {"csv": "times"}).status_code == 404


def test_a_mismatch_at_an_early_look_hides_them_for_good(client: Client, experiment: Experiment) -> None:
    hidden, offered = experiment.variants.all()
    cases(hidden, 1, n=400, days_ago=DONE + 18)
    cases(offered, 1, n=200, days_ago=DONE + 18)
    cases(offered, 2, n=200, days_ago=DONE)
    both(experiment, days_ago=DONE + 2)
    assert "Results are hidden" in text_of(client, experiment)


def test_more_closed_cases_of_one_variant_are_warned_of(client: Client, experiment: Experiment) -> None:
    hidden, offered = experiment.variants.all()
    for agent in range(1, 11):
        cases(offered, agent, n=100)
        cases(hidden, agent, n=100, n_closed=50, n_timed=50, n_censored=50, n_followed=50)
    assert "more cases of one variant are closed" in text_of(client, experiment)


@pytest.mark.parametrize(
    ("n_agents", "told"),
    [(0, "No case of this experiment"), (1, "answered by one agent"), (4, "Fewer than 5 agents")],
)
def test_too_few_agents_give_a_sentence(
    client: Client, experiment: Experiment, n_agents: int, told: str
) -> None:
    both(experiment, n_agents=n_agents)
    text = text_of(client, experiment)
    assert told in text
    assert 'class="chart' not in text


def test_cases_that_nobody_has_replied_to_give_a_sentence(client: Client, experiment: Experiment) -> None:
    cases(experiment.variants.first(), 0, n=3, n_replied=0, n_closed=0, n_timed=0)
    assert "Nobody has replied" in text_of(client, experiment)


def test_before_a_hundred_cases_nothing_is_said(client: Client, experiment: Experiment) -> None:
    both(experiment, n=9)
    assert table(client, experiment, "times")["Handle time"]["note"].startswith("fewer than 100 cases")
    assert "nothing can be said yet" in text_of(client, experiment)


@pytest.mark.parametrize("n_escalated", [0, 1])
@pytest.mark.parametrize("n_planned", [600, 2000])
def test_a_variant_whose_cases_are_all_alike_is_not_sure_of_it(
    client: Client, n_escalated: int, n_planned: int
) -> None:
    experiment = make_experiment(*HALF, n_planned=n_planned, primary_outcome="escalated")
    hidden, offered = experiment.variants.all()
    for agent in range(1, 11):
        cases(hidden, agent)
        cases(offered, agent, n_escalated=n_escalated * (agent < 4))
    row = table(client, experiment, "shares")["Escalated"]
    assert {each["value"] for each in table(client, experiment, "sequence").values()} == {""}
    if n_planned == 600:
        assert float(row["low"]) < -0.05 < 0.03 < float(row["high"])
    else:
        told = "all cases of a variant alike: nothing can be said before the planned number"
        assert (row["value"], row["low"], row["note"]) == ("", "", told)


def test_few_agents_get_the_chance_by_permutations(client: Client) -> None:
    experiment = make_experiment(*HALF, n_planned=400)
    both(experiment, n_agents=6, change=-0.2)
    assert "by permutations" not in table(client, experiment, "times")["Handle time"]["note"], (
        "one look alone"
    )
    both(experiment, n=10, n_agents=6, change=-0.2, days_ago=DONE + 7)
    assert "by permutations p = 0.031" in table(client, experiment, "times")["Handle time"]["note"]


def test_contamination_is_told_in_sentences(client: Client, experiment: Experiment) -> None:
    both(experiment)
    assert "Nothing was noted that mixes the variants beyond what is meant to" in text_of(client, experiment)
    for kind in ("merged", "same_customer"):
        Contamination.objects.create(kind=kind, case=make_case(), experiment=experiment, at=timezone.now())
    text = text_of(client, experiment)
    assert "Cases merged with one that was treated differently: 1. Each counts once" in text
    assert "Customers with open cases that were treated differently: 1." in text


def test_agents_with_cases_of_both_variants_are_by_design_where_cases_are_divided(
    client: Client, experiment: Experiment, ana: User
) -> None:
    both(experiment)
    Contamination.objects.create(
        kind="both_variants", case=make_case(), experiment=experiment, agent=ana, at=timezone.now()
    )
    text = text_of(client, experiment)
    assert "Agents answer cases of every variant, since cases are divided." in text
    assert "What mixed the variants" not in text


def test_agents_with_cases_of_both_variants_are_warned_of_where_agents_are_divided(client: Client) -> None:
    experiment = make_experiment(*HALF, unit="agent", n_planned=600)
    hidden, offered = experiment.variants.all()
    for agent in range(1, 13):
        cases((hidden, offered)[agent % 2], agent, n=60)
    text = text_of(client, experiment)
    assert "more than one variant" not in text
    assert "since cases are divided" not in text
    cases(hidden, 1, days_ago=DONE + 1)
    assert "Agents who answered cases of more than one variant: 1. Each was meant" in text_of(
        client, experiment
    )


def test_a_case_merged_in_the_middle_counts_once_and_is_told_of(
    client: Client, ana: User, settings: Settings
) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0
    experiment, now = make_experiment(*HALF), timezone.now()
    opened = [make_case(sent_at=now) for _ in range(20)]
    assigned = assigning.assign(opened, now=now)
    kept = opened[0]
    merged = next(case for case in opened if assigned[case.pk].arm != assigned[kept.pk].arm)
    for case in opened:
        if case != merged:
            make_reply(case, "It left today.", author=ana, at=now)
    merge_cases(kept=kept, merged=merged, actor=ana, now=now)
    rolling.roll_day(timezone.localdate(now), now=now)
    text = text_of(client, experiment)
    n_kept = sum(row.variant_id == assigned[kept.pk].variant_id for row in assigned.values())
    assert f"<td>{n_kept}</td>" in text
    assert f"<td>{19 - n_kept}</td>" in text
    assert "Cases merged with one that was treated differently: 1. Each counts once" in text


def test_cases_of_one_topic_are_adjusted_by_their_agents_alone(
    client: Client, experiment: Experiment
) -> None:
    topic = make_topic()
    for agent in range(1, 11):
        cases(None, agent, mean=5 + agent / 20, days_ago=BEFORE, topic=topic)
    both(experiment, change=math.log(0.9), topic=topic)
    rows = table(client, experiment, "times")
    assert float(rows["Handle time, adjusted"]["value"]) == pytest.approx(-0.1, abs=0.01)


def test_a_variant_of_fewer_than_five_agents_is_not_shown(client: Client) -> None:
    experiment = make_experiment(*HALF, unit="agent", n_planned=100)
    hidden, offered = experiment.variants.all()
    for agent in range(1, 12):
        cases(hidden if agent < 8 else offered, agent, n=60)
    rows = table(client, experiment, "times")
    assert {row["value"] for row in rows.values()} == {""}
    assert rows["Median of handle time"]["note"] == "a variant has fewer than 5 agents: not shown"


def test_what_can_not_be_seen_is_said(client: Client, experiment: Experiment) -> None:
    both(experiment)
    text = text_of(client, experiment)
    assert "With 600 cases a change of handle time below" in text


def test_the_effect_by_week_and_since_the_first_case(client: Client, experiment: Experiment) -> None:
    for week in range(3):
        both(experiment, change=-0.1, days_ago=DONE + 7 * week)
    sequence = list(table(client, experiment, "sequence").values())
    assert [row["n"] for row in sequence] == ["600", "1200", "1800"]
    novelty = table(client, experiment, "novelty")
    assert [novelty[name]["n"] for name in ("Week 1", "Week 2", "Weeks 3–4", "Week 5 and later")] == [
        "600", "600", "600", "0",
    ]  # fmt: skip


def test_weeks_since_the_first_case_are_of_seven_days_whatever_weekday_it_was(
    client: Client, experiment: Experiment
) -> None:
    for days_ago in (DONE + 13, DONE + 7, DONE + 6):
        both(experiment, days_ago=days_ago)
    novelty = table(client, experiment, "novelty")
    assert [novelty[name]["n"] for name in ("Week 1", "Week 2", "Weeks 3–4")] == ["1200", "600", "0"]


def test_agents_who_are_new_are_told_apart_from_those_who_are_not(
    client: Client, experiment: Experiment
) -> None:
    for agent in range(1, 7):
        cases(None, agent, days_ago=BEFORE + 60)
    for agent in range(7, 11):
        cases(None, agent, days_ago=BEFORE)
    both(experiment, change=-0.1)
    rows = table(client, experiment, "tenure")
    assert [rows[name]["n"] for name in ("Fewer than 12 weeks before it began", "12 weeks and more")] == [
        "240",
        "360",
    ]
    assert rows["Fewer than 12 weeks before it began"]["note"] == "fewer than 5 agents: not shown"
    assert float(rows["12 weeks and more"]["value"]) == pytest.approx(-0.1, abs=0.02)


def turns(
    variant: Variant, agent: int, *, n_exact: int, days_ago: int = DONE, release: Any = None, **fields: int
) -> None:
    """Thirty replies of an agent, so many of which are what was suggested."""
    AgentDay.objects.create(
        day=timezone.localdate() - timedelta(days=days_ago), arm=variant.arm, variant=variant, agent=agent,
        release=release,
        **(dict.fromkeys(TURNS, 0) | {"n_turns": 30, "n_exact": n_exact, "n_none": 30 - n_exact} | fields),
    )  # fmt: skip


def test_matches_are_compared_by_agent(client: Client) -> None:
    experiment = make_experiment(*HALF, n_planned=600, primary_outcome="matched")
    both(experiment)
    hidden, offered = experiment.variants.all()
    for agent in range(1, 11):
        turns(hidden, agent, n_exact=10)
        turns(offered, agent, n_exact=14 + agent % 3)
    row = table(client, experiment, "shares")["Replies that match the suggestion"]
    assert float(row["value"]) == pytest.approx(5 / 30, abs=0.01)
    assert "changes replies that match the suggestion by +" in text_of(client, experiment)


def test_matches_have_their_weeks_and_what_can_not_be_seen_of_them(client: Client) -> None:
    experiment = make_experiment(*HALF, n_planned=600, primary_outcome="matched")
    both(experiment)
    hidden, offered = experiment.variants.all()
    for week in range(3):
        for agent in range(1, 11):
            turns(hidden, agent, n_exact=10, days_ago=DONE + 7 * week)
            turns(offered, agent, n_exact=14 + agent % 3, days_ago=DONE + 7 * week)
    sequence = list(table(client, experiment, "sequence").values())
    assert [row["n"] for row in sequence] == ["600", "1200", "1800"]
    assert float(sequence[-1]["value"]) == pytest.approx(5 / 30, abs=0.01)
    assert {row["method"] for row in sequence} == {"always valid"}
    novelty = table(client, experiment, "novelty")
    assert [novelty[name]["n"] for name in ("Week 1", "Week 2", "Weeks 3–4")] == ["600", "600", "600"]
    assert "With 1,800 replies a change of replies that match the suggestion below" in text_of(
        client, experiment
    )


def judged(variant: Variant, author: User, *, verdict: str, probability: float) -> None:
    """A turn of a week that counts, whose reply somebody has judged."""
    at = timezone.now() - timedelta(days=DONE)
    case = make_case(sent_at=at)
    Assignment.objects.create(
        case=case, arm=variant.arm, is_held_out=False, experiment=variant.experiment, variant=variant, at=at
    )
    made = make_suggestion(case, arm=variant.arm, created_at=at)
    Match.objects.create(
        suggestion=made, reply=make_reply(case, "It left today.", author=author, at=at), kind="none", similarity=0.1,
        retained=0.1, share=0.1, survival=0.1, kept_characters=9, n_reply_tokens=40,
        version=match_versions.current(), recorded_at=at,
    )  # fmt: skip
    day = timezone.localdate(at)
    Judgment.objects.create(
        suggestion=made, judge=author, suggestion_verdict="yes", reply_verdict=verdict, stratum="all",
        inclusion_probability=probability, week=day - timedelta(days=day.weekday()), judged_at=timezone.now(),
    )  # fmt: skip


def test_wrong_replies_are_compared_by_those_judged_blind(
    client: Client, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(always_valid, "FEWEST_IN_ARM", 10)
    both(experiment)
    hidden, offered = experiment.variants.all()
    told = "Wrong replies, judged blind"
    assert table(client, experiment, "shares")[told]["note"] == "no reply was judged yet"
    for number in range(5):
        author = make_user(f"author-{number}")
        for variant, verdicts in (
            (hidden, ("no", "yes", "yes", "yes")),
            (offered, ("no", "no", "yes", "cant_say")),
        ):
            for verdict in verdicts:
                judged(variant, author, verdict=verdict, probability=0.5)
    judged(hidden, author, verdict="no", probability=0.1)
    row = table(client, experiment, "shares")[told]
    # One that was drawn with a tenth's chance stands for five of the others: 10 of 25, against 10 of 15.
    assert float(row["value"]) == pytest.approx(2 / 3 - 10 / 25)
    assert (row["method"], row["version"]) == ("always valid", "labels")
    assert row["note"].startswith("36 judged, worth 29 of equal weight")
    assert float(row["low"]) < 0 < float(row["high"])


@pytest.mark.parametrize(("n_displayed", "is_told"), [(15, True), (4, False)])
def test_cards_that_are_in_sight_more_often_in_one_variant_are_warned_of(
    client: Client, n_displayed: int, is_told: bool
) -> None:
    both_show = (Treatment("Old", 500_000, "offer"), Treatment("New", 500_000, "offer"))
    experiment = make_experiment(*both_show, n_planned=2000)
    old, new = experiment.variants.all()
    both(experiment)
    for agent in range(1, 11):
        turns(old, agent, n_exact=10, n_ignored=15 + agent % 3, n_sent_verbatim=10, n_displayed=5 - agent % 3)
        turns(new, agent, n_exact=10, n_ignored=20 - n_displayed, n_sent_verbatim=10, n_displayed=n_displayed)
    told = "Of the suggestions on a screen not the same share is in sight: New against Old −"
    assert (told in text_of(client, experiment)) == is_told


def test_the_page_names_the_releases_that_answered(client: Client) -> None:
    release = make_release()
    experiment = make_experiment(
        Treatment("Live", 500_000, "offer"), Treatment("Own", 500_000, "shadow", release), runs=False
    )
    live, own = experiment.variants.all()
    assert "suggestions are offered, by the release that is live at the time" in text_of(client, experiment)
    assert f"hidden, by release {release.pk}<" in text_of(client, experiment)
    later = [make_release() for _ in range(5)]
    for number, made in enumerate(later):
        made.pk, made.state = None, "retired"
        made.save()
        turns(live, 1, n_exact=3, days_ago=number + 1, release=made)
    turns(own, 1, n_exact=3, release=release)
    turns(own, 1, n_exact=3, release=later[0])
    text = text_of(client, experiment)
    assert f"offered, by 5 releases from {later[0].pk} to {later[-1].pk}" in text
    assert f"hidden, by release {release.pk}; release {later[0].pk} stood in for it" in text


def test_of_more_variants_the_address_names_one(client: Client) -> None:
    three = (*HALF[:1], Treatment("Offered", 250_000, "offer"), Treatment("Nothing", 250_000, "off"))
    experiment = make_experiment(*three)
    hidden, offered, nothing = experiment.variants.all()
    for agent in range(1, 11):
        cases(hidden, agent, n=60)
        cases(offered, agent)
        cases(nothing, agent)
    assert "Offered against Hidden" in text_of(client, experiment)
    assert "Nothing against Hidden" in text_of(client, experiment, variant=2)
    for asked in ("x", "-1", "99999", "0", ""):
        assert "Offered against Hidden" in text_of(client, experiment, variant=asked)


def test_where_agents_are_divided_their_number_is_checked(client: Client) -> None:
    experiment = make_experiment(*HALF, unit="agent", n_planned=600)
    hidden, offered = experiment.variants.all()
    for agent in range(1, 13):
        cases((hidden, offered)[agent % 2], agent, n=60, mean=5 - 0.3 * (agent % 2))
    text = text_of(client, experiment)
    assert "The agents lie in the planned shares: Hidden 6" in text
    assert "changes handle time by −2" in text


def test_a_variant_whose_agents_are_new_is_not_adjusted(client: Client) -> None:
    experiment = make_experiment(*HALF, unit="agent", n_planned=600)
    hidden, offered = experiment.variants.all()
    for agent in range(1, 13):
        cases((hidden, offered)[agent % 2], agent, n=60)
        if agent % 2:
            cases(None, agent, mean=5 + agent / 20, days_ago=BEFORE)
    row = table(client, experiment, "times")["Handle time, adjusted"]
    assert (row["value"], row["note"]) == ("", "nothing is known of one variant's time before")


def test_a_draft_is_started_and_ended_with_a_reason(client: Client) -> None:
    experiment = make_experiment(*HALF, runs=False)
    where = f"{PAGE}{experiment.pk}/"
    assert "has not started" in client.get(where).text
    assert "It runs" in client.post(f"{where}start/", follow=True).text
    assert "is no draft" in client.post(f"{where}start/", follow=True).text
    assert "Say why it ends" in client.post(f"{where}end/", {"reason": " "}, follow=True).text
    assert "It has ended" in client.post(f"{where}end/", {"reason": "Enough is known."}, follow=True).text
    assert "<q>Enough is known.</q></p>" in client.get(where).text, "without another full stop"
    assert "does not run" in client.post(f"{where}end/", {"reason": "Again"}, follow=True).text


def test_the_list_names_what_runs_is_drafted_and_has_ended(client: Client, sana: User) -> None:
    assert "No experiment yet." in client.get(PAGE).text
    ended = make_experiment(name="The first one")
    experimenting.end(ended, by=sana, now=timezone.now(), reason="Done")
    running = make_experiment(*HALF, name="The second one")
    make_experiment(name="The third one", runs=False)
    both(running)
    text = client.get(PAGE).text
    places = [
        text.index(name) for name in ("Running", "The second one", "Drafts", "The third one", "The first one")
    ]
    assert places == sorted(places)
    assert "600 are there, 1,400 are missing" in text


def test_experts_read_and_agents_do_not(client: Client, nadia: User, ana: User) -> None:
    experiment = make_experiment(runs=False)
    where = f"{PAGE}{experiment.pk}/"
    client.force_login(nadia)
    assert client.get(where).status_code == 200
    assert "Start the experiment" not in client.get(where).text
    assert client.post(f"{where}start/").status_code == 403
    assert client.post(f"{where}end/", {"reason": "x"}).status_code == 403
    client.force_login(ana)
    for address in (PAGE, where):
        assert client.get(address).status_code == 403
    client.logout()
    assert client.get(where).status_code == 302


def test_what_is_not_there_and_other_verbs(client: Client, experiment: Experiment) -> None:
    where = f"{PAGE}{experiment.pk}/"
    assert client.get(f"{PAGE}999999/").status_code == 404
    assert client.post(f"{PAGE}999999/start/").status_code == 404
    assert client.get(where, {"csv": "other"}).status_code == 404
    assert (client.post(PAGE).status_code, client.post(where).status_code) == (405, 405)
    assert (client.get(f"{where}start/").status_code, client.get(f"{where}end/").status_code) == (405, 405)


def test_the_pages_take_few_queries(
    client: Client, experiment: Experiment, django_assert_max_num_queries: Any
) -> None:
    both(experiment)
    with django_assert_max_num_queries(20):
        client.get(f"{PAGE}{experiment.pk}/")
    for number in range(5):
        make_experiment(name=f"Draft {number}", runs=False)
    with django_assert_max_num_queries(12):
        client.get(PAGE)
