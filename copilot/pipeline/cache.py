"""Answers' texts as the pipeline reads them, kept by key and name: both name one immutable text, so none goes stale."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from copilot.pipeline.answers import AnswerHead, AnswerText
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import CatalogAnswer, Question
from copilot.pipeline.wording import passages_of

CAPACITY = 20_000  # texts; about 12 kB each


class TextCache:
    """The least recently used texts of one pipeline; safe to share between threads."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._texts: OrderedDict[tuple[str, str], AnswerText] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._texts)

    def texts(
        self, answers: Iterable[CatalogAnswer], *, encoder: Encoder, head: AnswerHead
    ) -> list[AnswerText]:
        """Return the answers' texts, in order, reading those that are not kept."""
        found = []
        with self._lock:
            for answer in answers:
                known_by = answer.key, answer.name
                text = self._texts.get(known_by) or _read(answer, encoder, head)
                self._texts[known_by] = text
                self._texts.move_to_end(known_by)
                found.append(text)
            while len(self._texts) > self._capacity:
                self._texts.popitem(last=False)
        return found


def _read(answer: CatalogAnswer, encoder: Encoder, head: AnswerHead) -> AnswerText:
    return head.read_answer(encoder.features([Question(passage) for passage in passages_of(answer.titled)]))
