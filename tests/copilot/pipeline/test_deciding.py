"""The pure decisions of the stages, by tables."""

import numpy as np
import pytest

from copilot.pipeline.answers import SIGNALS, Candidates, decide_answer
from copilot.pipeline.topics import decide_topic
from copilot.pipeline.types import AnswerVerdict, CatalogAnswer, Floors, Question, Reason
from copilot.pipeline.validity import decide_by_rule, decide_validity

VALIDITY = ("out_of_scope", "question", "thanks")
TOPICS = ("fees", "payouts", "sign-in")


@pytest.mark.parametrize(
    ("probabilities", "floor", "reason"),
    [
        ((0.1, 0.8, 0.1), 0.5, None),
        ((0.1, 0.8, 0.1), 0.8, None),
        ((0.15, 0.79, 0.06), 0.8, Reason.OUT_OF_SCOPE),
        ((0.1, 0.2, 0.7), 0.5, Reason.THANKS),
        ((0.5, 0.0, 0.5), 0.0, None),
    ],
)
def test_validity(probabilities: tuple[float, ...], floor: float, reason: Reason | None) -> None:
    verdict = decide_validity(np.array(probabilities), classes=VALIDITY, floor=floor)

    assert verdict.reason is reason
    assert verdict.is_question is (reason is None)
    assert verdict.probability == probabilities[1]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (Question(""), Reason.NO_REQUEST),
        (Question(" \n", "en"), Reason.NO_REQUEST),
        (Question("Wo ist mein Geld?", "de"), Reason.OTHER_LANGUAGE),
        (Question("where is it", "en"), None),
        (Question("ok"), None),
    ],
)
def test_rules_decide_without_a_head(question: Question, reason: Reason | None) -> None:
    verdict = decide_by_rule(question, languages=("en",))

    assert (verdict.reason if verdict else None) is reason


@pytest.mark.parametrize(
    ("probabilities", "floor", "topics", "reason"),
    [
        ((0.2, 0.7, 0.1), 0.5, ["payouts"], None),
        ((0.36, 0.6, 0.04), 0.5, ["payouts", "fees"], None),
        ((0.5, 0.5, 0.0), 1.0, ["fees", "payouts"], None),
        ((0.4, 0.3, 0.3), 0.8, ["fees", "payouts"], Reason.TOPIC_UNSURE),
        ((0.1, 0.1, 0.8), 0.9, ["sign-in"], Reason.TOPIC_UNSURE),
    ],
)
def test_topic(
    probabilities: tuple[float, ...], floor: float, topics: list[str], reason: Reason | None
) -> None:
    verdict = decide_topic(np.array(probabilities), classes=TOPICS, floor=floor)

    assert [slug for slug, _ in verdict.topics] == topics
    assert len(verdict.considered) == 3
    assert verdict.probability == pytest.approx(sum(probability for _, probability in verdict.topics))
    assert verdict.reason is reason


@pytest.mark.parametrize(
    ("set_floor", "plausible"),
    [
        (0.05, ["payouts", "fees", "sign-in"]),
        (0.1, ["payouts", "fees", "sign-in"]),
        (0.2, ["payouts", "fees"]),
        (0.7, ["payouts"]),
        (0.0, ["payouts", "fees", "sign-in"]),
    ],
)
def test_topics_are_plausible_from_the_set_floor_on_and_the_best_always(
    set_floor: float, plausible: list[str]
) -> None:
    verdict = decide_topic(np.array([0.3, 0.6, 0.1]), classes=TOPICS, floor=0.9, set_floor=set_floor)

    assert [slug for slug, _ in verdict.plausible] == plausible
    assert len(verdict.considered) == 3, "what answers compete over does not depend on it"


def candidate(slug: str, **fields: object) -> CatalogAnswer:
    return CatalogAnswer(key=f"{slug}@1", slug=slug, topic="fees", text=slug, **fields)


def decided(ranked: list[tuple[CatalogAnswer, float]], *, floor: float) -> AnswerVerdict:
    answers, probabilities = [answer for answer, _ in ranked], [probability for _, probability in ranked]
    shared = (0.9,) * len(answers)
    candidates = Candidates(tuple(answers), shared, np.zeros((len(answers), len(SIGNALS))))
    return decide_answer(candidates, probabilities, floor=floor)


A, B, C = candidate("a"), candidate("b"), candidate("c")
EXPIRED = candidate("x", expired=True)
AGAINST_B = candidate("d", conflicts_with=frozenset({"b"}))


@pytest.mark.parametrize(
    ("ranked", "floor", "reason", "shown"),
    [
        ([], 0.0, Reason.NO_ANSWER, []),
        ([(A, 0.6), (B, 0.2)], 0.5, None, ["a", "b"]),
        ([(A, 0.6), (B, 0.2)], 0.7, Reason.ANSWER_UNSURE, ["a", "b"]),
        ([(A, 0.3), (B, 0.1)], 0.0, Reason.NO_ANSWER, ["a", "b"]),
        ([(EXPIRED, 0.8), (A, 0.1)], 0.5, Reason.ANSWER_EXPIRED, ["x", "a"]),
        ([(A, 0.6), (EXPIRED, 0.2), (B, 0.1)], 0.5, None, ["a", "b"]),
        ([(AGAINST_B, 0.5), (B, 0.4)], 0.3, Reason.CONFLICTING_ANSWERS, ["d", "b"]),
        ([(B, 0.5), (AGAINST_B, 0.4)], 0.3, Reason.CONFLICTING_ANSWERS, ["b", "d"]),
        ([(AGAINST_B, 0.8), (B, 0.1)], 0.3, None, ["d", "b"]),
        ([(AGAINST_B, 0.5), (A, 0.4), (B, 0.1)], 0.3, None, ["d", "a", "b"]),
        (
            [(A, 0.5), (B, 0.2), (C, 0.1), (AGAINST_B, 0.05), (candidate("e"), 0.04)],
            0.3,
            None,
            ["a", "b", "c", "d"],
        ),
    ],
)
def test_answer(
    ranked: list[tuple[CatalogAnswer, float]], floor: float, reason: Reason | None, shown: list[str]
) -> None:
    verdict = decided(ranked, floor=floor)

    assert verdict.reason is reason
    assert [answer.slug for answer in verdict.ranked] == shown
    assert verdict.probability == (ranked[0][1] if ranked else 0.0)


def test_a_conflict_with_an_expired_answer_does_not_count() -> None:
    against_expired = candidate("f", conflicts_with=frozenset({"x"}))

    assert decided([(against_expired, 0.5), (EXPIRED, 0.4)], floor=0.1).reason is None


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_floor_is_a_probability(value: float) -> None:
    with pytest.raises(ValueError, match=r"floor topic is .*: it must lie between 0 and 1"):
        Floors(topic=value)
