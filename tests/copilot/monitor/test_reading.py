"""What is read as columns of numbers is what adding up row by row gives."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.db.models import Model
from django.utils import timezone

from copilot.models import AgentDay, AgentWeek, AnswerDay, Arm, BinDay, FloorDay, Topic, TurnDay
from copilot.models.agent_day import COUNTS
from copilot.monitor.answer_reading import offered, topic_days, topic_weeks, version_days, version_weeks
from copilot.monitor.columns import columns_of, of_weeks, summed
from copilot.monitor.filters import Filters, languages
from copilot.monitor.match_rates import by_arm_and_topic
from copilot.monitor.reading import Agents, by_agent, by_time, by_week, joined, over_time
from copilot.monitor.rolling_sums import roll_sums
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS
from tests.copilot.making import make_answer, make_release, make_topic

pytestmark = pytest.mark.django_db
MATCHES = ("n_exact", "n_near", "n_retained", "n_semantic")
COMPARED = (*MATCHES, "n_conflict", "n_none")
AGENTS = (0, -(2**62), -5, 3, 9, 17, 2**62)  # 0 is nobody
Plain = dict[Any, dict[int, dict[str, int]]]


def today() -> date:
    return timezone.localdate()


def counts_of(model: type[Model]) -> list[str]:
    return [
        field.attname
        for field in model._meta.concrete_fields
        if not field.generated
        and (field.attname.startswith("n_") or field.attname.endswith(("_millionths", "_characters")))
    ]


def make_rows(model: type[Any], n: int, *, compared: tuple[str, ...], **choices: Any) -> list[Any]:
    """Make rows of ten weeks, each value by chance, and their sums; half of them have nothing to compare."""
    chance, made = random.Random(3), {}
    while len(made) < n:
        keys = {name: chance.choice(values) for name, values in choices.items()}
        keys |= {"day": today() - timedelta(days=chance.randrange(70)), "agent": chance.choice(AGENTS)}
        counts = {name: chance.randrange(40) for name in counts_of(model)}
        if chance.random() < 0.5:
            counts |= dict.fromkeys(compared, 0)
        made[tuple(keys.values())] = model(**keys, **counts)
    model.objects.bulk_create(made.values())
    for day in {row.day for row in made.values()}:
        roll_sums(day, of=model)
    return list(model.objects.select_related())


@pytest.fixture
def turns() -> list[TurnDay]:
    make_topic("Fees")
    same_name = Topic.objects.create(slug="fees-too", name="Fees", area=Topic.objects.get().area)
    return make_rows(
        TurnDay, 400, compared=COMPARED, arm=list(Arm), release=[None, make_release()],
        topic=[None, make_topic("Payouts"), Topic.objects.get(slug="fees"), same_name], language=["", "de", "en"],
    )  # fmt: skip


@pytest.fixture
def answers() -> list[AnswerDay]:
    versions = [make_answer("One"), make_answer("One"), make_answer("Two")]
    # So many that each week of an answer has agents enough, whatever weekday is today.
    return make_rows(
        AnswerDay, 1200, compared=COMPARED, arm=list(Arm), version=versions, language=["", "de", "en"],
        release=[None, make_release()], is_replayed=[True, False],
    )  # fmt: skip


def added(rows: list[Any], group: Callable[[Any], Any], names: tuple[str, ...]) -> Plain:
    """Add up row by row."""
    sums: Plain = defaultdict(dict)
    for row in rows:
        of = sums[group(row)].setdefault(row.agent, dict.fromkeys(names, 0))
        for name in names:
            of[name] += getattr(row, name)
    return dict(sums)


def plain(found: dict[Any, Agents]) -> Plain:
    return {
        group: {
            agent: {name: int(agents[name][at]) for name in agents.sums}
            for at, agent in enumerate(agents.hashes.tolist())
        }
        for group, agents in found.items()
    }


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def filters(**asked: Any) -> Filters:
    return Filters(today=today(), **asked)


def test_matches_and_compared_turns_are_what_their_kinds_sum_to(turns: list[TurnDay]) -> None:
    for row in turns:
        assert row.n_matches == sum(getattr(row, name) for name in MATCHES)
        assert row.n_compared == sum(getattr(row, name) for name in COMPARED)


@pytest.mark.parametrize("asked", [{}, {"topic": "fees"}, {"language": "de"}])
def test_sums_by_day_week_and_in_all_are_those_of_the_rows(
    turns: list[TurnDay], asked: dict[str, str]
) -> None:
    names = (*COUNTS, "n_matches", "n_compared")
    rows = [
        row
        for row in turns
        if (not asked.get("topic") or (row.topic and row.topic.slug == "fees"))
        and row.language == asked.get("language", row.language)
    ]
    days = by_time(filters(**asked).totals(), per="day", names=names)
    assert plain(days) == added(rows, lambda row: row.day, names)
    weeks = plain(by_time(filters(**asked).totals(), per="week", names=names))
    assert weeks == added(rows, lambda row: monday(row.day), names) == plain(by_week(days))
    whole = added(rows, lambda row: 0, names)
    assert (
        plain({0: joined(days.values())}) == whole == plain(by_agent(filters(**asked).turns(), names=names))
    )


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"days": 28},
        {"days": 364},
        {"topic": "fees"},
        {"language": "de"},
        {"release": 1, "language": "en"},
    ],
)
@pytest.mark.parametrize("arm", [{}, {"arm": Arm.SHADOW}])
def test_weeks_are_the_sums_of_their_days(
    turns: list[TurnDay], asked: dict[str, Any], arm: dict[str, str]
) -> None:
    if "release" in asked:
        asked = {**asked, "release": next(row.release_id for row in turns if row.release_id)}
    names = (*COUNTS, "n_matches", "n_compared")
    days = over_time(filters(per="day", **asked), names=names, **arm)
    assert plain(over_time(filters(per="week", **asked), names=names, **arm)) == plain(by_week(days))
    assert days


@pytest.mark.parametrize("asked", [{}, {"days": 28}, {"topic": "fees"}, {"language": "de"}])
def test_weeks_of_topics_are_the_sums_of_their_days(turns: list[TurnDay], asked: dict[str, Any]) -> None:
    found = by_arm_and_topic(topic_weeks(filters(**asked)))
    for arm in Arm:
        rows = filters(**asked).turns().filter(arm=arm, n_compared__gt=0).select_related("topic")
        assert plain(found[arm]) == added(list(rows), topic_of, ("n_matches", "n_compared"))


def test_a_week_keeps_its_agents_in_order_and_whatever_is_large(turns: list[TurnDay]) -> None:
    TurnDay.objects.filter(pk=turns[0].pk).update(kept_characters=2**40)
    roll_sums(turns[0].day, of=TurnDay)
    week = AgentWeek.objects.filter(week=monday(turns[0].day))
    languages, agents, kept = of_weeks(week, "id", names=("kept_characters",))
    assert kept.max() >= 2**40
    for which in set(languages.tolist()):
        assert agents[languages == which].tolist() == sorted(set(agents[languages == which].tolist()))


def test_nobodys_turns_are_left_out_of_people(turns: list[TurnDay]) -> None:
    [agents] = by_agent(AgentDay.objects.all(), names=("n_turns",)).values()
    assert agents.people.hashes.tolist() == sorted(set(AGENTS) - {0})


def topic_of(row: TurnDay) -> str:
    return row.topic.name if row.topic else ""


def test_topics_of_one_name_are_one_in_match_rates(turns: list[TurnDay]) -> None:
    names = ("n_matches", "n_compared")
    rows = [row for row in turns if row.n_compared]
    expected = {arm.value: added([row for row in rows if row.arm == arm], topic_of, names) for arm in Arm}
    found = by_arm_and_topic(topic_weeks(filters()))
    assert {arm: plain(topics) for arm, topics in found.items()} == expected
    assert set(expected["offer"]) == {"", "Fees", "Payouts"}


def weekly(rows: list[Any], group: Callable[[Any], Any], weeks: list[date]) -> dict[Any, list[float | None]]:
    """Return the rates of weeks with turns and agents enough."""
    of: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        if row.n_compared:
            of[group(row), monday(row.day)].append(row)
    rates: dict[Any, list[float | None]] = {}
    for (which, week), some in of.items():
        k, n = (sum(getattr(row, name) for row in some) for name in ("n_matches", "n_compared"))
        if n >= FEWEST and len({row.agent for row in some}) >= FEWEST_AGENTS:
            rates.setdefault(which, [None] * len(weeks))[weeks.index(week)] = k / n
    return rates


def test_offered_suggestions_are_summed_by_agent_and_by_week(answers: list[AnswerDay]) -> None:
    weeks = [filters().first + timedelta(weeks=week) for week in range(13)]
    names = ("n_shown", "n_used", "n_matches", "n_compared")
    part_of = {row.version_id: row.version.answer_id for row in answers}
    found = offered(version_weeks(filters()), by="version", names=names, weeks=weeks, part_of=part_of)
    rows = [row for row in answers if row.arm == Arm.OFFER]
    assert plain(dict(found.agents)) == added(rows, lambda row: row.version.answer_id, names)
    expected = weekly(rows, lambda row: row.version.answer_id, weeks)
    assert found.weeks == expected
    assert any(rate is None for rates in expected.values() for rate in rates)
    assert any(rate is not None for rates in expected.values() for rate in rates)


def test_sums_without_agents_are_those_of_the_rows(turns: list[TurnDay], answers: list[AnswerDay]) -> None:
    floors = make_rows(
        FloorDay, 200, compared=("n_hidden", "n_matches"), arm=list(Arm), reason=["", "confidence_low"], bin=[3, 99],
        release=[make_release()],
    )  # fmt: skip
    for rows, sums, names in (
        (turns, topic_days(filters()), ("n_turns", "n_failed", "n_withheld", "n_off")),
        (answers, version_days(filters()), ("n_suggested", "n_matches", "n_compared")),
        (floors, BinDay.objects.all(), ("n_turns",)),
    ):
        assert len(sums) < len(rows)
        for name in names:
            assert sum(sums.values_list(name, flat=True)) == sum(getattr(row, name) for row in rows)


def test_languages_are_those_of_all_turns(turns: list[TurnDay]) -> None:
    assert languages() == ["de", "en"]


def test_sums_are_the_same_of_keys_far_apart_and_close_together() -> None:
    chance = np.random.default_rng(5)
    close, far = chance.integers(-3, 3, 500), chance.choice([-(2**63), -1, 0, 2**63 - 1], 500)
    counts = chance.integers(0, 2**53, 500)
    for keys in ([close], [far], [close, far], [far, close, close]):
        (*found,), (sums,) = summed(keys, [counts])
        expected: dict[tuple[int, ...], int] = defaultdict(int)
        for *key, count in zip(*keys, counts, strict=True):
            expected[tuple(int(part) for part in key)] += int(count)
        got = zip(*(key.tolist() for key in found), strict=True)
        assert list(zip(got, sums.tolist(), strict=True)) == sorted(expected.items())


def test_no_rows_are_no_numbers() -> None:
    assert languages() == []
    assert by_time(filters().totals(), per="week", names=("n_turns",)) == {}
    assert over_time(filters(), names=("n_turns",)) == {}
    assert [column.tolist() for column in columns_of(TurnDay.objects.values_list("agent", "n_turns"))] == [
        [],
        [],
    ]
    none = TurnDay.objects.filter(pk__in=[]).values_list("agent", "n_turns")
    assert [column.tolist() for column in columns_of(none)] == [[], []]
    assert len(joined([])) == 0
    assert np.array_equal(joined([]).people.hashes, np.zeros(0))
