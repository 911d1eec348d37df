"""How many turns of which kind are drawn, so that few labels tell most (pure).

What is rare or doubtful is drawn more often than the rest, at a known rate, so that it can be weighted back: replies
that say something else than the suggestion, suggestions of low confidence, and the few that nobody saw.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from copilot.judging import ComparedTurn
from copilot.models import Arm, Match

LOW = 0.8  # confidence below which more is wrong
TIMES_SHADOW, TIMES_LOW = 4.0, 1.5  # as often as others
TIMES_KIND = {Match.Kind.NONE: 2.0, Match.Kind.CONFLICT: 4.0}
LEAST = 2.0  # turns to expect of a stratum; smaller ones are put together, or chance would pass them by

Key = Callable[[ComparedTurn], tuple[str, ...]]


@dataclass(frozen=True)
class Stratum:
    """Turns of which n are drawn, each as likely as the others."""

    name: str
    turns: tuple[ComparedTurn, ...]
    n: int

    @property
    def probability(self) -> float:
        return self.n / len(self.turns)


def stratify(turns: Sequence[ComparedTurn], *, size: int) -> list[Stratum]:
    """Part turns by arm, match kind, confidence and topic, and say how many to draw of each part; about `size` in all.

    Parts of which too few would be drawn are joined: first topics, then confidences, at last kinds. Of each at least
    one turn is drawn, so that every turn has its chance.

    >>> turns = [ComparedTurn(n, "offer", "none" if n % 4 == 0 else "exact", "fees", 0.9) for n in range(80)]
    >>> [(stratum.name, stratum.n, len(stratum.turns)) for stratum in stratify(turns, size=20)]
    [('offer exact sure fees', 12, 60), ('offer none sure fees', 8, 20)]
    """
    rates = rates_of(turns, size=size)
    found: list[Stratum] = []
    left = list(turns)
    for number, key in enumerate(KEYS, start=1):
        parts: defaultdict[tuple[str, ...], list[ComparedTurn]] = defaultdict(list)
        for turn in left:
            parts[key(turn)].append(turn)
        left = []
        for name, part in sorted(parts.items()):
            expected = sum(rates[turn.suggestion_id] for turn in part)
            if expected < LEAST and number < len(KEYS):
                left += part
                continue
            n = min(len(part), max(1, round(expected)))
            found.append(Stratum(" ".join(name), tuple(part), n))
    return found


def rates_of(turns: Sequence[ComparedTurn], *, size: int) -> dict[int, float]:
    """Return how likely each turn should be drawn: as the times say among each other, at most 1, `size` in sum.

    >>> turns = [ComparedTurn(1, "offer", "exact", "", 0.9), ComparedTurn(2, "offer", "none", "", 0.9)]
    >>> rates_of(turns, size=1)
    {1: 0.3333333333333333, 2: 0.6666666666666666}
    """
    times = {turn.suggestion_id: _times(turn) for turn in turns}
    if len(times) <= size:
        return dict.fromkeys(times, 1.0)
    sure: set[int] = set()
    while True:
        scale = (size - len(sure)) / sum(each for pk, each in times.items() if pk not in sure)
        more = {pk for pk, each in times.items() if pk not in sure and each * scale >= 1}
        if not more:
            return {pk: 1.0 if pk in sure else each * scale for pk, each in times.items()}
        sure |= more


def _times(turn: ComparedTurn) -> float:
    of_arm = TIMES_SHADOW if turn.arm == Arm.SHADOW else 1.0
    return of_arm * TIMES_KIND.get(Match.Kind(turn.kind), 1.0) * (TIMES_LOW if turn.confidence < LOW else 1.0)


def _sureness(turn: ComparedTurn) -> str:
    return "unsure" if turn.confidence < LOW else "sure"


def _outcome(turn: ComparedTurn) -> str:
    return "match" if turn.kind in Match.MATCHING else "no-match"


KEYS: tuple[Key, ...] = (
    lambda turn: (turn.arm, turn.kind, _sureness(turn), turn.topic or "no-topic"),
    lambda turn: (turn.arm, turn.kind, _sureness(turn)),
    lambda turn: (turn.arm, turn.kind),
    lambda turn: (turn.arm, _outcome(turn)),
)
