"""Why accuracy offline and online differ: other questions, or other answers to the same (metrics section 10)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Gap:
    """`total` = offline less online accuracy = `mix` + `within`; of each topic its part of both, in the same order.

    `mix`: topics that are hard for the copilot come more often online. `within`: it is worse at the same topic.
    """

    total: float
    mix: float
    within: float
    mix_by_topic: tuple[float, ...]
    within_by_topic: tuple[float, ...]


def decompose(
    *, n_offline: ArrayLike, n_online: ArrayLike, accuracy_offline: ArrayLike, accuracy_online: ArrayLike
) -> Gap:
    """Part the gap by topic into mix and within (Oaxaca and Blinder 1973).

        mix = sum (w_off - w_on) a_off, within = sum w_on (a_off - a_on)

    `n_*` [topics] are rows, `w` their shares; `accuracy_*` [topics] shares that are right. Where a topic has no rows
    on a side its accuracy there is not used, and may be not a number: the other side's stands for it, so that all of
    a topic seen on one side only is mix. A single topic's mix is told against the accuracy of all, as
    (w_off - w_on) (a_off - A_off), which sums to the same.

    Raises:
        ValueError: arrays of different length, no rows on a side, or an accuracy not in 0 to 1 where there are rows.

    >>> gap = decompose(
    ...     n_offline=[50, 50], n_online=[20, 80], accuracy_offline=[0.9, 0.7], accuracy_online=[0.9, 0.6]
    ... )
    >>> round(gap.total, 2), round(gap.mix, 2), round(gap.within, 2)
    (0.14, 0.06, 0.08)
    """
    n_off, n_on, right_off, right_on = (
        np.asarray(each, dtype=np.float64)
        for each in (n_offline, n_online, accuracy_offline, accuracy_online)
    )
    if len({each.shape for each in (n_off, n_on, right_off, right_on)}) > 1 or n_off.ndim != 1:
        raise ValueError("gap by topic: give rows and accuracy of each topic, offline and online")
    if not (n_off.sum() > 0 and n_on.sum() > 0 and np.all(n_off >= 0) and np.all(n_on >= 0)):
        raise ValueError("gap: one side has no rows, so there is no gap to explain")
    right_off, right_on = (
        np.where(n_off > 0, right_off, right_on),
        np.where(n_on > 0, right_on, right_off),
    )
    seen = (n_off > 0) | (n_on > 0)
    right_off, right_on = np.where(seen, right_off, 0), np.where(seen, right_on, 0)
    if not np.all((right_off >= 0) & (right_off <= 1) & (right_on >= 0) & (right_on <= 1)):
        raise ValueError("gap by topic: each accuracy must lie between 0 and 1 where there are rows")
    share_off, share_on = n_off / n_off.sum(), n_on / n_on.sum()
    mix = (share_off - share_on) * (right_off - share_off @ right_off)
    within = share_on * (right_off - right_on)
    return Gap(
        total=float(share_off @ right_off - share_on @ right_on),
        mix=float(mix.sum()),
        within=float(within.sum()),
        mix_by_topic=tuple(mix.tolist()),
        within_by_topic=tuple(within.tolist()),
    )
