"""What match rate says of accuracy: a lower bound without labels of its own, and the sum it is a part of."""

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


def accuracy(*, match_rate: float, precision: float, right_without_match: float) -> float:
    """Return MR PPV + (1 - MR) FOR: right and matched, and right although the agent wrote something else.

    `right_without_match` is FOR, P(right | no match). All are shares.

    Raises:
        ValueError: a share not in 0 to 1.

    >>> round(accuracy(match_rate=0.7, precision=0.95, right_without_match=0.4), 3)
    0.785
    """
    for name, share in (
        ("match rate", match_rate),
        ("precision", precision),
        ("right without match", right_without_match),
    ):
        if not 0 <= share <= 1:
            raise ValueError(f"{name} {share}: it must lie between 0 and 1")
    return match_rate * precision + (1 - match_rate) * right_without_match


def prevalence(share_said: float, *, sensitivity: float, specificity: float) -> float:
    """Return the true share behind a judge's (Rogan and Gladen 1978): (q + sp - 1) / (se + sp - 1), held in 0 to 1.

    Only to check a corrected estimate against: it explodes where sensitivity and specificity sum to little more than 1.

    Raises:
        ValueError: the judge is no better than chance.

    >>> round(prevalence(0.75, sensitivity=0.9, specificity=0.8), 3)
    0.786
    """
    better_than_chance = sensitivity + specificity - 1
    if better_than_chance <= 0:
        raise ValueError(
            f"sensitivity {sensitivity} and specificity {specificity}: no better than chance, nothing can be corrected"
        )
    return min(1.0, max(0.0, (share_said + specificity - 1) / better_than_chance))
