"""The figures of cases come from what became of them within seven days, and are the same whoever makes them."""

import math
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from copilot import assigning
from copilot.experimenting import Treatment
from copilot.models import BacklogDay, CaseDay, CaseWeek, RollupState, Suggestion, SuggestionEvent
from copilot.models.case_day import BINS, COUNTS
from copilot.models.touch import Touch
from copilot.monitor import rolling, touching
from copilot.monitor.agents import agent_hash
from copilot.monitor.case_rolling import MILLION, bin_of, followed
from helpdesk import casework, escalating, rating
from helpdesk.merging import merge_cases
from helpdesk.models import ActiveTime, Case, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_experiment, make_suggestion, make_topic
from tests.making import make_case, make_message, make_reply, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
OPENED = NOW - timedelta(days=20)
DAY = timezone.localdate(OPENED)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


def opened(*, at: datetime = OPENED, **fields: Any) -> Case:
    return make_case(sent_at=at, **fields)


def answered(
    case: Case, agent: User, *, after: timedelta = HOUR, seconds: int = 300, closes: bool = True
) -> Case:
    make_reply(case, "It left today.", author=agent, at=case.created_at + after)
    ActiveTime.objects.create(
        case=case, agent=agent, day=timezone.localdate(case.created_at), milliseconds=1000 * seconds
    )
    if closes:
        casework.close(case=case, actor=agent, now=case.created_at + after)
    return case


def roll(*, now: datetime = NOW) -> None:
    rolling.roll_day(DAY, now=now)


def total(name: str) -> int:
    return sum(CaseDay.objects.filter(day=DAY).values_list(name, flat=True))


def rows() -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name != "id"}
        for model in (CaseDay, CaseWeek, BacklogDay)
        for row in model.objects.order_by("pk").values()
    ]


def test_times_are_sums_of_logs_and_counts_by_bin(ana: User) -> None:
    for seconds in (300, 600):
        answered(opened(), ana, seconds=seconds)
    roll()
    [row] = CaseDay.objects.all()
    assert (row.n_cases, row.n_replied, row.n_closed, row.n_timed, row.n_censored) == (2, 2, 2, 2, 0)
    assert row.agent == agent_hash(ana.pk)
    logs = [math.log(300), math.log(600)]
    assert row.handle_log == sum(round(log * MILLION) for log in logs)
    assert row.handle_log_squares == sum(round(log**2 * MILLION) for log in logs)
    assert row.reply_log == 2 * round(math.log(3600) * MILLION)
    assert (list(row.handle_bins), list(row.reply_bins)) == ([27, 30], [39, 39])


def test_making_them_again_gives_the_same_rows(ana: User, gwen: User) -> None:
    for number in range(6):
        case = opened(channel=("email", "chat")[number % 2])
        assigning.assign([case], now=NOW)
        made = make_suggestion(case, topic=make_topic(("Fees", "Payouts")[number % 3 == 0]))
        SuggestionEvent.objects.create(suggestion=made, type="viewed", actor=ana, at=OPENED, client_seq="1")
        answered(case, (ana, gwen)[number % 2], seconds=60 * (number + 1), closes=number != 5)
    roll()
    before = rows()
    CaseDay.objects.all().delete()
    roll()
    roll()
    assert rows() == before
    assert len(before) == 10, "rows of cases, of their week and of the backlog"


def test_a_week_is_the_sum_of_its_days_in_all_by_channel_and_by_variant(ana: User, gwen: User) -> None:
    experiment = make_experiment()
    experiment.started_at = OPENED - timedelta(days=10)  # not stored: nobody changes an experiment that runs
    monday = DAY - timedelta(days=DAY.weekday())
    for number in range(14):
        at = OPENED + timedelta(days=number - DAY.weekday())
        case = opened(at=at, channel=("email", "chat")[number % 2])
        if number % 3:
            assigning.assign([case], now=at, experiment=experiment)
        answered(case, (ana, gwen)[number % 4 == 0], seconds=60 * (number + 1))
    days = [monday + timedelta(days=number) for number in range(14)]
    for day in (*days[::2], *days[1::2], days[3]):
        rolling.roll_day(day, now=NOW)
    for week in (monday, monday + timedelta(days=7)):
        in_it = CaseDay.objects.filter(day__gte=week, day__lt=week + timedelta(days=7)).order_by("day", "pk")
        weeks = CaseWeek.objects.filter(week=week)
        assert sum(row.n_cases for row in weeks.filter(variant=None, channel="")) == 7
        assert {row.channel for row in weeks} == {"", "email", "chat"}
        assert weeks.exclude(variant=None).exists()
        for row in weeks:
            asked = {"channel": row.channel, "variant": row.variant}
            of_row = in_it.filter(agent=row.agent, **{name: value for name, value in asked.items() if value})
            for name in COUNTS:
                assert getattr(row, name) == sum(getattr(day, name) for day in of_row)
            for name in BINS:
                assert getattr(row, name) == b"".join(getattr(day, name) for day in of_row)


def test_who_replied_first_is_the_agent(ana: User, gwen: User) -> None:
    case = opened()
    make_reply(case, "We look into it.", author=gwen, at=OPENED + HOUR)
    answered(case, ana, after=3 * HOUR)
    roll()
    assert CaseDay.objects.get().agent == agent_hash(gwen.pk)


def test_an_open_case_is_censored_after_seven_days_and_counted_in_no_figure(ana: User) -> None:
    answered(opened(), ana, closes=False)
    roll(now=OPENED + timedelta(days=6))
    assert (total("n_cases"), total("n_closed"), total("n_censored")) == (1, 0, 0)
    roll()
    assert (total("n_censored"), total("n_timed"), total("n_replied")) == (1, 0, 1)


def test_a_reply_after_seven_days_comes_too_late(ana: User) -> None:
    answered(opened(), ana, after=timedelta(days=8))
    roll()
    assert (total("n_replied"), total("n_closed"), total("n_censored")) == (0, 0, 1)
    assert CaseDay.objects.get().agent == 0


def test_a_senders_clock_that_is_fast_changes_nothing_and_a_slow_one_adds_to_the_first_reply(
    client: Client, ana: User, sana: User
) -> None:
    now = timezone.now()
    for told_at in (now + HOUR, now - HOUR):
        make_reply(opened(at=told_at), "It left today.", author=ana, at=now + timedelta(minutes=5))
    for day in {timezone.localdate(now), timezone.localdate(now - HOUR)}:
        rolling.roll_day(day, now=now + HOUR)
    bins = b"".join(CaseDay.objects.order_by("day").values_list("reply_bins", flat=True))
    assert sorted(bins) == [bin_of(round(math.log(seconds) * MILLION)) for seconds in (300, 3900)]
    client.force_login(sana)
    assert "a clock that is an hour slow adds an hour" in client.get("/copilot/monitor/support/").text


def test_a_case_comes_back_within_seven_days_of_its_closing(ana: User) -> None:
    soon, late, _ = (answered(opened(), ana) for _ in range(3))
    casework.reopen(case=soon, actor=ana, now=OPENED + timedelta(days=3))
    casework.reopen(case=late, actor=ana, now=OPENED + timedelta(days=9))
    roll(now=OPENED + timedelta(days=4))
    assert (total("n_followed"), total("n_reopened")) == (0, 0), "not all of them had their seven days"
    roll()
    assert (total("n_followed"), total("n_reopened")) == (3, 1)


def test_the_last_rating_counts_and_escalations_within_seven_days(ana: User) -> None:
    case, other = answered(opened(), ana), answered(opened(), ana)
    for number, score in enumerate((1, 5)):
        rating.rate(
            case=case,
            channel="web",
            external_id=f"r-{number}",
            score=score,
            now=OPENED + HOUR * (2 + number),
        )
    escalating.escalate(case=case, team=None, reason="A threat", actor=ana, now=OPENED + 2 * HOUR)
    escalating.escalate(case=other, team=None, reason="Late", actor=ana, now=OPENED + timedelta(days=8))
    roll()
    assert (total("n_rated"), total("rating_sum"), total("n_satisfied")) == (1, 5, 1)
    assert total("n_escalated") == 1


def test_a_second_reply_without_a_word_of_the_customer_corrects_the_first(ana: User) -> None:
    corrected, asked, later = (opened() for _ in range(3))
    for case, wait in ((corrected, HOUR), (asked, 2 * HOUR), (later, timedelta(days=2))):
        make_reply(case, "It takes 3 days.", author=ana, at=OPENED + HOUR)
        make_reply(case, "It takes 5 days.", author=ana, at=OPENED + HOUR + wait)
    make_message("Are you sure?", case_id=asked.pk, sent_at=OPENED + 2 * HOUR)
    roll()
    assert asked.messages.count() == 2
    assert (total("n_replied"), total("n_corrected")) == (3, 1)


def in_sight(case: Case, agent: User, *, after: timedelta, type: str = "viewed") -> None:  # noqa: A002  the field's
    SuggestionEvent.objects.create(
        suggestion=make_suggestion(case), type=type, actor=agent, at=OPENED + after, client_seq="1"
    )


SEEN = [name for name in COUNTS if name.endswith("_seen")]


@pytest.mark.parametrize(
    ("after", "type", "counts"),
    [
        (HOUR / 2, "viewed", (1, 1, 1, 1, 1)),
        (HOUR / 2, "inserted", (1, 1, 1, 1, 1)),
        (HOUR / 2, "dismissed", (1, 1, 1, 1, 1)),
        (HOUR / 2, "displayed", (0, 0, 0, 0, 0)),
        (HOUR + timedelta(seconds=50), "viewed", (1, 1, 1, 1, 1)),
        (2 * HOUR, "viewed", (0, 1, 1, 1, 1)),
        (4 * HOUR, "viewed", (0, 0, 0, 0, 0)),
    ],
    ids=[
        "before the reply",
        "inserted",
        "dismissed",
        "only on the page",
        "told late",
        "later",
        "after closing",
    ],
)
def test_a_suggestion_is_seen_before_the_first_reply_or_before_the_case_is_closed(
    ana: User,
    after: timedelta,
    type: str,  # noqa: A002  the field's
    counts: tuple[int, ...],
) -> None:
    case = answered(opened(), ana, closes=False)
    casework.close(case=case, actor=ana, now=OPENED + 3 * HOUR)
    rating.rate(case=case, channel="web", external_id="r-1", score=5, now=OPENED + 4 * HOUR)
    in_sight(case, ana, after=after, type=type)
    roll()
    assert SEEN == ["n_replied_seen", "n_decided_seen", "n_timed_seen", "n_followed_seen", "n_rated_seen"]
    assert tuple(total(name) for name in SEEN) == counts
    assert sum(CaseWeek.objects.filter(channel="").values_list("n_timed_seen", flat=True)) == counts[2]


def test_of_an_open_case_what_was_seen_within_seven_days_counts_once_these_have_passed(ana: User) -> None:
    for days in (6, 8):
        in_sight(opened(), ana, after=timedelta(days=days))
    roll(now=OPENED + timedelta(days=6))
    assert total("n_decided_seen") == 0
    roll()
    assert (total("n_censored"), total("n_decided_seen"), total("n_timed_seen")) == (2, 1, 0)


def test_a_suggestion_seen_later_touches_the_day_of_its_case(ana: User) -> None:
    case = answered(opened(), ana, closes=False)
    later = make_suggestion(case)
    Suggestion.objects.filter(pk=later.pk).update(created_at=OPENED + timedelta(days=2))
    Touch.objects.all().delete()
    SuggestionEvent.objects.create(suggestion=later, type="viewed", actor=ana, at=NOW, client_seq="1")
    assert {day for day, _ in touching.touched()} == {DAY, DAY + timedelta(days=2)}
    Touch.objects.all().delete()
    SuggestionEvent.objects.create(suggestion=later, type="displayed", actor=ana, at=NOW, client_seq="2")
    assert {day for day, _ in touching.touched()} == {DAY + timedelta(days=2)}


def test_after_an_upgrade_that_counts_otherwise_all_days_are_made_anew(ana: User) -> None:
    in_sight(answered(opened(), ana), ana, after=HOUR / 2)
    rolling.roll_on(now=NOW)
    CaseDay.objects.update(n_timed_seen=0)  # as a migration leaves it
    RollupState.objects.update(rules="turns 1, cases 1")
    assert DAY in rolling.roll_on(now=NOW)
    assert total("n_timed_seen") == 1
    assert DAY not in rolling.roll_on(now=NOW), "once"


def test_a_merged_case_counts_once_under_the_kept_cases_arm(ana: User) -> None:
    make_experiment()
    at = timezone.now() - HOUR
    cases = [opened(at=at) for _ in range(20)]
    assigned = assigning.assign(cases, now=at)
    kept = cases[0]
    merged = next(case for case in cases if assigned[case.pk].arm != assigned[kept.pk].arm)
    for case, seconds in ((kept, 100), (merged, 200)):
        ActiveTime.objects.create(
            case=case, agent=ana, day=timezone.localdate(at), milliseconds=1000 * seconds
        )
    merge_cases(kept=kept, merged=merged, actor=ana, now=at)
    make_reply(kept, "It left today.", author=ana, at=at)
    casework.close(case=Case.objects.get(pk=kept.pk), actor=ana, now=at)
    rolling.roll_day(timezone.localdate(at), now=at + timedelta(days=15))
    assert sum(CaseDay.objects.values_list("n_cases", flat=True)) == 19
    row = CaseDay.objects.get(agent=agent_hash(ana.pk))
    assert (row.arm, row.variant_id) == (assigned[kept.pk].arm, assigned[kept.pk].variant_id)
    assert row.handle_log == round(math.log(300) * MILLION), "the time spent on both"


def test_a_case_merged_later_leaves_the_day_on_which_it_was_opened(ana: User) -> None:
    kept, merged = opened(at=OPENED - timedelta(days=2)), opened()
    roll()
    assert total("n_cases") == 1
    merge_cases(kept=kept, merged=merged, actor=ana, now=NOW)
    rolling.roll_on(now=NOW + HOUR)
    assert total("n_cases") == 0
    assert CaseDay.objects.get().day == timezone.localdate(kept.created_at)


def test_where_agents_are_divided_a_case_counts_under_its_first_author(ana: User) -> None:
    make_experiment(Treatment("hidden", 999_999, "shadow"), Treatment("shown", 1, "offer"), unit="agent")
    now = timezone.now()
    case = make_case(sent_at=now)
    make_suggestion(case)
    assigning.assign([case], now=now)
    send_reply(
        case=case, author=ana, body="It left today, and will be there soon.", client_key="k-1", now=now
    )
    rolling.roll_day(timezone.localdate(now), now=now + HOUR)
    row = CaseDay.objects.get()
    assert (row.arm, row.variant_id is not None, row.n_replied) == ("shadow", True, 1)


def test_the_backlog_grows_and_shrinks_on_the_day_of_the_change(ana: User) -> None:
    cases = [answered(opened(), ana) for _ in range(3)]
    opened()
    casework.reopen(case=cases[0], actor=ana, now=OPENED + timedelta(days=1))
    roll()
    rolling.roll_day(DAY + timedelta(days=1), now=NOW)
    assert list(BacklogDay.objects.order_by("day").values_list("n_opened", "n_closed")) == [(4, 3), (1, 0)]


def test_a_change_of_status_touches_its_own_day_too(ana: User) -> None:
    case = answered(opened(), ana)
    Touch.objects.all().delete()
    casework.reopen(case=case, actor=ana, now=OPENED + timedelta(days=1))
    assert {day for day, _ in touching.touched()} >= {DAY + timedelta(days=1)}


def test_each_midnight_the_cases_that_are_still_followed_are_counted_anew() -> None:
    midnight = NOW.replace(hour=0)
    days = followed(since=midnight - timedelta(minutes=9), now=midnight)
    assert max(days) == timezone.localdate(midnight)
    assert len(days) == 17


def test_texts_that_were_imported_to_be_labeled_are_no_cases() -> None:
    opened(channel="import")
    roll()
    assert not CaseDay.objects.exists()
    assert not BacklogDay.objects.exists()


def test_a_day_takes_as_many_queries_as_its_tables(ana: User, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        answered(opened(), make_user(f"agent-{number}"))
    with django_assert_max_num_queries(53):
        roll()
    assert total("n_cases") == 30


def test_recompute_reaches_days_on_which_nothing_was_suggested(ana: User) -> None:
    answered(opened(), ana)
    roll()
    before = rows()
    CaseDay.objects.all().delete()
    CaseWeek.objects.all().delete()
    call_command("recompute", "--from", f"{DAY}", "--to", f"{DAY}", stdout=StringIO(), stderr=StringIO())
    assert rows() == before
