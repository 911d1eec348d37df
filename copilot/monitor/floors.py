"""Floors: what another end-to-end floor would offer, and how much of it would be wrong.

Judged by replies to texts that their authors did not see: of the shadow above the floor, of every turn below it.
Nothing here changes a release; a floor is a part of one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Case, Max, Min, Q, QuerySet, Sum, Value, When

from copilot import match_versions
from copilot.models import BinDay, FloorDay, Release
from copilot.models.suggestion import Reason
from copilot.monitor.charts import Chart
from copilot.monitor.columns import columns_of
from copilot.monitor.figures import Unit, written
from copilot.monitor.filters import Filters
from copilot.monitor.floor_charts import (
    FEWEST_JUDGED,
    FloorRow,
    releases_chart,
    reliability_chart,
    risk_chart,
)
from copilot.monitor.floor_rows import GRID, Move, Risk, Rows, move, risk_at, suggested

RISKS = ("0.05", "0.1", "0.2", "0.3", "0.5")
STEPS = tuple(step / 100 for step in range(100))


@dataclass(frozen=True)
class Asked:
    """What the page's address asks beside the filters: a floor to look at, and the risk that may be taken."""

    floor: float | None
    risk: float

    @property
    def query(self) -> str:
        floor = "" if self.floor is None else f"floor={self.floor:.2f}&"
        return f"{floor}risk={self.risk:g}"


@dataclass(frozen=True)
class FloorsPage:
    """What the page shows; without turns only the finding."""

    release: Release | None
    finding: str
    floor: float = 0.0
    current: float = 0.0
    total: int = 0
    told: str = ""
    moves: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    charts: Sequence[Chart] = ()


def read_asked(query: Mapping[str, str]) -> Asked:
    """Read a floor and a risk; what they can't mean is left at its default.

    >>> read_asked({"floor": "0.62", "risk": "0.2"}), read_asked({"floor": "nan", "risk": "7"}).query
    (Asked(floor=0.62, risk=0.2), 'risk=0.3')
    """
    try:
        floor: float | None = round(float(query["floor"]), 2)
    except (KeyError, ValueError, OverflowError):
        floor = None
    if floor is not None and not 0 <= floor <= STEPS[-1]:
        floor = None
    return Asked(floor, float(query["risk"]) if query.get("risk") in RISKS else 0.3)


def floors(filters: Filters, asked: Asked) -> FloorsPage:
    """Return the page's figures for one release: the one that is asked for, or the live one."""
    release = _release(filters)
    if release is None:
        return FloorsPage(None, "No release is live, so there is no floor to judge yet.")
    of = {"release": release, "day__gte": filters.first, "day__lte": filters.today}
    bins = BinDay.objects.filter(**of)
    rows = _rows(bins, FloorDay.objects.filter(**of))
    current = release.confidence_floor
    if not rows.total:
        return FloorsPage(
            release,
            f"Release {release.pk} has decided no turn in this span yet; replayed history does not count.",
            current,
            current,
        )
    floor = asked.floor if asked.floor is not None else round(current, 2)
    version = f"release {release.pk}, match version {match_versions.current().pk}"
    table = [
        FloorRow(move(rows, floor=at, current=current), risk_at(rows, floor=at, current=current), version)
        for at in STEPS
    ]
    risks = [risk_at(rows, floor=at, current=current) for at in GRID]
    best = suggested(risks, most=asked.risk)
    told = {f"{row.move.floor:.2f}": _told(row.move, current) for row in table}
    return FloorsPage(
        release=release,
        finding=_finding(risk_at(rows, floor=current, current=current), current, rows),
        floor=floor,
        current=current,
        total=rows.total,
        told=told[f"{floor:.2f}"],
        moves=tuple(told.items()),
        notes=tuple(
            filter(None, (_floorless(current), _suggestion(best, asked.risk), _shadows(rows), _gated(bins)))
        ),
        charts=(
            risk_chart(rows, table, best=best, current=current),
            reliability_chart(rows, version),
            releases_chart(filters),
        ),
    )  # fmt: skip


def _release(filters: Filters) -> Release | None:
    releases = Release.objects.defer("learned_from")
    if filters.release is not None:
        return releases.filter(pk=filters.release).first()
    return releases.filter(state=Release.State.LIVE).first()


def _rows(bins: "QuerySet[BinDay]", floors: "QuerySet[FloorDay]") -> Rows:
    """Read the turns of all together, and of each agent the replies to hidden texts.

    Weeks are those from the first to the last day with turns: a release may have been retired since.
    """
    is_judged, is_above = (
        Q(reason__in=("", Reason.CONFIDENCE_LOW)),
        Case(When(reason="", then=Value(1)), default=Value(0)),
    )
    served = bins.aggregate(first=Min("day"), last=Max("day"))
    weeks = max(1.0, ((served["last"] - served["first"]).days + 1) / 7) if served["first"] else 1.0
    bin_of, above, n = columns_of(
        bins.filter(is_judged).values_list("bin", is_above).annotate(n=Sum("n_turns"))
    )
    none = np.zeros_like(n)
    turns = np.stack([bin_of, none, above, n, none, none])
    bin_of, above, agent, hidden, matches = columns_of(
        floors.filter(is_judged, n_hidden__gt=0)
        .values_list("bin", is_above, "agent")
        .annotate(hidden=Sum("n_hidden"), matches=Sum("n_matches"))
    )
    # Agents by their place: a hash is too large a number to count by.
    place, none = np.unique(agent, return_inverse=True)[1], np.zeros_like(agent)
    replies = np.stack([bin_of, place, above, none, hidden, hidden - matches])
    return Rows.of(np.concatenate([turns, replies], axis=1).T, weeks=weeks)


def _told(found: Move, current: float) -> str:
    """Say in one line what a floor would do."""
    at = f"At {found.floor:.2f}"
    if round(found.floor, 2) == round(current, 2) or not found.turns:
        same = (
            "the floor of this release"
            if round(found.floor, 2) == round(current, 2)
            else "no turn lies between"
        )
        return f"{at}: {same}, nothing changes."
    more = "more" if found.turns > 0 else "fewer"
    turns = f"{at}: {_count(abs(found.turns))} {more} suggestions a week"
    if found.wrong_turns is None:
        return f"{turns}; how many of them wrong can't be said: {found.note}."
    low, wrong, high = found.wrong_turns
    return (
        f"{turns}, at most about {_count(wrong)} {more} wrong ones ({_count(low)}–{_count(high)}) by what agents sent, "
        f"{_count(found.expected)} by its own confidence."
    )


def _count(value: float) -> str:
    """Write a number of turns a week: small ones with a digit behind the point.

    >>> _count(140.2), _count(3.25)
    ('140', '3.2')
    """
    return f"{value:,.0f}" if value >= 9.95 or value == 0 else f"{value:.1f}"


def _finding(now: Risk, current: float, rows: Rows) -> str:
    share = written(now.coverage, Unit.SHARE)
    passing = f"At its floor of {current:.2f} this release offers {share} of {rows.total:,} turns that have an answer"
    if now.risk is None or now.upper is None:
        return f"{passing}; how many of them are wrong can't be said yet."
    return (
        f"{passing}. Where nobody saw it, {written(now.risk, Unit.SHARE)} of the replies said something else "
        f"(at most {written(now.upper, Unit.SHARE)}): so many may be wrong, if not fewer."
    )


def _floorless(current: float) -> str:
    if current:
        return ""
    return (
        "This release has no end-to-end floor: nothing is withheld for being unsure, and the slider shows what a floor "
        "would take away."
    )


def _gated(bins: "QuerySet[BinDay]") -> str:
    reasons = (Reason.ANSWER_UNSURE, Reason.VALIDITY_UNSURE)
    n = bins.filter(reason__in=reasons).aggregate(n=Sum("n_turns"))["n"] or 0
    if not n:
        return ""
    return (
        f"{n:,} more turns were withheld by the floor of the answer stage or of scope: "
        "a lower end-to-end floor does not offer them."
    )


def _shadows(rows: Rows) -> str:
    above, below = (int(rows.n_hidden[side].sum()) for side in (rows.is_above, ~rows.is_above))
    said = f"Compared were {above:,} replies to held-out suggestions and {below:,} to withheld ones."
    if above < FEWEST_JUDGED:
        said += (
            " So few held-out turns say little about what lies above the floor: a larger holdout "
            "share tells more, sooner."
        )
    if rows.n_turns[~rows.is_above].sum() and not below:
        said += (
            " What a withheld suggestion would have said is kept from now on; manage.py backfill_withheld computes it "
            "for older ones."
        )
    return said


def _suggestion(best: Risk | None, most: float) -> str:
    asked = written(most, Unit.SHARE)
    if best is not None and best.upper is not None:
        return (
            f"For at most {asked} wrong: {best.floor:.2f}, which {written(best.coverage, Unit.SHARE)} of turns pass; "
            f"at most {written(best.upper, Unit.SHARE)} of these are wrong, with 95 % over all floors at once."
        )
    return (
        f"No floor is shown to leave at most {asked} wrong. Replies in other words count as wrong here, so that this "
        "may be for want of matches; labels tell more."
    )
