"""What is foretold comes from the twelve weeks before a day, on whichever weekday it lies."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from copilot.models import CaseDay
from copilot.models.case_day import COUNTS, TIMES
from copilot.monitor.case_rolling import roll_week
from copilot.monitor.covariates import BEFORE, covariates, earlier_times
from tests.copilot.making import make_experiment, make_topic

pytestmark = pytest.mark.django_db
START = date(2026, 3, 2)  # a Monday


@pytest.fixture
def days(db: None) -> list[CaseDay]:
    """Cases of three agents and of nobody, in two channels, with and without a topic, on each of a hundred days."""
    topics = (make_topic("Fees"), make_topic("Payouts"), None)
    made = CaseDay.objects.bulk_create(
        CaseDay(
            day=START + timedelta(days=10 - back), arm="offer", channel=("email", "chat")[back % 2],
            topic=topics[back % 3], agent=agent,
            **(dict.fromkeys(COUNTS, 1) | dict.fromkeys(TIMES[1::2], (back + agent) * (agent + back % 2) * 10 ** 6)),
        )
        for back in range(110)
        for agent in range(4)
    )  # fmt: skip
    for week in {row.day - timedelta(days=row.day.weekday()) for row in made}:
        roll_week(week)
    return made


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("has_topic", [True, False])
def test_whole_weeks_and_single_days_sum_to_the_cases_of_the_span(
    days: list[CaseDay], weekday: int, has_topic: bool
) -> None:
    start = START + timedelta(days=weekday)
    within = [row for row in days if row.agent and start - BEFORE <= row.day < start]
    by_agent, by_kind = earlier_times(start=start, has_topic=has_topic)
    assert by_agent == sums((row.agent, row) for row in within)
    kinds = (((row.channel, (row.topic_id or 0) if has_topic else 0), row) for row in within)
    assert by_kind == sums(kinds)


def test_of_a_new_kind_only_the_agents_own_is_foretold(days: list[CaseDay]) -> None:
    experiment = make_experiment()
    variants = [each.pk for each in experiment.variants.all()]
    for variant, channel in zip(variants, ("email", "letter"), strict=True):
        CaseDay.objects.create(
            day=START, arm="offer", variant_id=variant, channel=channel, agent=1, **dict.fromkeys(COUNTS, 10)
        )
    pair = (variants[0], variants[1])
    found = covariates(
        start=START, end=START + timedelta(days=7), variants=pair, agents=[1, 9], has_topic=False
    )
    for covariate in found.values():
        assert covariate.of_agents[0] != covariate.of_agents[1], "of a new agent the mean of all is foretold"
        assert covariate.kinds[0, 0] != 0
        assert (covariate.kinds[0, 1], *covariate.kinds[1]) == (0, 0, 0)


def sums(rows: Iterable[tuple[object, CaseDay]]) -> dict[object, list[int]]:
    found: dict[object, Counter[str]] = {}
    for key, row in rows:
        found.setdefault(key, Counter()).update({name: getattr(row, name) for name in TIMES})
    return {key: [counts[name] for name in TIMES] for key, counts in found.items()}
