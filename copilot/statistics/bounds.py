"""What match rate says of accuracy: a lower bound."""

from dataclasses import dataclass, replace

from copilot.statistics.intervals import Interval, clopper_pearson


@dataclass(frozen=True)
class Bound:
    """Accuracy is at least `low`, said with one less twice the error of one limit; `estimate` is the product itself."""

    low: float
    estimate: float
    match_rate: Interval
    precision: Interval


def accuracy_bound(match_rate: Interval, precision: Interval) -> Bound:
    """Return the lower bound L(MR) L(PPV) on accuracy (metrics section 4).

    `match_rate` is the shadow arm's, `precision` (PPV) the share of matches whose suggestion was right, both with their
    intervals. Accuracy = MR PPV + (1 - MR) FOR is at least MR PPV. Each lower limit fails on its side in half of the
    cases its interval may fail in, so from two intervals of 95 % the bound holds in at least 95 % (Bonferroni).

    Precision is high and its labels are few: Wilson's lower limit is then too high in up to 5.7 % (of five labels), so
    it is Clopper and Pearson's on what they are worth.

    >>> from copilot.statistics.intervals import wilson
    >>> round(accuracy_bound(wilson(700, 1000), wilson(95, 100)).low, 3)
    0.595
    """
    n = precision.n_effective
    exact = replace(clopper_pearson(precision.estimate * n, n), n=precision.n)
    return Bound(
        low=match_rate.low * exact.low,
        estimate=match_rate.estimate * precision.estimate,
        match_rate=match_rate,
        precision=exact,
    )
