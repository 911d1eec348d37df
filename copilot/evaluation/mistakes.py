"""What goes wrong most: the topics taken for each other, and the answers most surely wrong (pure)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copilot.evaluation.rows import Row

N_PAIRS = 15
N_TOPICS = 12
N_WORST = 20


@dataclass(frozen=True)
class Pair:
    """Questions of topic `true` of which `said` was named first: n of all `n_true` that reached the topic stage."""

    true: str
    said: str
    n: int
    n_true: int


@dataclass(frozen=True)
class Confusion:
    """Which topics are taken for which, of the questions that reached the topic stage.

    `topics` are those with most confusions, `counts` their questions by (true, said); `n_right` of `n` were right. A
    further topic that a question asks about is right too, and counts as its own.
    """

    n: int
    n_right: int
    pairs: tuple[Pair, ...]
    topics: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]


def confusion_of(rows: Sequence[Row], *, n_pairs: int = N_PAIRS, n_topics: int = N_TOPICS) -> Confusion:
    """Count topics against topics."""
    asked = [row for row in rows if row.topic and row.first_topic]
    counts = Counter((row.topic, row.topic if row.is_topic_right else row.first_topic) for row in asked)
    n_true = Counter(row.topic for row in asked)
    wrong = sorted(
        ((true, said, n) for (true, said), n in counts.items() if true != said),
        key=lambda pair: (-pair[2], pair[0], pair[1]),
    )
    touched: Counter[str] = Counter()
    for true, said, n in wrong:
        touched.update({true: n, said: n})
    most = sorted(touched, key=lambda topic: (-touched[topic], topic))[:n_topics]
    return Confusion(
        n=len(asked),
        n_right=sum(row.is_topic_right for row in asked),
        pairs=tuple(Pair(true, said, n, n_true[true]) for true, said, n in wrong[:n_pairs]),
        topics=tuple(sorted(most)),
        counts=counts,
    )


def worst_of(rows: Sequence[Row], *, n: int = N_WORST) -> tuple[Row, ...]:
    """Return the rows whose best answer is wrong, the surest first."""
    wrong = [row for row in rows if row.is_judged and row.confidence is not None and not row.is_best_right]
    return tuple(sorted(wrong, key=lambda row: (-(row.confidence or 0.0), row.key))[:n])
