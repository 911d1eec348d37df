"""Labels of a topic that is split find their part: by their answer, else by the examples they are nearest to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.suggesting import question_of_turn
from labeling.models import Annotation, Item, LabelMove, Task, TopicChange

Encode = Callable[[Sequence[str]], NDArray[np.float32]]  # texts to vectors of length 1

Why = LabelMove.Why
LEAST_MARGIN = 0.05  # cosine by which the nearest part must lead
LEAST_SIMILARITY = 0.3  # below, the text is near to no example at all
MOST_EXAMPLES = 200  # gold labels of a part that already has some


@dataclass(frozen=True, eq=False)
class Sorter:
    """Where labels go: `topic_of` maps an answer's slug to its part, `examples` a part to vectors float32[e, d]."""

    topic_of: Mapping[str, str]
    examples: Mapping[str, NDArray[np.float32]]
    encode: Encode | None

    def sort(self, rows: Sequence[Annotation]) -> list[tuple[str, LabelMove.Why]]:
        """Return for each label its part, or nothing where it must be asked again, and why."""
        ids = [row.message_id for row in rows]
        answers = Annotation.objects.standing().filter(task=Task.ANSWER, message__in=ids).order_by("is_gold")
        chosen = dict(answers.values_list("message_id", "label"))  # gold comes last, and so counts
        found = [self.topic_of.get(chosen.get(row.message_id, ""), "") for row in rows]
        left = [at for at, topic in enumerate(found) if not topic]
        if not left or not self.examples or self.encode is None:
            return [(topic, Why.ANSWER if topic else Why.UNSURE) for topic in found]
        near = iter(nearest(self.encode(texts_of([rows[at] for at in left])), self.examples))
        return [(topic, Why.ANSWER) if topic else next(near) for topic in found]


def sorter_for(change: TopicChange, *, encode: Encode | None) -> Sorter:
    """Read a split's examples: those that people wrote, and the gold that a part already has.

    Without an encoder only answers tell.
    """
    heirs = list(change.heirs.select_related("topic").prefetch_related("answers"))
    texts = {heir.topic.slug: _examples_of(heir.topic.slug, heir.examples) for heir in heirs}
    return Sorter(
        topic_of={answer.slug: heir.topic.slug for heir in heirs for answer in heir.answers.all()},
        examples={slug: encode(lines) for slug, lines in texts.items() if lines} if encode else {},
        encode=encode,
    )


def nearest(
    vectors: NDArray[np.float32], examples: Mapping[str, NDArray[np.float32]]
) -> list[tuple[str, LabelMove.Why]]:
    """Return for each vector float32[n, d] the part with the nearest example, if it leads clearly.

    >>> one, other = np.eye(2, dtype=np.float32)
    >>> [label for label, _ in nearest(np.stack([one, one + other]), {"a": one[None], "b": other[None]})]
    ['a', '']
    """
    slugs = sorted(examples)
    best = np.stack([(vectors @ examples[slug].T).max(axis=1) for slug in slugs], axis=1)
    order = np.argsort(-best, axis=1, kind="stable")
    found: list[tuple[str, LabelMove.Why]] = []
    for row, places in zip(best, order, strict=True):
        first = row[places[0]]
        second = row[places[1]] if len(slugs) > 1 else -1.0
        is_clear = first >= LEAST_SIMILARITY and first - second >= LEAST_MARGIN
        found.append((slugs[places[0]], Why.NEAREST) if is_clear else ("", Why.UNSURE))
    return found


def texts_of(rows: Sequence[Annotation]) -> list[str]:
    """Return the questions of labeled messages: kept with their items, else read again."""
    kept = dict(Item.objects.filter(message__in=[row.message_id for row in rows]).values_list("pk", "text"))
    return [kept.get(row.message_id) or question_of_turn(row.message, row.message.case).text for row in rows]


def _examples_of(slug: str, written: str) -> list[str]:
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    gold = (
        Annotation.objects.gold(Task.TOPIC).filter(label=slug, stale_at=None).select_related("message__case")
    )
    return lines + texts_of(list(gold.order_by("-made_at")[:MOST_EXAMPLES]))
