"""What one variant of an experiment changes against another: rows of its charts, from sums by agent and arm.

Until the planned number of cases is there an interval is one that may be looked at every day; then it is the ordinary
one, which may be looked at once: of the planned cases, so that it is the same whenever it is looked at.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np

from copilot.monitor.case_reading import EDGES, Array, logs
from copilot.monitor.case_rolling import VERSION
from copilot.monitor.figures import Figure, Unit, written
from copilot.monitor.funnel import WINDOW
from copilot.monitor.shares import FEWEST_AGENTS
from copilot.statistics import always_valid, compliers, cuped, handle_time, power
from copilot.statistics.differences import difference_of_means, difference_of_rates
from copilot.statistics.estimates import Estimate
from copilot.statistics.intervals import Method

Arms: TypeAlias = Mapping[str, Array]  # sums of columns by agent and arm [agents, 2], control first
SEED = 1
WORTH_KNOWING = 0.05  # a change for which the number of cases is told
N_DRAWS = 1000  # of a quantile, whose draws cost more
NEARLY_NOTHING = 1e-9  # of a variance of logs, which may be a little less than none
WITH_CARE = "few agents, or all cases alike: take the interval with care"
TOO_SOON = f"fewer than {always_valid.FEWEST_IN_ARM} cases in a variant: too soon"


@dataclass(frozen=True)
class Outcome:
    """What is compared: a mean log time, or a share; `k` and `n` are columns of figures, `of` says what n counts.

    `window` is how long after a case was opened the outcome may still come; `seen` the column of those of n in which a
    suggestion was in sight before the outcome, where that is counted.
    """

    key: str
    name: str
    k: str
    n: str
    is_time: bool = False
    of: str = "cases"
    seen: str = ""
    window: timedelta = WINDOW

    @property
    def unit(self) -> Unit:
        return Unit.CHANGE if self.is_time else Unit.POINTS

    def totals(self, arms: Arms) -> tuple[Array, Array]:
        return (logs(arms[self.k]) if self.is_time else arms[self.k]), arms[self.n]


OUTCOMES = (
    Outcome("handle_time", "Handle time", "handle_log", "n_timed", is_time=True, seen="n_timed_seen"),
    Outcome(
        "first_reply_time",
        "Time to the first reply",
        "reply_log",
        "n_replied",
        is_time=True,
        seen="n_replied_seen",
    ),
    Outcome(
        "reopened",
        "Reopened within 7 days",
        "n_reopened",
        "n_followed",
        window=2 * WINDOW,
        seen="n_followed_seen",
    ),
    Outcome("escalated", "Escalated", "n_escalated", "n_decided", seen="n_decided_seen"),
    Outcome(
        "followed", "Second reply within a day", "n_corrected", "n_replied", window=WINDOW + timedelta(days=1)
    ),
    Outcome("satisfaction", "Satisfied, of those who rated", "n_satisfied", "n_rated", seen="n_rated_seen"),
    Outcome("rated", "Rated, of cases closed", "n_rated", "n_closed"),
    Outcome("matched", "Replies that match the suggestion", "n_matches", "n_compared", of="replies"),
)
# No outcome, but a check: two variants that show something should have it looked at as often.
SEEN = Outcome("seen", "In sight, of suggestions on a screen", "n_seen", "n_shown", of="suggestions")
BY_KEY: Mapping[str, Outcome] = {outcome.key: outcome for outcome in OUTCOMES}
LONGEST = max(outcome.window for outcome in OUTCOMES)


@dataclass(frozen=True)
class Look:
    """How often is looked: once, when nothing of the planned cases can change, which came before `planned_end`.

    Before that, without such a day, as often as anybody likes.
    """

    n_planned: int
    planned_end: date | None = None

    @property
    def is_planned(self) -> bool:
        return self.planned_end is not None

    @classmethod
    def at(cls, n_planned: int, *, reached: date | None, today: date) -> "Look":
        """Return the look of a day; with the weeks before `reached` the planned number of cases is there.

        >>> Look.at(900, reached=date(2026, 3, 9), today=date(2026, 3, 22)).is_planned
        False
        >>> Look.at(900, reached=date(2026, 3, 9), today=date(2026, 3, 23)).is_planned
        True
        """
        return cls(n_planned, reached if reached and reached + LONGEST <= today else None)


def effect(outcome: Outcome, arms: Arms, look: Look) -> Figure:
    """Return the plain effect on an outcome, agents as clusters."""
    total, n = outcome.totals(arms)
    if why := _too_few(n) or _too_alike(outcome, total, n, look):
        return _without(outcome.name, n, outcome.unit, why)
    if not outcome.is_time:
        return _figure(outcome.name, difference_of_rates(total, n), n, look, outcome.unit)
    found = handle_time.effect_on_log(total, n, seed=SEED)
    figure = _figure(outcome.name, found.log, n, look, outcome.unit)
    return replace(figure, note=_with_permutations(figure.note, total, n)) if look.is_planned else figure


def where_seen(outcome: Outcome, arms: Arms, look: Look) -> Figure:
    """Return the effect on the cases in which a suggestion was seen because one variant shows it."""
    name = f"{outcome.name}, where seen"
    (total, n), k = outcome.totals(arms), arms[outcome.seen]
    if why := _too_few(n):
        return _without(name, n, outcome.unit, why)
    n_errors = _n_errors(n, look, df=difference_of_means(k, n).df)
    if n_errors == math.inf:
        return _without(name, n, outcome.unit, TOO_SOON)
    found = compliers.effect_on_compliers(total, k, n, n_errors=n_errors)
    if found.effect is None:
        return _without(name, n, outcome.unit, _too_few_seen(found.reached))
    scaled = math.expm1 if outcome.is_time else float
    value, low, high = (scaled(each) for each in (found.effect.estimate, found.effect.low, found.effect.high))
    without, seen = (written(share, Unit.SHARE) for share in k.sum(axis=0) / n.sum(axis=0))
    note = (
        f"seen in {seen} of cases, against {without} of the others"
        + f"; {WITH_CARE}" * found.effect.few_agents
    )
    return Figure(
        name, found.effect.n, value, low, high, n_agents=found.effect.n_agents, unit=outcome.unit, note=note,
        method=found.effect.method if n_errors is None else Method.ALWAYS_VALID, version=VERSION,
    )  # fmt: skip


def adjusted(outcome: Outcome, sums: cuped.Sums, look: Look) -> tuple[Figure, cuped.Adjusted | None]:
    """Return the effect on a time adjusted for what was known before assignment, and what is known of that."""
    name, n = f"{outcome.name}, adjusted", np.asarray(sums.n)
    if why := _too_few(n):
        return _without(name, n, outcome.unit, why), None
    if _is_constant(sums):
        return _without(name, n, outcome.unit, "nothing is known of the time before"), None
    try:
        found = cuped.adjusted_effect(sums)
    except ValueError:  # such as a variant whose agents are all new
        return _without(name, n, outcome.unit, "nothing is known of one variant's time before"), None
    return _figure(name, found.effect, n, look, outcome.unit), found


def quantiles(
    counts: Array, look: Look, names: Mapping[str, float]
) -> list[tuple[Figure, tuple[float, float]]]:
    """Return the change of each named quantile of times, from histograms, and it in both arms in seconds."""
    n = counts.sum(axis=2)
    if why := _too_few(n):
        return [(_without(name, n, Unit.CHANGE, why), (math.nan, math.nan)) for name in names]
    found = handle_time.quantile_differences(
        counts, EDGES, quantiles=list(names.values()), seed=SEED, n_draws=N_DRAWS
    )
    return [
        (_figure(name, change, n, look, Unit.CHANGE), (math.exp(first), math.exp(second)))
        for name, (first, second, change) in zip(names, found, strict=True)
    ]


def at_look(outcome: Outcome, arms: Arms, name: str, *, n_planned: int) -> Figure:
    """Return the effect so far with the interval that holds at all looks together."""
    total, n = outcome.totals(arms)
    look = Look(n_planned)
    if why := _too_few(n) or _too_alike(outcome, total, n, look):
        return _without(name, n, outcome.unit, why)
    return _figure(name, difference_of_means(total, n), n, look, outcome.unit)


@dataclass(frozen=True)
class Sight:
    """The least effect that is found with n cases in four of five experiments, and how many cases five percent need.

    Of times it is a share of time, of shares a difference.
    """

    n: int
    least: float
    needed: int


def sight(outcome: Outcome, arms: Arms, *, shares: tuple[float, float]) -> Sight | None:
    """Return what an experiment can see with its cases so far; None where nothing can be said."""
    total, n = outcome.totals(arms)
    if _too_few(n):
        return None
    n_of, y_of = n.sum(axis=0), total.sum(axis=0)
    squares = logs(arms[f"{outcome.k}_squares"]).sum(axis=0) if outcome.is_time else y_of
    variance = float((squares - y_of**2 / n_of).sum() / n_of.sum())
    error = difference_of_means(total, n).standard_error
    if not (variance > 0 and error > 0):
        return None
    deff = error**2 / (variance * float((1 / n_of).sum()))
    least = power.least_effect(float(n_of.sum()), sd=variance**0.5, shares=shares, design_effect=deff)
    wanted = -math.log1p(-WORTH_KNOWING) if outcome.is_time else WORTH_KNOWING
    needed = power.needed_n(wanted, sd=variance**0.5, shares=shares, design_effect=deff)
    return Sight(round(n_of.sum()), -math.expm1(-least) if outcome.is_time else least, needed)


def _too_few(n: Array) -> str:
    """Say why arms can't be compared; nothing if they can."""
    if not n.sum():
        return "none yet whose time is over"
    n_agents = int((n.sum(axis=1) > 0).sum())
    if n_agents == 1:
        return "one agent: how much agents differ can't be known"
    if n_agents < FEWEST_AGENTS:
        return f"fewer than {FEWEST_AGENTS} agents: not shown"
    if int((n > 0).sum(axis=0).min()) < FEWEST_AGENTS:
        return f"a variant has fewer than {FEWEST_AGENTS} agents: not shown"
    return ""


def _too_alike(outcome: Outcome, total: Array, n: Array, look: Look) -> str:
    """Say that an arm's cases are all alike, where limits rest on their variance: it is 0, and chance is not.

    Without it 0 of 320 against 3 of 320 were as sure as thousands; at one planned look limits are made without it.
    """
    if look.is_planned or outcome.is_time:
        return ""
    k_of, n_of = total.sum(axis=0), n.sum(axis=0)
    if not np.any((k_of == 0) | (k_of == n_of)):
        return ""
    return f"all {outcome.of} of a variant alike: nothing can be said before the planned number"


def _is_constant(sums: cuped.Sums) -> bool:
    """Whether what was foretold is the same of all cases, as where there were none before."""
    n, x, xx = (float(np.sum(each)) for each in (sums.n, sums.x, sums.xx))
    return xx / n - (x / n) ** 2 < NEARLY_NOTHING


def _without(name: str, n: Array, unit: Unit, why: str) -> Figure:
    return Figure(
        name, round(n.sum()), n_agents=int((n.sum(axis=1) > 0).sum()), unit=unit, note=why, version=VERSION
    )


def _figure(name: str, found: Estimate, n: Array, look: Look, unit: Unit) -> Figure:
    low, high, method = found.low, found.high, found.method
    if not look.is_planned:
        sequence = always_valid.sequence(
            [found.estimate], [found.standard_error], [n.sum(axis=0)], planned_n=look.n_planned, df=[found.df]
        )
        low, high, method = float(sequence.low[0]), float(sequence.high[0]), Method.ALWAYS_VALID
    if not (math.isfinite(low) and math.isfinite(high)):
        return _without(name, n, unit, TOO_SOON)
    scaled = math.expm1 if unit is Unit.CHANGE else float
    return Figure(
        name, found.n, scaled(found.estimate), scaled(low), scaled(high), n_agents=found.n_agents, unit=unit,
        note=WITH_CARE if found.few_agents else "",
        method=method, version=VERSION,
    )  # fmt: skip


def _n_errors(n: Array, look: Look, *, df: float) -> float | None:
    """Return how many standard errors an interval reaches that holds at all looks together; None for one look."""
    if look.is_planned:
        return None
    one = always_valid.sequence([0.0], [1.0], [n.sum(axis=0)], planned_n=look.n_planned, df=[df])
    return float(one.high[0])


def _too_few_seen(reached: Estimate) -> str:
    more, low, high = (written(each, Unit.POINTS) for each in (reached.estimate, reached.low, reached.high))
    return (
        f"the share seen differs by {more} ({low.removesuffix(' points')} to {high}), which must surely be "
        f"{100 * compliers.LEAST_DIFFERENCE:.0f} or more to tell"
    )


def _with_permutations(note: str, total: Array, n: Array) -> str:
    """Add the chance of so large an effect if there were none, where agents are so few that intervals may fail."""
    if int((n.sum(axis=1) > 0).sum()) >= handle_time.FEWEST_AGENTS:
        return note
    try:
        p = handle_time.permutation_p(total, n)
    except ValueError:  # some agents have cases in both arms and some in one
        return note
    return "; ".join(part for part in (note, f"by permutations p = {p:.3f}") if part)
