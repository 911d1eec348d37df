"""Accuracy from labels: what the judged turns say of all turns they were drawn from (metrics sections 4 and 5)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from copilot.models import Match
from copilot.monitor.figures import Figure
from copilot.monitor.labels import Label
from copilot.monitor.match_rates import Count, compared, matched
from copilot.monitor.reading import Agents
from copilot.monitor.shares import FEWEST, FEWEST_AGENTS, design_effect
from copilot.statistics.corrected import post_stratified
from copilot.statistics.intervals import Interval, clustered_rate
from copilot.statistics.prediction_powered import (
    Corrected,
    Judged,
    Labelled,
    clustered_prediction_powered,
)
from copilot.statistics.weighting import effective_weights

FEWEST_LABELS = 100  # below, the corrected intervals are too short (metrics section 5)
LEAST_OF_STRATUM = 2
OUTCOMES: Mapping[str, Count] = {
    "match": matched,
    "conflict": lambda agents: agents[f"n_{Match.Kind.CONFLICT}"],
    "none": lambda agents: agents[f"n_{Match.Kind.NONE}"],
}
Arms = Mapping[str, Agents]
Key = Callable[[str, str], tuple[str, ...]]
Value = Callable[[Label], float]
# How finely turns are parted, by arm and outcome: the first of which every part that has turns has labels.
LEVELS: tuple[Key, ...] = (
    lambda arm, outcome: (arm, outcome),
    lambda arm, outcome: (arm, "match" if outcome == "match" else "other"),
    lambda arm, outcome: ("match" if outcome == "match" else "other",),
    lambda arm, outcome: (),
)


@dataclass(frozen=True)
class Weighted:
    """Labels with their weights, which sum to what the labels are worth."""

    labels: Sequence[Label]
    weights: Sequence[float]

    @property
    def n(self) -> float:
        return sum(self.weights)

    def sum(self, value: Value) -> float:
        pairs = zip(self.labels, self.weights, strict=True)
        return min(self.n, sum(weight * value(label) for label, weight in pairs))

    def by_agent(self, value: Value) -> tuple[list[float], list[float]]:
        """Return by agent what labels amount to in a value, and what they are worth."""
        k: defaultdict[int, float] = defaultdict(float)
        n: defaultdict[int, float] = defaultdict(float)
        for label, weight in zip(self.labels, self.weights, strict=True):
            k[label.agent] += weight * value(label)
            n[label.agent] += weight
        return list(k.values()), list(n.values())

    def share(self, value: Value, *, last_deff: float | None = None) -> Interval:
        """Return the share of all turns these labels stand for; labels of one agent resemble each other."""
        return clustered_rate(*self.by_agent(value), last_deff=last_deff)


def weighted(labels: Sequence[Label]) -> Weighted:
    """Weight labels by the inverse of their chance to be drawn."""
    return Weighted(labels, effective_weights([label.probability for label in labels]).tolist())


def said(labels: Sequence[Label]) -> list[Label]:
    """Return the labels of which somebody could say whether the suggestion was right."""
    return [label for label in labels if label.right is not None]


def share_right(
    name: str,
    labels: Sequence[Label],
    *,
    of_reply: bool = False,
    deff: float | None = None,
    version: str = "",
) -> Figure:
    """Return the share of these turns whose suggestion (or reply) is right: labels alone, weighted back.

    `deff` is the design effect of all labels, for groups that are all alike and so tell none.
    """
    known = [label for label in labels if (label.reply_right if of_reply else label.right) is not None]
    bare = Figure(name, len(known), n_agents=len({label.agent for label in known}), version=version)
    if why := why_not(known):
        return replace(bare, note=why)
    found = interval_of(known, of_reply=of_reply, deff=deff)
    care = "; few agents, or all labels alike: take the interval with care" if found.few_agents else ""
    return replace(
        bare, value=found.estimate, low=found.low, high=found.high,
        note=f"worth {found.n_effective:.0f} independent labels of equal weight{care}",
        method=f"{found.method}, weighted (Hájek)",
    )  # fmt: skip


def interval_of(labels: Sequence[Label], *, of_reply: bool = False, deff: float | None = None) -> Interval:
    """Return the weighted share of these labels that is right, agents as clusters; `deff` as `share_right` takes it."""
    return weighted(labels).share(_reply_right if of_reply else _right, last_deff=deff)


def deff_of_labels(labels: Sequence[Label]) -> float | None:
    """Return how much agents differ in how often they are right over all labels; None where these don't tell."""
    return design_effect(*weighted(said(labels)).by_agent(_right))


def by_strata(labels: Sequence[Label], arms: Arms, *, version: str = "") -> Figure:
    """Return the post-stratified estimate: labels of each arm and outcome stand for all its turns."""
    name = "Corrected, post-stratified"
    known = said(labels)
    if why := _too_few(known) or why_not(known):
        return Figure(name, len(known), note=why, version=version)
    parts, rows = _parted(known, arms)
    strata = [weighted(parts[key]) for key in rows]
    found = post_stratified(
        k=[stratum.sum(_right) for stratum in strata],
        n=[stratum.n for stratum in strata],
        population=[max(n, len(parts[key])) for key, n in rows.items()],
    )
    return _figure(
        name,
        known,
        found,
        version,
        note="speaks of the labelled weeks' very turns: where all are judged, no doubt is left",
    )


def by_prediction(
    labels: Sequence[Label], arms: Arms, *, version: str = ""
) -> tuple[Figure, Corrected | None]:
    """Return the PPI++ estimate: the match speaks of every turn, labels put it right; by arm, agents as clusters."""
    name = "Corrected, PPI++"
    known = said(labels)
    if why := _too_few(known) or why_not(known):
        return Figure(name, len(known), note=why, version=version), None
    of_arm = {arm: [label for label in known if label.arm == arm] for arm in arms}
    filled = {arm: agents for arm, agents in arms.items() if compared(agents).any()}
    for arm, of in filled.items():
        if not LEAST_OF_STRATUM <= len(of_arm[arm]) <= compared(of).sum():
            why = f"{len(of_arm[arm])} labels of the {compared(of).sum()} turns in the arm {arm}"
            return Figure(name, len(known), note=f"{why}: no estimate", version=version), None
    agents = sorted(
        {*chain(*(of.hashes.tolist() for of in filled.values()))} | {label.agent for label in known}
    )
    place = {agent: at for at, agent in enumerate(agents)}
    every, told = np.zeros((2, len(agents), len(filled))), np.zeros((4, len(agents), len(filled)))
    for at, (arm, of) in enumerate(filled.items()):
        every[:, [place[agent] for agent in of.hashes.tolist()], at] = compared(of), matched(of)
        rows = weighted(of_arm[arm])
        for label, weight in zip(rows.labels, rows.weights, strict=True):
            right, match = label.right or 0.0, float(label.is_match)
            told[:, place[label.agent], at] += weight * np.array([1.0, right, match, right * match])
    found = clustered_prediction_powered(
        Judged(n=every[0], f=every[1], ff=every[1]),
        Labelled(n=told[0], y=told[1], f=told[2], ff=told[2], yf=told[3]),
    )
    return _figure(name, known, found.interval, version, note="speaks of agents and turns like these"), found


def _parted(
    labels: Sequence[Label], arms: Arms
) -> tuple[dict[tuple[str, ...], list[Label]], dict[tuple[str, ...], int]]:
    """Return labels and numbers of turns by stratum, as finely as labels allow."""
    for key in LEVELS:
        parts: defaultdict[tuple[str, ...], list[Label]] = defaultdict(list)
        for label in labels:
            parts[key(label.arm, _outcome(label))].append(label)
        rows: defaultdict[tuple[str, ...], int] = defaultdict(int)
        for arm, agents in arms.items():
            for outcome, count in OUTCOMES.items():
                rows[key(arm, outcome)] += int(count(agents).sum())
        filled = {stratum: n for stratum, n in rows.items() if n or parts[stratum]}
        if all(weighted(parts[stratum]).n >= LEAST_OF_STRATUM for stratum in filled):
            break
    return parts, filled


def _outcome(label: Label) -> str:
    return "match" if label.is_match else str(label.kind)


def _right(label: Label) -> float:
    return label.right or 0.0


def _reply_right(label: Label) -> float:
    return label.reply_right or 0.0


def _figure(name: str, labels: Sequence[Label], found: Interval, version: str, *, note: str) -> Figure:
    note = f"{note}; few agents: take the interval with care" if found.few_agents else note
    n_agents = len({label.agent for label in labels})
    return Figure(
        name, len(labels), found.estimate, found.low, found.high, n_agents=n_agents, note=note, method=found.method,
        version=version,
    )  # fmt: skip


def _too_few(labels: Sequence[Label]) -> str:
    n = len(labels)
    return f"{n} labels: {FEWEST_LABELS} are needed" if n < FEWEST_LABELS else ""


def why_not(labels: Sequence[Label]) -> str:
    """Say why labels give no figure; nothing where they do."""
    if len(labels) < FEWEST:
        return f"fewer than {FEWEST} labels: too few to say"
    if len({label.agent for label in labels}) < FEWEST_AGENTS:
        return f"fewer than {FEWEST_AGENTS} agents: not shown"
    return ""
