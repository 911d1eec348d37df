"""Whether chance divided an experiment's cases as planned, looked at each week, and what mixed its variants since."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from copilot import contamination
from copilot.experiments import MILLION
from copilot.models import Contamination, Experiment, Variant
from copilot.monitor.case_reading import Array, Weeks
from copilot.statistics.sample_ratio import ALARM, is_mismatch, log_bayes_factor

Unit = Experiment.Unit
Kind = Contamination.Kind
UNITS = {Unit.CASE: "cases", Unit.AGENT: "agents", Unit.AGENT_WEEK: "agents and weeks"}
CHECK = (
    "Look whether every channel opens cases through the intake, whether cases were deleted or merged in bulk, whether "
    "cases of one variant were taken out since its release failed, and whether an import ran when the experiment was "
    "started. Then end it and make a new one: what was lost can't be put back."
)
MIXED = {
    Kind.SAME_CUSTOMER: "Customers with open cases that were treated differently: {n:,}. They may tell them apart.",
    Kind.TWO_READERS: "Suggestions that agents of two variants worked on: {n:,}.",
    Kind.MERGED: "Cases merged with one that was treated differently: {n:,}. Each counts once, under the variant of "
    "the case that was kept.",
    Kind.HIDDEN_REPORTED: "Pages that reported to have shown what is hidden: {n:,}. Find out which door is open.",
}
CROSSED = (
    "Agents who answered cases of more than one variant: {n:,}. Each was meant to have one for good: find out how they "
    "came by another before you believe an effect."
)
BY_DESIGN = {
    Unit.CASE: "Agents answer cases of every variant, since cases are divided. What they learn in one they use in the "
    "other, so that the true effect is rather larger; an experiment that divides agents would show by how much.",
    Unit.AGENT_WEEK: "Agents change variants from week to week, since that is what is divided. What they learn in one "
    "week they use in the next, so that the true effect is rather larger.",
}


@dataclass(frozen=True)
class Division:
    """Whether each variant got its share; `told` says it in words, with what to check where it did not.

    `attrition` warns where the cases that were closed are divided otherwise than those that were opened.
    """

    is_mismatch: bool
    told: str
    attrition: str = ""


def division(experiment: Experiment, weeks: Weeks) -> Division:
    """Return how an experiment's units were divided, from its figures by week and agent.

    The more often it is looked, the sooner a mismatch is found; it is never found falsely for that.
    """
    variants = list(experiment.variants.all())
    opened = weeks["n_cases"].sum(axis=2) if experiment.unit == Unit.CASE else _agents(weeks, experiment)
    unit = UNITS[Unit(experiment.unit)]
    looks = _looks(opened, weeks, variants)
    if not looks or not sum(looks[-1]):
        return Division(False, f"No {unit} have been divided yet, so there is nothing to check.")
    shares = [variant.share / MILLION for variant in variants]
    is_wrong = is_mismatch(looks, shares)
    told = _told(looks[-1], shares, variants, unit, is_wrong)
    if is_wrong or experiment.unit != Unit.CASE:
        return Division(is_wrong, told)
    return Division(is_wrong, told, _attrition(weeks, variants, shares))


def mixed(experiment: Experiment, weeks: Weeks) -> list[str]:
    """Say what made the variants more alike than they should be; each kind that was noted in a sentence.

    That an agent has more than one variant is such a thing only where agents are divided: elsewhere it is by design.
    """
    counts = contamination.count_of(experiment)
    told = [sentence.format(n=counts[kind]) for kind, sentence in MIXED.items() if counts[kind]]
    is_there = weeks["n_rows"].sum(axis=0)[:, weeks.people] > 0
    n_crossed = int((is_there.sum(axis=0) > 1).sum())
    return [*told, CROSSED.format(n=n_crossed)] if n_crossed and experiment.unit == Unit.AGENT else told


def _told(
    total: Sequence[int], shares: Sequence[float], variants: Sequence[Variant], unit: str, is_wrong: bool
) -> str:
    found = ", ".join(
        f"{variant.name} {n:,} ({n / sum(total):.1%}, planned {share:.1%})".replace("%", "\u00a0%")
        for variant, n, share in zip(variants, total, shares, strict=True)
    )
    if is_wrong:
        return f"The {unit} do not lie in the planned shares: {found}. Results are hidden. {CHECK}"
    factor = math.exp(min(float(log_bayes_factor(total, shares)), 50))
    return (
        f"The {unit} lie in the planned shares: {found}. Looked at week by week, other shares would explain them "
        f"{factor:.2g} times as well; from {ALARM:,.0f} times on results are hidden."
    )


def _attrition(weeks: Weeks, variants: Sequence[Variant], shares: Sequence[float]) -> str:
    """Warn where closed cases lie in other shares; asked of weeks whose cases are all closed or censored."""
    is_done = (weeks["n_cases"] - weeks["n_decided"]).sum(axis=(1, 2)) == 0
    looks = _looks(weeks["n_closed"].sum(axis=2)[is_done], weeks, variants)
    if not looks or not sum(looks[-1]) or not is_mismatch(looks, shares):
        return ""
    return (
        "Within seven days more cases of one variant are closed than of another. Times are known of closed cases only, "
        "so that they compare different cases: read them with care."
    )


def _agents(weeks: Weeks, experiment: Experiment) -> Array:
    """Count the agents of each variant in the week of their first case, or in each week anew [weeks, variants]."""
    is_there = weeks["n_rows"][:, :, weeks.people] > 0
    if experiment.unit == Unit.AGENT:
        is_there &= is_there.cumsum(axis=0) == 1
    return np.asarray(is_there.sum(axis=2), np.float64)


def _looks(counts: Array, weeks: Weeks, variants: Sequence[Variant]) -> list[list[int]]:
    """Return how many units each variant had after each week, from counts [weeks, variants]."""
    so_far = counts.cumsum(axis=0).astype(int)
    at = {variant: place for place, variant in enumerate(weeks.variants)}
    return [[int(row[at[each.pk]]) if each.pk in at else 0 for each in variants] for row in so_far]
