"""What a release has seen in its first weeks is learned once; what is farther away is unseen."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone

from copilot.models import InputDay, Release, SeenTopic, Suggestion
from copilot.monitor import rolling, seeing
from copilot.monitor.seeing import middles_of
from tests.copilot.making import make_suggestion, make_topic
from tests.making import make_case

pytestmark = pytest.mark.django_db
RNG = np.random.default_rng(7)


def near(axis: int) -> np.ndarray:
    """A vector close to an axis."""
    vector = RNG.normal(scale=0.02, size=384)
    vector[axis] += 1
    return vector


def asked(axis: int, at: datetime, topic: str, *, noise: bool = True) -> Suggestion:
    vector = near(axis) if noise else np.eye(384)[axis]
    suggestion = make_suggestion(make_case(), embedding=vector, topic=make_topic(topic))
    Suggestion.objects.filter(pk=suggestion.pk).update(created_at=at)
    return suggestion


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release has seen enough after twenty questions."""
    monkeypatch.setattr(seeing, "FEWEST", 20)


def test_questions_near_no_topic_are_unseen(few: None) -> None:
    now = timezone.now()
    first = now - timedelta(days=40)
    for number in range(24):
        asked(number % 2, first + timedelta(hours=number), ("Payouts", "Fees")[number % 2])
    for axis in (0, 1, 9):
        asked(axis, now - timedelta(days=2), "Payouts", noise=False)
    rolling.roll_on(now=now)
    assert set(SeenTopic.objects.values_list("topic__name", "n")) == {("Payouts", 12), ("Fees", 12)}
    late = InputDay.objects.filter(part="unseen", day=timezone.localdate(now - timedelta(days=2)))
    assert dict(late.values_list("value", "n")) == {"no": 2, "yes": 1}
    assert InputDay.objects.filter(part="unseen", day=timezone.localdate(first), value="no").exists()


def test_it_is_learned_once(few: None) -> None:
    now = timezone.now()
    for number in range(24):
        asked(0, now - timedelta(days=40) + timedelta(hours=number), "Payouts")
    days = seeing.learn_seen(now=now)
    assert (days[0], days[-1]) == (timezone.localdate(now - timedelta(days=40)), timezone.localdate(now))
    before = list(SeenTopic.objects.values_list("limit", "n"))
    asked(5, now - timedelta(days=38), "Payouts")
    assert seeing.learn_seen(now=now) == []
    assert list(SeenTopic.objects.values_list("limit", "n")) == before


def test_what_was_replayed_is_not_how_a_release_began(few: None) -> None:
    now = timezone.now()
    for number in range(24):
        asked(0, now - timedelta(days=300, hours=number), "Payouts")
        asked(1, now - timedelta(days=10, hours=number), "Fees")
    Release.objects.update(created_at=now - timedelta(days=20))
    assert seeing.learn_seen(now=now) == []
    seeing.learn_seen(now=now + timedelta(days=28))
    assert set(SeenTopic.objects.values_list("topic__name", "n")) == {("Fees", 24)}


def test_four_weeks_and_enough_questions_are_waited_for(few: None) -> None:
    now = timezone.now()
    for number in range(19):
        asked(0, now - timedelta(days=27, hours=number), "Payouts")
    assert seeing.learn_seen(now=now) == []
    assert seeing.learn_seen(now=now + timedelta(days=2)) == []
    assert not SeenTopic.objects.exists()


def test_about_one_in_a_hundred_of_the_reference_is_beyond_the_limit() -> None:
    vectors = np.array([near(number % 4) for number in range(1000)])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    topics, middles, limit = middles_of(vectors, np.arange(1000) % 4)
    nearest = (1 - vectors @ middles.T).min(axis=1)
    assert topics.tolist() == [0, 1, 2, 3]
    assert 0.005 < (nearest > limit).mean() <= 0.011


def test_a_topic_of_few_questions_has_no_middle() -> None:
    vectors = np.eye(384)[[0] * 10 + [1] * 4]
    assert middles_of(vectors, np.array([3] * 10 + [8] * 4))[0].tolist() == [3]
