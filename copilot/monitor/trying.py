"""The figures that pages show, tried on invented desks whose truth is known: what `simulate_coverage` runs.

Estimates from labels are more than their interval: how labels are weighted, parted and clustered decides whether it
holds. So drawn turns and labels are handed to the very functions that the page Accuracy calls.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from copilot.models import Arm, Match
from copilot.monitor.correcting import by_prediction, by_strata, share_right
from copilot.monitor.estimates import bound
from copilot.monitor.figures import Figure
from copilot.monitor.labels import Label
from copilot.monitor.match_rates import match_rate
from copilot.monitor.reading import Agents
from copilot.statistics import coverage
from copilot.statistics.coverage import Flags, Rows, Trial
from copilot.statistics.worlds import RIGHT, Generator, Judged, judged, rates

ARMS = (Arm.SHADOW, Arm.OFFER)
KINDS = (Match.Kind.NEAR, Match.Kind.CONFLICT, Match.Kind.NONE)
WEEK = date(2026, 1, 5)
TURNS = 4  # times as many as in other trials: a part of them is labelled
Desk = tuple[list[Label], Mapping[str, Agents]]


def _match_rate(rng: Generator, rows: Rows) -> Flags:
    k = rng.binomial(rows, rates(rng, rows, mean=0.7))
    figures = (
        match_rate("", _agents(n_matches=of, n_compared=n), version="") for of, n in zip(k, rows, strict=True)
    )
    return np.array([_covers(figure, 0.7) for figure in figures])


def _labels_alone(rng: Generator, rows: Rows) -> Flags:
    drawn = judged(rng, rows * TURNS)
    return _covered(drawn, lambda labels, _: share_right("", labels), drawn.right)


def _precision(rng: Generator, rows: Rows) -> Flags:
    return _covered(judged(rng, rows * TURNS), lambda labels, _: _of_matches(labels), float(RIGHT[0]))


def _of_matches(labels: list[Label]) -> Figure:
    return share_right("", [label for label in labels if label.is_match])


def _post_stratified(rng: Generator, rows: Rows) -> Flags:
    drawn = judged(rng, rows * TURNS)
    return _covered(drawn, by_strata, drawn.right_here)


def _prediction_powered(rng: Generator, rows: Rows) -> Flags:
    drawn = judged(rng, rows * TURNS)
    return _covered(drawn, lambda labels, arms: by_prediction(labels, arms)[0], drawn.right)


def _bound(rng: Generator, rows: Rows) -> Flags:
    """Held against the product itself: as if nobody were right without a match, so that there is nothing to spare."""
    drawn = judged(rng, rows * TURNS)
    truth = drawn.match_rate * float(RIGHT[0])
    lines = (bound(labels, arms[Arm.SHADOW], version="").value for labels, arms in _desks(drawn))
    return np.array([np.nan if line is None else float(line <= truth) for line in lines])


def _covered(
    drawn: Judged,
    figure_of: Callable[[list[Label], Mapping[str, Agents]], Figure],
    truth: float | NDArray[np.float64],
) -> Flags:
    truths = np.broadcast_to(truth, len(drawn.turns)).tolist()
    return np.array(
        [_covers(figure_of(*desk), true) for desk, true in zip(_desks(drawn), truths, strict=True)]
    )


def _covers(figure: Figure, truth: float) -> float:
    """Whether the figure's interval covers the truth; not a number where it has none."""
    if figure.low is None or figure.high is None:
        return np.nan
    return float(figure.low <= truth <= figure.high)


def _desks(drawn: Judged) -> Iterator[Desk]:
    """Return the labels and the turns by arm of each repeat, as the page reads them."""
    for turns, labelled, chance in zip(drawn.turns, drawn.labelled, drawn.chance, strict=True):
        labels: list[Label] = []
        for agent, arm, kind, sureness, right in np.argwhere(labelled).tolist():
            label = Label(
                WEEK,
                ARMS[arm],
                KINDS[kind],
                "",
                agent,
                float(chance[arm, kind, sureness]),
                float(right),
                None,
            )
            labels += [label] * int(labelled[agent, arm, kind, sureness, right])
        n = turns.sum(axis=(3, 4))
        arms = {
            arm.value: _agents(
                n_compared=of.sum(axis=1), n_matches=of[:, 0], n_conflict=of[:, 1], n_none=of[:, 2]
            )
            for arm, of in zip(ARMS, np.moveaxis(n, 1, 0), strict=True)
        }
        yield labels, arms


def _agents(**counts: Rows) -> Agents:
    [n_agents] = {len(each) for each in counts.values()}
    return Agents(np.arange(n_agents), counts)


TRIALS = (
    Trial("match rate", _match_rate),
    Trial("labels alone, weighted", _labels_alone),
    Trial("labels of matches (PPV), weighted", _precision),
    Trial("corrected, post-stratified (of these very turns)", _post_stratified),
    Trial("corrected, PPI++", _prediction_powered),
    Trial("bound L(MR) x L(PPV), one-sided", _bound),
    *coverage.TRIALS,
)
