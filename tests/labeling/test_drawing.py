"""Each week's turns to judge are drawn once, with known probabilities, the rare and the doubtful more often."""

import random
from collections import Counter
from datetime import datetime, timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from copilot import judging
from copilot.judging import ComparedTurn
from helpdesk.models import User
from labeling import drawing, tasks
from labeling.drawing import spread
from labeling.models import TurnToJudge, WeeklySample
from labeling.stratifying import LEAST, Stratum, stratify
from tests.copilot.test_judging import compared


def turns_of_a_week(n: int = 4000, *, seed: int = 7) -> list[ComparedTurn]:
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["exact", "near", "conflict", "none"], n, p=[0.5, 0.18, 0.02, 0.3])
    topics = rng.choice([f"topic-{number}" for number in range(25)], n, p=np.arange(25, 0, -1) / 325)
    arms, confidences = rng.choice(["offer", "shadow"], n, p=[0.95, 0.05]), rng.uniform(0.6, 1, n)
    return [
        ComparedTurn(
            number, *(str(each[number]) for each in (arms, kinds, topics)), float(confidences[number])
        )
        for number in range(n)
    ]


def test_about_as_many_are_drawn_as_are_wanted_and_every_turn_has_its_chance() -> None:
    turns = turns_of_a_week()
    strata = stratify(turns, size=100)
    assert 85 <= sum(stratum.n for stratum in strata) <= 115
    assert sorted(turn.suggestion_id for stratum in strata for turn in stratum.turns) == list(
        range(len(turns))
    )
    assert all(0 < stratum.probability <= 1 for stratum in strata)
    assert len({stratum.name for stratum in strata}) == len(strata)


def test_the_rare_and_the_doubtful_are_drawn_more_often() -> None:
    rates: dict[str, list[float]] = {}
    for stratum in stratify(turns_of_a_week(40_000), size=1000):
        for turn in stratum.turns:
            name = turn.kind if turn.arm == "offer" else "shadow"
            rates.setdefault(f"{name} {'unsure' if turn.confidence < 0.8 else 'sure'}", []).append(
                stratum.probability
            )
    mean = {name: np.mean(some) for name, some in rates.items()}
    assert mean["none sure"] / mean["exact sure"] == pytest.approx(2, rel=0.1)
    assert mean["conflict sure"] / mean["exact sure"] == pytest.approx(4, rel=0.15)
    assert mean["exact unsure"] / mean["exact sure"] == pytest.approx(1.5, rel=0.1)
    assert mean["shadow sure"] > 3 * mean["exact sure"]


def test_weighted_back_the_sample_tells_of_all() -> None:
    turns = turns_of_a_week()
    for kind in ("none", "exact"):
        told = sum(
            stratum.n / stratum.probability * np.mean([turn.kind == kind for turn in stratum.turns])
            for stratum in stratify(turns, size=100)
        )
        assert told == pytest.approx(sum(turn.kind == kind for turn in turns))


@pytest.mark.parametrize("n", [0, 1, 3, 99])
def test_of_few_turns_all_are_drawn(n: int) -> None:
    strata = stratify(turns_of_a_week(n), size=100)
    assert sum(stratum.n for stratum in strata) == n
    assert all(stratum.probability == 1 for stratum in strata)


def test_small_strata_are_joined_before_topics_with_many_turns_are() -> None:
    strata = stratify(turns_of_a_week(), size=1000)
    expected = Counter({stratum.name: stratum.n for stratum in strata})
    assert any(name.endswith("topic-0") for name in expected)
    assert all(n >= LEAST or len(name.split()) == 2 for name, n in expected.items())


def test_topics_too_small_for_strata_are_drawn_as_evenly_as_their_turns() -> None:
    turns = tuple(turn for turn in turns_of_a_week() if turn.arm == "offer" and turn.kind == "exact")
    of_all = Counter(turn.topic for turn in turns)
    for seed in range(20):
        drawn = spread(Stratum("offer exact", turns, 100), random.Random(seed))
        assert len({turn.suggestion_id for turn in drawn}) == 100
        of_drawn = Counter(turn.topic for turn in drawn)
        assert all(abs(of_drawn[topic] - n * 100 / len(turns)) <= 1 for topic, n in of_all.items())


def test_each_turn_of_a_stratum_is_as_likely_as_the_others() -> None:
    turns = tuple(turns_of_a_week(30))
    n = Counter(
        turn.suggestion_id
        for seed in range(3000)
        for turn in spread(Stratum("all", turns, 6), random.Random(seed))
    )
    assert len(n) == 30
    assert all(500 < times < 700 for times in n.values())  # 600, and four standard errors of 22


@pytest.fixture
def closed(db: None, ana: User) -> datetime:
    """Thirty turns three weeks ago; now."""
    for number in range(30):
        compared(author=ana, kind=("near", "none", "exact")[number % 3], days_ago=21, confidence=0.9)
    return timezone.now()


def drawn() -> list[tuple[int, str, float, int]]:
    rows = TurnToJudge.objects.order_by("pk")
    return list(rows.values_list("suggestion", "stratum", "inclusion_probability", "place"))


def test_a_week_is_drawn_from_once(closed: datetime) -> None:
    assert drawing.draw_due(now=closed, size=12) == len(drawn()) > 8
    before = drawn()
    assert drawing.draw_due(now=closed, size=12) == 0
    sample = WeeklySample.objects.get()
    assert drawing.draw(sample.week, now=closed) == 0
    assert (drawn(), sample.n_turns, sample.seed) == (before, 30, drawing.SEED)
    assert sample.week.weekday() == 0


def test_the_same_seed_draws_the_same(closed: datetime) -> None:
    samples = []
    for seed in (1, 1, 2):
        WeeklySample.objects.all().delete()
        drawing.draw_due(now=closed, size=12, seed=seed)
        samples.append(drawn())
    assert samples[0] == samples[1] != samples[2]


def test_a_week_that_is_still_answered_is_not_drawn_from(db: None, ana: User) -> None:
    compared(author=ana, days_ago=6)
    assert drawing.draw_due(now=timezone.now()) == 0
    assert drawing.draw_due(now=timezone.now() + timedelta(days=15)) == 1


def test_missed_weeks_are_made_up_for_but_not_old_ones(db: None, ana: User) -> None:
    for days_ago in (21, 28, 90):
        compared(author=ana, days_ago=days_ago)
    tasks.draw_turns()
    assert WeeklySample.objects.count() == 2
    out = StringIO()
    call_command("draw_turns", weeks=20, stdout=out)
    assert out.getvalue() == "1 turns to judge were drawn.\n"


def test_the_command_refuses_what_means_nothing(db: None) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("draw_turns", weeks=0)


def test_the_beat_draws(settings: Settings) -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks.draw_turns.name in scheduled
    assert timedelta(days=7) == judging.WEEK
