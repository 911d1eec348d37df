"""What a release was found to be on its test split, as a figure beside those of its use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from copilot import evaluating
from copilot.evaluation.rows import Row
from copilot.evaluation.shares import share_of
from copilot.models import Evaluation, Release, Topic
from copilot.monitor.figures import Figure
from copilot.monitor.filters import Filters

NAME = "Offline, on the test split"


@dataclass(frozen=True)
class Offline:
    """The figure, and the rows it was made of: those that were offered, each with the name of the topic said of it."""

    figure: Figure
    rows: Sequence[Row] = ()
    release: int | None = None


def offline(filters: Filters) -> Offline:
    """Return what the release asked for, or the live one, got right of what it offered on its latest test.

    That is one on its own dataset, if there is any; rows that it has learned from are left out.
    """
    which = {"pk": filters.release} if filters.release is not None else {"state": Release.State.LIVE}
    tests = Evaluation.objects.filter(
        method=Evaluation.Method.TEST, release__in=Release.objects.filter(**which)
    )
    latest = tests.own_first().select_related("release").first()
    if latest is None:
        return Offline(Figure(NAME, 0, note="no stored test: evaluate the release on the page Releases"))
    names = dict(Topic.objects.values_list("slug", "name"))
    rows = [
        replace(row, first_topic=names.get(row.first_topic, row.first_topic))
        for row in evaluating.rows_of(latest)
        if row.is_offered and row.is_judged and _is_asked(row, filters)
    ]
    bare = Figure(NAME, len(rows), version=f"release {latest.release_id} on {latest.dataset}")
    if not rows:
        return Offline(replace(bare, note="nothing of this was offered on the test split"))
    rate = share_of(rows, lambda row: row.is_best_right)
    found = rate.interval
    assert found is not None  # noqa: S101  there are rows
    rests = "offered and right, of those offered; rows of the past, answered by nobody"
    figure = replace(
        bare, value=found.estimate, low=found.low, high=found.high, k=rate.k, note=rests,
        method=f"{found.method}, cases",
    )  # fmt: skip
    return Offline(figure, rows, latest.release_id)


def _is_asked(row: Row, filters: Filters) -> bool:
    return (not filters.topic or row.first_topic == filters.topic) and (
        not filters.language or row.language == filters.language
    )
