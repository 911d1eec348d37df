"""The least closeness at which a reply in other words counts as a match: chosen on labelled pairs, per language.

What a floor must promise is the precision of the class SEMANTIC as it comes out of `compare`: of the pairs that words
alone do not match and whose facts agree, those at or above the floor. Its Wilson lower bound must reach 0.90, on 300
labelled pairs or more. The pairs that chose it flatter it, so that the other half judges it, and pages show both. The
precision holds for pairs as mixed as the labelled ones; where agents change their minds more often, it is lower.

Measured with all-MiniLM-L6-v2: English has a floor of 0.84, at which 35 of 35 pairs of the choosing half are right.
That is careful to the point of silence: of the 76 pairs of the judging half that mean the same it finds none. There
the veto speaks on 38 of 40 changed facts, but also on 48 of those 76, mostly over negations said otherwise. So a match
rate hardly grows by semantic matches, and stays a lower bound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from copilot.matching.closeness import closeness, sentences_of
from copilot.matching.comparing import MatchKind, compare
from copilot.matching.pairs import Label, Pair
from copilot.pipeline.types import Vectors
from copilot.statistics.intervals import wilson

PRECISION = 0.90
LEAST_PAIRS = 300  # labelled, of the choosing half
LEAST_ABOVE = 35  # with fewer, not even a faultless floor reaches the bound


@dataclass(frozen=True)
class Scored:
    """A labelled pair with its closeness. `kind` is what it is called if that is high enough."""

    pair: Pair
    closeness: float
    kind: MatchKind

    @property
    def means_same(self) -> bool:
        return self.pair.label is Label.SAME


@dataclass(frozen=True)
class Floor:
    """A floor with what it rests on; `floor` is None where the pairs allow none, and `reason` says why."""

    language: str
    n_pairs: int
    floor: float | None = None
    n_above: int = 0
    n_right: int = 0
    low: float | None = None
    high: float | None = None
    reason: str = ""


def score(
    pairs: Sequence[Pair], encode: Callable[[Sequence[str]], Vectors], *, terms: frozenset[str] = frozenset()
) -> list[Scored]:
    """Return each pair with the closeness of its bodies, and its kind if that were high enough."""
    found = closeness([(sentences_of(pair.suggested), sentences_of(pair.sent)) for pair in pairs], encode)
    return [
        Scored(
            pair=pair,
            closeness=close,
            kind=compare(pair.suggested, pair.sent, terms=terms, closeness=1.0, semantic_floor=0.0).kind,
        )
        for pair, close in zip(pairs, found, strict=True)
    ]


def choose_floor(scored: Sequence[Scored], *, language: str) -> Floor:
    """Return the lowest floor whose precision is at least 0.90 by Wilson's lower bound, for one language.

    A closeness that several pairs share is taken with all of them or not at all.
    """
    ours = [each for each in scored if each.pair.language == language]
    if len(ours) < LEAST_PAIRS:
        reason = f"only {len(ours)} labelled pairs: at least {LEAST_PAIRS} are needed"
        return Floor(language, len(ours), reason=reason)
    found = Floor(language, len(ours))
    n_right, best_low = 0, 0.0
    reached = sorted(
        (each for each in ours if each.kind is MatchKind.SEMANTIC), key=lambda each: -each.closeness
    )
    for n_above, each in enumerate(reached, start=1):
        n_right += each.means_same
        if n_above < len(reached) and reached[n_above].closeness == each.closeness:
            continue
        interval = wilson(n_right, n_above)
        best_low = max(best_low, interval.low)
        if interval.low >= PRECISION:
            found = Floor(language, len(ours), each.closeness, n_above, n_right, interval.low, interval.high)
    if found.floor is not None:
        return found
    if len(reached) < LEAST_ABOVE:
        reason = f"only {len(reached)} pairs whose facts agree: at least {LEAST_ABOVE} are needed"
    else:
        reason = (
            f"no floor is precise enough: the best lower bound is {best_low:.2f}, {PRECISION:.2f} is needed"
        )
    return Floor(language, len(ours), reason=reason)


@dataclass(frozen=True)
class Judgment:
    """How a floor does on pairs that it was not chosen on.

    `n_found` are SEMANTIC at this floor and `n_right` of them mean the same, of `n_same` that do. The veto is right
    where it speaks on a changed fact (`n_vetoed` of `n_changed`) and is silent on the same meaning (all but
    `n_vetoed_same`).
    """

    n_found: int
    n_right: int
    n_same: int
    n_changed: int
    n_vetoed: int
    n_vetoed_same: int


def judge(scored: Sequence[Scored], *, language: str, floor: float | None) -> Judgment:
    """Return how a floor does on the pairs of one language; without one nothing is found."""
    ours = [each for each in scored if each.pair.language == language]
    found = [
        each
        for each in ours
        if each.kind is MatchKind.SEMANTIC and floor is not None and each.closeness >= floor
    ]
    changed = [each for each in ours if each.pair.label is Label.CHANGED]
    same = [each for each in ours if each.means_same]
    return Judgment(
        n_found=len(found),
        n_right=sum(each.means_same for each in found),
        n_same=len(same),
        n_changed=len(changed),
        n_vetoed=sum(each.kind is MatchKind.CONFLICT for each in changed),
        n_vetoed_same=sum(each.kind is MatchKind.CONFLICT for each in same),
    )
