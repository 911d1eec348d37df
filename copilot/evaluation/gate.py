"""The gate: may a candidate take the live release's place? Pure, and in words.

Both ran over the same test split, row by row. A candidate passes when we may be sure, within stated margins, that
nobody is served worse: it need not be better, for new labels, topics or answers are reasons of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from copilot.evaluation.backtest import Rate
from copilot.evaluation.comparison import Calibration, Compared, Comparison
from copilot.evaluation.paired import Difference

# The figures that may not get worse, each by at most MARGIN; the one-sided 95 % bound of the difference decides.
# "misled" and "answered" are shares of all rows and of questions, so that offering less is no way around them.
GATED = ("recognised", "topic", "answered", "misled")
MARGIN = 0.03
FEWEST_ROWS = 100  # a smaller test split could hardly show a loss
CLASS_LOSS = 0.03  # what no class may lose by itself, whatever chance does
FEWEST_OF_CLASS = 30  # a smaller class says too little by itself
CALIBRATION_MARGIN = 0.02  # on top of the live one's calibration error
SLOWEST_MS = 25.0  # 95 of 100 questions are decided within this, or ...
SLOWER = 1.5  # ... within so many times what the live release needs


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what was found."""

    passed: bool
    text: str


def check(comparison: Comparison) -> tuple[Finding, ...]:
    """Look at everything; a candidate passes if every finding does."""
    return (
        _enough_rows(comparison),
        *(_not_worse(comparison.of(name)) for name in GATED),
        *_classes(comparison),
        _calibrated(*comparison.calibration),
        _fast_enough(comparison),
    )


def unseen(live: Rate, candidate: Rate, difference: Difference) -> Finding:
    """Look at replies to turns of which nobody saw a suggestion: a dataset's figures may rise while those fall.

    It is refused when the match rate has surely fallen, for few turns leave it wide open.
    """
    told = f"replies by agents who saw no suggestion match: {live} now, {candidate} with the candidate"
    if difference.upper >= 0:
        return Finding(True, told)
    return Finding(
        False, f"{told}: agents write less often what it suggests, whatever the dataset says of it"
    )


def nothing_to_lose(error: Exception) -> Finding:
    """Say why a live release that can't be loaded is no reason to keep it."""
    return Finding(True, f"the live release can't be loaded, so anything is better: {error}")


def _enough_rows(comparison: Comparison) -> Finding:
    passed = comparison.n >= FEWEST_ROWS
    told = f"{comparison.n} rows of the test split were compared"
    if comparison.n_left_out:
        told += f", {comparison.n_left_out} were left out because a release has learned from them or they are retired"
    hint = "" if passed else f": fewer than {FEWEST_ROWS} can't show a loss, compare on a larger dataset"
    return Finding(passed, told + hint)


def _not_worse(compared: Compared) -> Finding:
    label = compared.figure.label
    if compared.difference is None:
        is_new = compared.old.interval is None and compared.new.interval is None
        return Finding(is_new, f"{label}: no rows to compare")
    difference = compared.difference
    loss = -difference.lower if compared.figure.more_is_better else difference.upper
    told = f"{label}: {compared.old} now, {compared.new} with the candidate; {compared.in_words}"
    if loss <= MARGIN:
        return Finding(True, told)
    return Finding(
        False, f"{told}: it may be worse by {100 * loss:.1f} points, {100 * MARGIN:.0f} are allowed"
    )


def _classes(comparison: Comparison) -> Iterator[Finding]:
    """One finding for each class that lost too much, or one for all."""
    counted = {name: rates for name, rates in comparison.classes.items() if rates[0].n >= FEWEST_OF_CLASS}
    lost = False
    for name, (old, new) in counted.items():
        loss = (old.k - new.k) / old.n
        if loss > CLASS_LOSS:
            lost = True
            yield Finding(
                False,
                f"class {name} loses {100 * loss:.1f} points ({old.k} of {old.n} right now, {new.k} with the "
                f"candidate), {100 * CLASS_LOSS:.0f} are allowed",
            )
    if not lost:
        yield Finding(
            True,
            f"no class with at least {FEWEST_OF_CLASS} rows ({len(counted)} of {len(comparison.classes)}) loses more "
            f"than {100 * CLASS_LOSS:.0f} points",
        )


def _calibrated(old: Calibration | None, new: Calibration | None) -> Finding:
    if new is None:
        return Finding(old is None, "confidence: the candidate ranks no answer, so there is nothing to judge")
    told = (
        f"confidence is off by {100 * new.error:.1f} points on average "
        f"(up to {100 * new.null.upper:.1f} are chance, n = {new.n})"
    )
    if new.error <= new.null.upper or (old and new.error <= old.error + CALIBRATION_MARGIN):
        return Finding(True, told)
    now = f"{100 * old.error:.1f} now" if old else "unknown now"
    return Finding(False, f"{told}, {now}: confidence would mislead agents, calibrate on more labels")


def _fast_enough(comparison: Comparison) -> Finding:
    old, new = (latency.get("all") for latency in comparison.latency)
    if not new:
        return Finding(False, "latency was not measured: evaluate the candidate again")
    bound = max(SLOWEST_MS, SLOWER * old[1] if old else 0.0)
    told = f"95 of 100 questions are decided within {new[1]:.1f} ms (bound {bound:.1f} ms)"
    return Finding(new[1] <= bound, told)
