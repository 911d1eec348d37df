"""Active functions are looked at each week: one that drifted goes back on trial, and its owner is told.

Language, products and customers change. What drifted is either how often a function is right, or how often it fires.
"""

import logging
from datetime import datetime, timedelta
from math import sqrt
from smtplib import SMTPException

import numpy as np
from django.core.mail import send_mail
from numpy.typing import NDArray

from labeling import gates, measuring
from labeling.applying import TaskVotes, votes_for
from labeling.models import FunctionVersion, Item, LabelingFunction, Task

logger = logging.getLogger(__name__)
State = LabelingFunction.State
RECENT = timedelta(weeks=1)
BEFORE = timedelta(weeks=12)  # older messages tell little of how often a function should fire
FARTHEST = 3.0  # sigma
FEWEST = 50  # messages in a span; below, chance alone moves a share


def care(*, now: datetime) -> list[LabelingFunction]:
    """Put the active functions that drifted back on trial, tell their owners, and return them."""
    drifted = []
    for task in Task.values:
        said = votes_for(task)
        measuring.measure(task, now=now)
        recent, before = _spans(said.message_ids, now)
        for at, version in enumerate(said.versions):
            why = gates.reason_against(version.function) or _moved(said, at, recent, before)
            if why and _put_on_trial(version.function, why):
                drifted.append(version.function)
                _tell_owner(version, why)
    return drifted


def sigmas(before: tuple[int, int], recent: tuple[int, int]) -> float:
    """Return by how many standard errors a share has moved, each given as k of n; 0 where too little is known.

    >>> round(sigmas((100, 1000), (20, 200)), 1), round(sigmas((100, 1000), (40, 200)), 1)
    (0.0, 4.0)
    >>> sigmas((0, 1000), (0, 200)), sigmas((5, 10), (0, 10))
    (0.0, 0.0)
    """
    (k, n), (k_recent, n_recent) = before, recent
    if min(n, n_recent) < FEWEST:
        return 0.0
    pooled = (k + k_recent) / (n + n_recent)
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_recent))
    return (k_recent / n_recent - k / n) / error if error else 0.0


def _spans(ids: NDArray[np.int64], now: datetime) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of the messages are of the last week, and which of the weeks before."""

    def sent(start: datetime, end: datetime) -> NDArray[np.bool_]:
        found = Item.objects.filter(sent_at__gt=start, sent_at__lte=end).order_by("pk")
        return np.isin(ids, np.fromiter(found.values_list("pk", flat=True), np.int64), assume_unique=True)

    return sent(now - RECENT, now), sent(now - RECENT - BEFORE, now - RECENT)


def _moved(said: TaskVotes, at: int, recent: NDArray[np.bool_], before: NDArray[np.bool_]) -> str:
    """Say how a function's coverage has moved; empty if it has not, beyond what chance does."""
    rows = said.votes.rows[said.votes.functions == at]
    was, now = ((int(span[rows].sum()), int(span.sum())) for span in (before, recent))
    moved = sigmas(was, now)
    if abs(moved) <= FARTHEST:
        return ""
    return (
        f"it fires on {now[0]} of {now[1]} messages of the last week and on {was[0]} of {was[1]} before, "
        f"{abs(moved):.1f} standard errors {'more' if moved > 0 else 'less'}"
    )


def _put_on_trial(function: LabelingFunction, why: str) -> bool:
    active = LabelingFunction.objects.filter(pk=function.pk, state=State.ACTIVE)
    return bool(active.update(state=State.TRIAL, warning=f"Back on trial: {why}."))


def _tell_owner(version: FunctionVersion, why: str) -> None:
    owner = version.function.owner
    if owner is None or not owner.email:
        return
    text = f"Your labeling function {version} votes no more until it is active again: {why}.\n\nLook at it on its page."
    try:
        send_mail(f"Labeling function {version.function} is back on trial", text, None, [owner.email])
    except (OSError, SMTPException):
        logger.exception("the owner of a labeling function could not be told")
