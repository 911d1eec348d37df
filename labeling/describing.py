"""What a dataset's card tells of it (pure): how many of what, how old, how sure people are, and what it lacks."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from copilot.datasets import Example, Split

FEW = 8  # rows to learn a class from; below it a class is guessed rather than known
AGES = ((30, "up to a month"), (91, "up to three months"), (365, "up to a year"))
OLDER = "older"
AGE_NAMES = (*(name for _, name in AGES), OLDER)


@dataclass(frozen=True)
class Judged:
    """How often two people who labeled the same message said the same."""

    k: int
    n: int


def classes_of(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Count the rows of each topic and reason by split."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {Split.TRAIN.value: 0, Split.TEST.value: 0})
    for example in examples:
        counts[label_of(example)][example.split.value] += 1
    return {name: counts[name] for name in sorted(counts)}


def label_of(example: Example) -> str:
    return str(example.reason or example.topic or "question")


def ages_of(times: Iterable[datetime], *, now: datetime) -> dict[str, int]:
    """Count labels by how long ago they were said.

    >>> now = datetime(2026, 1, 31)
    >>> ages_of([now, datetime(2025, 12, 1), datetime(2020, 1, 1)], now=now)
    {'up to a month': 1, 'up to three months': 1, 'up to a year': 0, 'older': 1}
    """
    counts = Counter(_age(now - time) for time in times)
    return {name: counts[name] for name in AGE_NAMES}


def _age(age: timedelta) -> str:
    return next((name for days, name in AGES if age <= timedelta(days=days)), OLDER)


def agreement_of(examples: Iterable[Example]) -> dict[str, Judged]:
    """Compare first and second opinions: on validity, and on the topic where both took it for a question."""
    rows = [(example, example.second) for example in examples if example.second]
    topics = [
        (example.topic, second.topic)
        for example, second in rows
        if not example.reason and not second.reason and example.topic and second.topic
    ]
    return {
        "validity": Judged(sum(example.reason == second.reason for example, second in rows), len(rows)),
        "topic": Judged(sum(one == other for one, other in topics), len(topics)),
    }


def holes_of(classes: dict[str, dict[str, int]], *, topics: Sequence[str], n_stale: int) -> list[str]:
    """Tell in words what a reader of the card should not expect of the dataset; `topics` are those in use."""
    holes = []
    if missing := [topic for topic in topics if topic not in classes]:
        holes.append(_told("topics without any row", missing))
    if few := [name for name, n in classes.items() if 0 < n[Split.TRAIN] < FEW]:
        holes.append(_told(f"fewer than {FEW} rows to learn from", few))
    if unlearnt := [name for name, n in classes.items() if not n[Split.TRAIN]]:
        holes.append(_told("only in the test split, so nothing can be learnt of it", unlearnt))
    if untested := [name for name, n in classes.items() if not n[Split.TEST]]:
        holes.append(_told("none in the test split, so nothing is known of its quality", untested))
    if n_stale:
        holes.append(
            f"{n_stale} rows weigh less, until they are labeled anew: their label is no longer believed"
        )
    return holes


def _told(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names)}"


def left_out_of(card: Mapping[str, object]) -> dict[str, int]:
    """Return how many rows a card says were left out, by why; a dataset from elsewhere says nothing of it."""
    told = card.get("left_out")
    return {str(why): int(n) for why, n in told.items()} if isinstance(told, dict) else {}
