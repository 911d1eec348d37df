"""Pipeline.run: one code path for one question and for many."""

import subprocess
import sys
from dataclasses import replace
from itertools import chain, count

import numpy as np
import pytest

from copilot.pipeline.answers import AnswerHead
from copilot.pipeline.cache import TextCache
from copilot.pipeline.topics import TopicHead
from copilot.pipeline.types import Catalog, CatalogAnswer, Floors, HeadError, Outcome, Question, Reason, Stage
from copilot.pipeline.validity import ValidityHead
from tests.pipelines import CATALOG, DIMENSIONS, FakeEncoder, fitted, make_pipeline, prepared

PAYOUT = Question("when does my payout arrive today", "en")
THANKS = Question("thanks that worked", "en")
GERMAN = Question("wo ist mein geld", "de")


def assert_same(one: Outcome, other: Outcome) -> None:
    """The same answers for the same reasons, with probabilities equal to 1e-6."""
    assert (one.reason, one.abstained_at) == (other.reason, other.abstained_at)
    assert _names(one) == _names(other)
    assert _numbers(one) == pytest.approx(_numbers(other), abs=1e-6)
    np.testing.assert_array_equal(one.embedding, other.embedding)


def _names(outcome: Outcome) -> list[str]:
    topics = outcome.topic.plausible + outcome.topic.considered if outcome.topic else ()
    answers = outcome.answer.ranked if outcome.answer else ()
    return [*(slug for slug, _ in topics), *(answer.key for answer in answers)]


def _numbers(outcome: Outcome) -> list[float]:
    topics = outcome.topic.plausible + outcome.topic.considered if outcome.topic else ()
    answers = outcome.answer.ranked if outcome.answer else ()
    similarities = [(answer.similarity_to_answer, answer.similarity_to_uses) for answer in answers]
    return [
        outcome.validity.probability,
        outcome.confidence or 0.0,
        *(probability for _, probability in topics),
        *(answer.probability for answer in answers),
        *chain.from_iterable(similarities),
    ]


def test_a_known_question_is_offered_its_answer_with_alternatives() -> None:
    outcome = make_pipeline().run([Question("when does the weekend payout arrive", "en")], catalog=CATALOG)[0]

    assert outcome.offered is not None
    assert outcome.offered.key == "payout-time@1"
    assert [answer.slug for answer in outcome.alternatives] == ["payout-weekend"]
    assert outcome.topic_candidates[0][0] == "payouts"
    assert (outcome.abstained_at, outcome.reason) == (None, None)
    assert 0 < outcome.confidence < 1
    assert set(outcome.milliseconds) == {"encoder", "validity", "topic", "answer"}


def test_each_abstention_names_stage_and_reason_and_keeps_the_verdicts_reached() -> None:
    pipeline = make_pipeline(floors=Floors(validity=0.5))
    thanks, german = pipeline.run([THANKS, GERMAN], catalog=CATALOG)

    assert (thanks.abstained_at, thanks.reason) == (Stage.VALIDITY, Reason.THANKS)
    assert german.reason is Reason.OTHER_LANGUAGE
    assert thanks.topic is thanks.answer is thanks.confidence is thanks.offered is None
    assert thanks.alternatives == thanks.topic_candidates == ()


@pytest.mark.parametrize(
    ("floors", "reason"),
    [
        (Floors(topic=1.0), Reason.TOPIC_UNSURE),
        (Floors(answer=1.0), Reason.ANSWER_UNSURE),
        (Floors(confidence=1.0), Reason.CONFIDENCE_LOW),
    ],
)
def test_floors_withhold_but_keep_what_was_found(floors: Floors, reason: Reason) -> None:
    outcome = make_pipeline(floors=floors).run([PAYOUT], catalog=CATALOG)[0]

    assert outcome.reason is reason
    assert outcome.abstained_at is reason.stage
    assert outcome.offered is None
    assert outcome.topic_candidates
    assert (outcome.confidence is None) is (reason is Reason.TOPIC_UNSURE)


def test_what_may_be_out_of_scope_is_read_to_the_end_and_gets_no_answer() -> None:
    sure = make_pipeline(floors=Floors(scope=1.0, confidence=1.0))
    layer = replace(sure.validity.layer, temperature=10.0)
    outcome = replace(sure, validity=replace(sure.validity, layer=layer)).run([PAYOUT], catalog=CATALOG)[0]

    assert outcome.reason is Reason.VALIDITY_UNSURE
    assert outcome.abstained_at is Stage.VALIDITY
    assert outcome.validity.is_question
    assert outcome.topic_candidates
    assert outcome.confidence is not None
    assert outcome.offered is None


def test_a_batch_decides_as_one_by_one_in_order() -> None:
    pipeline = make_pipeline(floors=Floors(validity=0.5))
    examples = [example.question for example in prepared().examples]
    questions = [*examples, PAYOUT, THANKS, GERMAN, PAYOUT]

    together = pipeline.run(questions, catalog=CATALOG)
    alone = [pipeline.run([question], catalog=CATALOG)[0] for question in questions]

    for one, other in zip(together, alone, strict=True):
        assert_same(one, other)


def test_a_saved_pipeline_decides_as_the_trained_one() -> None:
    questions = [example.question for example in prepared().examples]
    heads = fitted()
    loaded = make_pipeline(
        validity=ValidityHead.from_arrays(heads.validity.arrays()),
        topics=TopicHead.from_arrays(heads.topics.arrays()),
        answers=AnswerHead.from_arrays(heads.answers.arrays()),
    )

    trained = make_pipeline().run(questions, catalog=CATALOG)

    for one, other in zip(trained, loaded.run(questions, catalog=CATALOG), strict=True):
        assert_same(one, other)


def test_each_question_sees_the_catalog_of_its_time() -> None:
    later = Catalog(
        (
            *(a for a in CATALOG.answers if a.slug != "payout-time"),
            replace(CATALOG.answers[0], key="payout-time@2"),
        )
    )

    before, after, none = make_pipeline().run([PAYOUT] * 3, catalog=[CATALOG, later, Catalog()])

    assert before.offered.key == "payout-time@1"
    assert after.offered.key == "payout-time@2"
    assert (none.reason, none.confidence) == (Reason.NO_ANSWER, None)


def test_a_new_answer_is_found_by_its_text_alone() -> None:
    new = CatalogAnswer(
        "payout-stuck@1", "payout-stuck", "payouts", "when does my payout arrive if it is stuck"
    )

    outcome = make_pipeline().run(
        [Question("when does my payout arrive if it is stuck", "en")], catalog=Catalog((new,))
    )[0]

    assert outcome.answer.ranked[0].slug == "payout-stuck"
    assert outcome.answer.ranked[0].similarity_to_uses == 0.0


def test_a_renamed_answer_is_read_anew() -> None:
    """Two answers of nearly the same text are told apart by what they are called, before and after a swap."""
    plain = [
        CatalogAnswer(f"{slug}@1", slug, "payouts", "your payout will be here soon")
        for slug in ("one", "two")
    ]
    asked = Question("when does my payout arrive", "en")
    pipeline = make_pipeline()

    firsts = []
    for names in (("when payouts arrive", "printer paper"), ("printer paper", "when payouts arrive")):
        named = tuple(replace(answer, name=name) for answer, name in zip(plain, names, strict=True))
        [outcome] = pipeline.run([asked], catalog=Catalog(named))
        firsts.append(outcome.answer.ranked[0].slug)

    assert firsts == ["one", "two"]


def test_internal_answers_are_never_ranked() -> None:
    internal = Catalog(tuple(replace(answer, public=False) for answer in CATALOG.answers))

    assert make_pipeline().run([PAYOUT], catalog=internal)[0].reason is Reason.NO_ANSWER


def test_no_questions_give_no_outcomes() -> None:
    assert make_pipeline().run([], catalog=CATALOG) == []


def test_catalogs_must_match_the_questions() -> None:
    with pytest.raises(ValueError, match="2 catalogs for 1 questions: give one, or one for each"):
        make_pipeline().run([PAYOUT], catalog=[CATALOG, CATALOG])


def test_time_is_shared_by_the_batch() -> None:
    ticks = count()
    outcomes = make_pipeline(timer=lambda: next(ticks) / 1000).run([PAYOUT, PAYOUT], catalog=CATALOG)

    assert outcomes[0].milliseconds == {"encoder": 0.5, "topic": 0.5, "validity": 0.5, "answer": 0.5}


def test_parts_that_were_not_trained_together_are_refused() -> None:
    topics = fitted().topics
    renamed = replace(topics, meaning=replace(topics.meaning, classes=("a", "b", "c")))

    with pytest.raises(HeadError, match="validity: was trained beside other topics: promote a release"):
        make_pipeline(topics=renamed)


def test_heads_of_another_encoder_are_named() -> None:
    class Longer(FakeEncoder):
        def encode(self, texts: list[str]) -> np.ndarray:
            return np.pad(super().encode(texts), ((0, 0), (0, 1)))

    with pytest.raises(HeadError, match=rf"topic: got {DIMENSIONS + 1} numbers .* this release mixes"):
        make_pipeline(encoder=Longer()).run([PAYOUT], catalog=CATALOG)


@pytest.mark.parametrize("knows_the_answers", [True, False])
def test_a_failing_encoder_is_named(knows_the_answers: bool) -> None:
    class Broken(FakeEncoder):
        def encode(self, texts: list[str]) -> np.ndarray:
            raise RuntimeError("no more memory")

    known = make_pipeline()
    known.run([PAYOUT], catalog=CATALOG if knows_the_answers else Catalog())

    with pytest.raises(
        HeadError, match="encoder: no more memory: the release is broken, roll back"
    ) as caught:
        replace(known, encoder=Broken()).run([PAYOUT], catalog=CATALOG)
    assert caught.value.stage == "encoder"


def test_answers_are_read_once_and_the_oldest_forgotten() -> None:
    class Counting(FakeEncoder):
        n = 0

        def encode(self, texts: list[str]) -> np.ndarray:
            self.n += len(texts)
            return super().encode(texts)

    encoder, cache = Counting(), TextCache(capacity=3)
    head = fitted().answers
    cache.texts(CATALOG.answers[:3], encoder=encoder, head=head)
    cache.texts(CATALOG.answers[:1], encoder=encoder, head=head)
    assert encoder.n == 3

    cache.texts(CATALOG.answers[3:4], encoder=encoder, head=head)
    cache.texts(CATALOG.answers[:1], encoder=encoder, head=head)
    assert (encoder.n, len(cache)) == (4, 3)


def test_serving_imports_nothing_heavy() -> None:
    heavy = (
        "torch",
        "sentence_transformers",
        "transformers",
        "sklearn",
        "scipy",
        "snorkel",
        "django",
        "onnxruntime",
    )
    code = f"import sys, copilot.pipeline.run; print([name for name in {heavy!r} if name in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
