"""Answers' texts as the pipeline reads them, kept by key: a key names one immutable text, so none goes stale."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from copilot.pipeline.answers import AnswerText
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import CatalogAnswer
from copilot.pipeline.wording import readable
from copilot.pipeline.words import Words

CAPACITY = 20_000  # texts; about 3 kB each


class TextCache:
    """The least recently used texts of one pipeline; safe to share between threads."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._texts: OrderedDict[str, AnswerText] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._texts)

    def texts(
        self, answers: Iterable[CatalogAnswer], *, encoder: Encoder, words: Words
    ) -> dict[str, AnswerText]:
        """Return each answer's text by key, reading those that are not kept; a vector that is given is not made."""
        found: dict[str, AnswerText] = {}
        with self._lock:
            for answer in answers:
                if answer.key not in found:
                    kept = self._texts.pop(answer.key) if answer.key in self._texts else None
                    found[answer.key] = kept or _read(answer, encoder, words)
            self._texts.update(found)
            while len(self._texts) > self._capacity:
                self._texts.popitem(last=False)
        return found


def _read(answer: CatalogAnswer, encoder: Encoder, words: Words) -> AnswerText:
    text = readable(answer.text)
    vector = encoder.encode([text])[0] if answer.embedding is None else answer.embedding
    return AnswerText(vector=vector, bag=words.bag(text))
