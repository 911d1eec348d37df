"""Do the intervals hold what they promise: each one tried on invented desks whose truth is known.

The Method page shows the result as `manage.py simulate_coverage` has stored it. Draws are made for all repeats at once;
what is then called, repeat by repeat, are the very functions that the pages call. Those that pages call through figures
of their own, such as estimates from labels, are tried in `monitor.trying`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from copilot.statistics import peeking
from copilot.statistics.compliers import effect_on_compliers
from copilot.statistics.cuped import Sums, adjusted_effect
from copilot.statistics.differences import difference_of_rates
from copilot.statistics.estimates import Estimate
from copilot.statistics.handle_time import effect_on_log, quantile_differences, quantiles_of
from copilot.statistics.worlds import (
    LOG_MEDIAN,
    Generator,
    Volumes,
    arms,
    binned,
    foretold,
    influenced,
    rates,
    reached,
    timed,
    volumes,
)

Flags = NDArray[np.bool_] | NDArray[np.float64]  # not a number where no figure is shown
Rows = NDArray[np.int64]
REPEATS = 4_000
SEED = 20_260_101
MEDIAN_DRAWS = 400
N_ROWS = 100  # by agent on average
BARS = {25: 0.92, 8: 0.90, 5: 0.90}  # least coverage of a 95 % interval, by agents


@dataclass(frozen=True)
class Result:
    """What share of repeats that show a figure an interval covered the truth in, or a sequence raised a false alarm in.

    `bar` is the least share for an interval (`is_alarm` false), the greatest for an alarm. It is met if the share is
    within two standard errors of it.
    """

    method: str
    volumes: str
    agents: int
    repeats: int
    share: float
    standard_error: float
    bar: float
    is_alarm: bool
    seed: int

    @property
    def meets_bar(self) -> bool:
        if self.is_alarm:
            return self.share - 2 * self.standard_error <= self.bar
        return self.share + 2 * self.standard_error >= self.bar


@dataclass(frozen=True)
class Trial:
    """What is tried: `hits` says of each repeat whether the interval covered, or, with a bar of its own, alarmed.

    Repeats of which nothing was told may be left out, where the name of the method says so.
    """

    method: str
    hits: Callable[[Generator, Rows], Flags]
    most: float | None = None


def simulate(trials: Sequence[Trial], *, repeats: int = REPEATS, seed: int = SEED) -> tuple[Result, ...]:
    """Try intervals and sequences with 25, 8 and 5 agents and both kinds of skew; each has draws of its own."""
    return tuple(
        _try(trial, n_agents=n_agents, kind=kind, repeats=repeats, seed=seed)
        for trial in trials
        for n_agents in BARS
        for kind in Volumes
    )


def as_json(results: Iterable[Result]) -> str:
    """Return the results as they are stored and compared, one a line."""
    lines = ",\n".join("  " + json.dumps(asdict(result)) for result in results)
    return f"[\n{lines}\n]\n"


def from_json(text: str) -> tuple[Result, ...]:
    """Return stored results.

    >>> stored = Result("clustered Wilson", "zipf", 8, 4000, 0.94, 0.0038, 0.9, False, 1)
    >>> from_json(as_json([stored])) == (stored,)
    True
    """
    return tuple(Result(**each) for each in json.loads(text))


def _try(trial: Trial, *, n_agents: int, kind: Volumes, repeats: int, seed: int) -> Result:
    rng = np.random.default_rng([seed, crc32(trial.method.encode()), n_agents, list(Volumes).index(kind)])
    rows = volumes(rng, repeats=repeats, n_agents=n_agents, kind=kind, mean=N_ROWS)
    hits = trial.hits(rng, rows).astype(np.float64)
    shown = hits[~np.isnan(hits)]
    share = float(shown.mean())
    return Result(
        method=trial.method,
        volumes=kind.value,
        agents=n_agents,
        repeats=repeats,
        share=round(share, 5),
        standard_error=round((share * (1 - share) / len(shown)) ** 0.5, 5),
        bar=BARS[n_agents] if trial.most is None else trial.most,
        is_alarm=trial.most is not None,
        seed=seed,
    )


def _influence(rng: Generator, rows: Rows) -> Flags:
    drawn = influenced(rng, rows * 2, shadow_share=0.1)
    found = (difference_of_rates(k, n) for k, n in zip(drawn.k, drawn.n, strict=True))
    return _flags(each.low <= drawn.difference <= each.high for each in found)


def _effect_on_share(rng: Generator, rows: Rows) -> Flags:
    n = arms(rng, rows, by_agent=True)
    k = rng.binomial(n, rates(rng, rows, mean=0.15)[..., None])
    found = (difference_of_rates(*each) for each in zip(k, n, strict=True))
    return _flags(each.low <= 0 <= each.high for each in found)


def _handle_time(rng: Generator, rows: Rows) -> Flags:
    return _times_hold(rng, arms(rng, rows, by_agent=False))


def _handle_time_by_agent(rng: Generator, rows: Rows) -> Flags:
    return _times_hold(rng, arms(rng, rows, by_agent=True))


def _times_hold(rng: Generator, n: Rows) -> Flags:
    """All repeats draw agents by the same weights: they are chance of their own, apart from the desks'."""
    drawn = timed(rng, n)
    found = (effect_on_log(*each, seed=SEED).log for each in zip(drawn.total, drawn.n, strict=True))
    return _flags(each.low <= drawn.effect <= each.high for each in found)


def _median_time(rng: Generator, rows: Rows) -> Flags:
    """Of every quantile the median needs most from its histogram; fewer draws, for these cost more."""
    counts, edges, truth = binned(rng, arms(rng, rows, by_agent=False))
    found = (
        quantile_differences(each, edges, quantiles=[0.5], seed=SEED, n_draws=MEDIAN_DRAWS)[0][2]
        for each in counts
    )
    return _flags(each.low <= truth <= each.high for each in found)


def _median_of_all(rng: Generator, rows: Rows) -> Flags:
    counts, edges, _ = binned(rng, np.stack([rows, np.zeros_like(rows)], axis=-1))
    found = (
        quantiles_of(each, edges, quantiles=[0.5], seed=SEED, n_draws=MEDIAN_DRAWS)[0]
        for each in counts[:, :, 0]
    )
    return _flags(each.low <= LOG_MEDIAN <= each.high for each in found)


def _cuped(rng: Generator, rows: Rows) -> Flags:
    drawn = foretold(rng, arms(rng, rows, by_agent=False))
    sums = zip(drawn.n, drawn.y, drawn.x, drawn.xx, drawn.xy, drawn.yy, strict=True)
    found = (adjusted_effect(Sums(*each)).effect for each in sums)
    return _flags(each.low <= drawn.effect <= each.high for each in found)


def _compliers(rng: Generator, rows: Rows, *, by_agent: bool = False) -> Flags:
    """Not counted where nothing is told: if by chance those who look are in the other arm, or agents are few."""
    drawn = reached(rng, arms(rng, rows, by_agent=by_agent))
    found = (effect_on_compliers(*sums).effect for sums in zip(drawn.total, drawn.k, drawn.n, strict=True))
    return np.array([np.nan if each is None else _within(each, drawn.effect) for each in found])


def _within(estimate: Estimate, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


def _flags(each: Iterable[bool]) -> Flags:
    return np.fromiter(each, dtype=bool)


TRIALS = (
    Trial("difference of rates (influence, 10 % in the shadow)", _influence),
    Trial("difference of rates (agents assigned)", _effect_on_share),
    Trial("log handle time (cases assigned)", _handle_time),
    Trial("log handle time (agents assigned)", _handle_time_by_agent),
    Trial("median handle time (cases assigned)", _median_time),
    Trial("median handle time of all cases", _median_of_all),
    Trial("CUPED with interactions, CR2", _cuped),
    Trial("always-valid effect, 30 daily looks", peeking.effects, most=0.05),
    Trial("always-valid effect on a share, 30 daily looks", peeking.effects_on_shares, most=0.05),
    Trial("always-valid lower line of match rate, 30 daily looks", peeking.lower_lines, most=0.05),
    Trial("sequential sample ratio, 30 daily looks", peeking.sample_ratios, most=0.001),
    Trial("effect on cases seen (cases assigned), where it is told", _compliers),
    Trial("effect on cases seen (agents assigned), where it is told", partial(_compliers, by_agent=True)),
)
