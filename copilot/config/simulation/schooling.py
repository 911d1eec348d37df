"""The releases of simulated weeks: each trained on nothing but what came in before the weeks that it serves.

They are retired from the beginning, so that they stand in figures and are never live.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from django.utils import timezone

from copilot import releases
from copilot.config.demo.clock import Clock
from copilot.models import Release
from copilot.pipeline.run import Pipeline
from labeling import freezing
from labeling.training.reading import TellingEncoder
from labeling.training.steps import Step

# In the weeks before the first of these the copilot is not there yet: too little has come in to learn from.
SCHOOLED_IN = (4, 8)
# What may be wrong of what is offered: with so few labels the usual 0.3 lets pass 29 % of the questions in week 4 and
# 19 % in week 8 (480 and 1,086 messages), half lets pass 62 % in week 4. Agents and figures then have something to see.
RISK = 0.5
SCOPE_RISK = 1.0  # for the same reason nothing more is asked of what is out of scope
MOST_AT_HAND = 2

Tell = Callable[[str, float], object]


def release_of(
    week: int, *, clock: Clock, now: datetime, tell: Tell = lambda step, share: None
) -> Release | None:
    """Return the release that serves a week, trained now if it is not there; None before the first."""
    first = _first_of(week)
    if first is None:
        return None
    return _stored(first) or _train(dataset_of(first), until=clock.start_of_week(first), now=now, tell=tell)


def is_schooled(week: int) -> bool:
    """Return whether nothing need be trained to serve a week."""
    first = _first_of(week)
    return first is None or _stored(first) is not None


def dataset_of(week: int) -> str:
    """Return the name of the dataset that holds what came in before a week."""
    return f"before-week-{week}"


def _first_of(week: int) -> int | None:
    """Return the first of the weeks that are served by the same release."""
    return max((first for first in SCHOOLED_IN if first <= week), default=None)


def _stored(first: int) -> Release | None:
    stored = Release.objects.filter(dataset=dataset_of(first), state=Release.State.RETIRED)
    return stored.select_related(*releases.PARTS).order_by("-pk").first()


def _train(name: str, *, until: datetime, now: datetime, tell: Tell) -> Release:
    from labeling.training.releasing import Order, train_release  # scikit-learn, which only this needs

    # What was written in a week lies on its days: from midnight, so that no text of a week is learned for that week.
    midnight = timezone.localtime(until).replace(hour=0, minute=0, second=0, microsecond=0)
    freezing.freeze(name, now=now, until=midnight, tell=tell)

    def note(step: Step, share: float) -> None:
        tell(str(step), share)

    order = Order(stage="all", dataset=name, seed=1, target_risk=RISK, scope_risk=SCOPE_RISK)
    release = train_release(order, now=now, tell=note)  # no transaction around it: people see how far it is
    release.state, release.note = Release.State.RETIRED, f"for simulated weeks: {release.note}"
    release.created_at = (
        midnight  # up to when it learned: what it suggests for later messages is not replayed
    )
    release.save(update_fields=["state", "note", "created_at"])
    return release


@lru_cache(maxsize=MOST_AT_HAND)
def pipeline_of(release: Release) -> Pipeline:
    """Return a release's pipeline, which reads no text twice: simulated customers write the same again and again."""
    found = releases.pipeline_of(release)
    return replace(found, encoder=TellingEncoder(**vars(found.encoder)))
