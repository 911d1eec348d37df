"""What an experiment can see: the least effect it finds with its cases, or the cases it needs for an effect.

Plain numbers in, plain numbers out, for a page that says "with 10 % held out, 1,400 cases a week see an effect of 8 %".
"""

import math

from scipy.special import ndtri


def needed_n(
    effect: float,
    *,
    sd: float,
    shares: tuple[float, float] = (0.5, 0.5),
    alpha: float = 0.05,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> int:
    """Return how many cases both arms need together to find an effect in so many of experiments.

    n = (z_(1-alpha/2) + z_power)^2 sd^2 (1/s_1 + 1/s_2) / effect^2 times the design effect of clusters; `effect` and
    `sd` in one unit (for log handle time both are logs), `shares` of the two arms.

    Raises:
        ValueError: an effect of 0, or other numbers out of their range.

    >>> needed_n(math.log(0.9), sd=0.8), needed_n(math.log(0.9), sd=0.8, shares=(0.1, 0.9))
    (1811, 5028)
    """
    if effect == 0:
        raise ValueError("effect 0: no number of cases finds what is not there, give the least that matters")
    found = _constant(sd, shares, alpha, power, design_effect) / effect**2
    return math.ceil(found - 1e-9)


def least_effect(
    n: float,
    *,
    sd: float,
    shares: tuple[float, float] = (0.5, 0.5),
    alpha: float = 0.05,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> float:
    """Return the least effect that n cases of both arms find in so many of experiments, in the unit of sd; above 0.

    Raises:
        ValueError: no cases, or other numbers out of their range.

    >>> round(1 - math.exp(-least_effect(1810, sd=0.8)), 3)  # of handle time, as a share
    0.1
    """
    if not n > 0:
        raise ValueError("least effect of no cases: there is none, show why there are none instead")
    return math.sqrt(_constant(sd, shares, alpha, power, design_effect) / n)


def adjusted_sd(sd: float, *, correlation: float) -> float:
    """Return what is left of a standard deviation after adjusting for a covariate: sd sqrt(1 - correlation^2).

    >>> round(adjusted_sd(0.8, correlation=0.6), 2)
    0.64
    """
    if not -1 <= correlation <= 1:
        raise ValueError(f"correlation {correlation}: it must lie between -1 and 1")
    return sd * math.sqrt(1 - correlation**2)


def _constant(
    sd: float, shares: tuple[float, float], alpha: float, power: float, design_effect: float
) -> float:
    if not (sd > 0 and design_effect > 0):
        raise ValueError(f"standard deviation {sd} and design effect {design_effect}: both must be above 0")
    if not (0 < alpha < 1 and 0 < power < 1):
        raise ValueError(f"alpha {alpha} and power {power}: both must lie between 0 and 1")
    first, second = shares
    if not (first > 0 and second > 0 and first + second <= 1 + 1e-9):
        raise ValueError(f"shares {first} and {second}: both must be above 0 and sum to at most 1")
    z = float(ndtri(1 - alpha / 2) + ndtri(power))
    return z**2 * sd**2 * (1 / first + 1 / second) * design_effect
