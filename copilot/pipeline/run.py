"""Questions in, outcomes out: the same code serves an agent, a shadow arm, an evaluation and a benchmark.

One vector per question serves all stages. A stage is asked only about the questions that passed the one before.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from copilot.artifacts import load
from copilot.pipeline.answers import AnswerHead, Readings, decide_answer, readings_of
from copilot.pipeline.cache import TextCache
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.heads import softmax
from copilot.pipeline.topics import TopicHead, decide_topic, follow
from copilot.pipeline.types import (
    ENCODER,
    AnswerVerdict,
    Catalog,
    Features,
    Floors,
    HeadError,
    Outcome,
    Question,
    Reason,
    Stage,
    TopicVerdict,
    ValidityVerdict,
    Vector,
)
from copilot.pipeline.validity import ValidityHead, decide_by_rule, decide_validity

Source = tuple[Path, str]  # a folder, and the SHA-256 that its content must have


@dataclass(frozen=True, eq=False)
class Pipeline:
    """What a release serves. `languages` are those it answers; `timer` returns seconds."""

    encoder: Encoder
    validity: ValidityHead
    topics: TopicHead
    answers: AnswerHead
    floors: Floors
    languages: tuple[str, ...] = ("en",)
    texts: TextCache = field(default_factory=TextCache)
    timer: Callable[[], float] = perf_counter

    def __post_init__(self) -> None:
        if self.validity.topics != self.topics.classes:
            raise HeadError(
                Stage.VALIDITY,
                "was trained beside other topics: promote a release whose parts were trained together",
            )

    @classmethod
    def load(
        cls,
        *,
        encoder: Encoder,
        validity: Source,
        topics: Source,
        answers: Source,
        floors: Floors,
        languages: tuple[str, ...] = ("en",),
    ) -> "Pipeline":
        """Load a release's heads, each from a folder and with the SHA-256 that it must have.

        Raises HeadError or ArtifactError, which name the part and say what to do.
        """
        return cls(
            encoder=encoder,
            validity=ValidityHead.from_arrays(load(validity[0], sha256=validity[1]).arrays),
            topics=TopicHead.from_arrays(load(topics[0], sha256=topics[1]).arrays),
            answers=AnswerHead.from_arrays(load(answers[0], sha256=answers[1]).arrays),
            floors=floors,
            languages=languages,
        )

    def run(self, questions: Sequence[Question], *, catalog: Catalog | Sequence[Catalog]) -> list[Outcome]:
        """Decide each question, in order, with the catalog of its time (one for all, or one for each).

        Raises HeadError, naming the stage, if a part of the release cannot work.
        """
        catalogs = [catalog] * len(questions) if isinstance(catalog, Catalog) else list(catalog)
        if len(catalogs) != len(questions):
            raise ValueError(
                f"{len(catalogs)} catalogs for {len(questions)} questions: give one, or one for each"
            )
        if not questions:
            return []
        return _Batch(self, questions, catalogs).outcomes()


class _Batch:
    """Questions on their way through the stages, with a clock."""

    def __init__(
        self, pipeline: Pipeline, questions: Sequence[Question], catalogs: Sequence[Catalog]
    ) -> None:
        self.pipeline = pipeline
        self.questions = questions
        self.catalogs = catalogs
        self.milliseconds: dict[str, float] = {}

    def outcomes(self) -> list[Outcome]:
        pipeline, everything = self.pipeline, range(len(self.questions))
        with self._timed(ENCODER, len(everything)):
            features = pipeline.encoder.features(self.questions)
        with self._timed(Stage.TOPIC, len(everything)):  # for all: validity asks how at home a question is
            topic_logits = pipeline.topics.logits(features)
        with self._timed(Stage.VALIDITY, len(everything)):
            validity = self._validity(features, topic_logits)
        topics = self._topics(topic_logits, [at for at in everything if validity[at].is_question])
        known = {at: verdict for at, verdict in topics.items() if verdict.reason is None}
        with _named(Stage.ANSWER):  # known texts cost little, so this is no question's time
            readings = self._readings()
        with self._timed(Stage.ANSWER, len(known)):
            answers = self._answers(features, known, readings)
        return [
            self._outcome(vector, validity[at], topics.get(at), answers.get(at))
            for at, vector in enumerate(features.embedding)
        ]

    def _readings(self) -> dict[int, Readings]:
        """Each catalog's answers as the head reads them, by its id."""
        readings = {}
        for at, catalog in {id(catalog): catalog for catalog in self.catalogs}.items():
            texts = self.pipeline.texts.texts(
                catalog.answers, encoder=self.pipeline.encoder, head=self.pipeline.answers
            )
            readings[at] = readings_of(zip(catalog.answers, texts, strict=True))
        return readings

    def _validity(self, features: Features, topic_logits: NDArray[np.float64]) -> list[ValidityVerdict]:
        head, floor = self.pipeline.validity, self.pipeline.floors.validity
        return [
            decide_by_rule(question, languages=self.pipeline.languages)
            or decide_validity(row, classes=head.classes, floor=floor)
            for question, row in zip(
                features.questions, head.predict_proba(features, topic_logits), strict=True
            )
        ]

    def _topics(self, logits: NDArray[np.float64], asked: Sequence[int]) -> dict[int, TopicVerdict]:
        head, floor = self.pipeline.topics, self.pipeline.floors.topic
        return {
            at: follow(
                decide_topic(row, classes=head.classes, floor=floor, set_floor=head.set_floor),
                self.catalogs[at].heirs,
            )
            for at, row in zip(asked, softmax(logits[asked]), strict=True)
        }

    def _answers(
        self, features: Features, topics: Mapping[int, TopicVerdict], readings: Mapping[int, Readings]
    ) -> dict[int, AnswerVerdict]:
        head, floor = self.pipeline.answers, self.pipeline.floors.answer
        questions = head.read_questions(features, list(topics))
        verdicts = {}
        for (at, topic), asked in zip(topics.items(), questions, strict=True):
            candidates = head.candidates(asked, topic, readings[id(self.catalogs[at])])
            verdicts[at] = decide_answer(candidates, head.weigh(candidates), floor=floor)
        return verdicts

    def _outcome(
        self,
        vector: Vector,
        validity: ValidityVerdict,
        topic: TopicVerdict | None,
        answer: AnswerVerdict | None,
    ) -> Outcome:
        verdicts = (validity, topic, answer)
        reason = next((verdict.reason for verdict in verdicts if verdict and verdict.reason), None)
        confidence = None
        if topic and answer and answer.ranked:
            confidence = self.pipeline.answers.confidence.probability(validity, topic, answer)
            reason = reason or self._unsure(validity, confidence)
        return Outcome(
            validity=validity,
            topic=topic,
            answer=answer,
            abstained_at=reason.stage if reason else None,
            reason=reason,
            confidence=confidence,
            milliseconds=self.milliseconds,
            embedding=vector,
        )

    def _unsure(self, validity: ValidityVerdict, confidence: float) -> Reason | None:
        if validity.probability < self.pipeline.floors.scope:
            return Reason.VALIDITY_UNSURE
        return Reason.CONFIDENCE_LOW if confidence < self.pipeline.floors.confidence else None

    @contextmanager
    def _timed(self, stage: Stage | Literal["encoder"], n: int) -> Iterator[None]:
        """Note a stage's milliseconds for each of its n questions."""
        start = self.pipeline.timer()
        with _named(stage):
            yield
        self.milliseconds[str(stage)] = (self.pipeline.timer() - start) * 1000 / max(n, 1)


@contextmanager
def _named(stage: Stage | Literal["encoder"]) -> Iterator[None]:
    """Name the stage where numpy or ONNX Runtime only say what does not fit."""
    try:
        yield
    except HeadError:
        raise
    except (ArithmeticError, LookupError, ValueError, RuntimeError) as error:
        raise HeadError(stage, f"{error}: the release is broken, roll back to the one before") from error
