"""Every example's cross-fitted verdicts beside its gold, and what follows from them: confidence and floors."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.confidence import Confidence, log_odds
from copilot.pipeline.types import Reason
from copilot.pipeline.validity import QUESTION, decide_by_rule
from labeling.training.answers import TrainedAnswers
from labeling.training.confidence import train_confidence
from labeling.training.floors import Floor, choose_floor, upper_risk
from labeling.training.prepared import N_FOLDS, Prepared
from labeling.training.validity import TrainedValidity

VALIDITY_RISK = (
    0.1  # share of what passes that may be no question; the later stages withhold most of that too
)
EARLY_RISK = 2.0  # times the target: what topic and answer may risk alone, since confidence judges after them
SCOPE_RISK = 0.025  # share of what is out of scope that may get an answer offered
FEWEST_OUTSIDE = 40  # messages out of scope: of fewer, such a share is less than one

NOTHING_KEPT: Mapping[str, Floor] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Judged:
    """n examples: probabilities float64[n] of each stage, and what was right bool[n].

    `is_open`: no rule decides it. `is_new`: it may judge, and the encoder has not learned from it. `is_judged`:
    somebody said which answer fits, or that it is no question. `is_outside`: it is out of scope. `can_offer`: an answer
    came out that is not expired, in conflict or less likely than none. `odds`: float64[n, 3].
    """

    fold: NDArray[np.int64]
    validity: NDArray[np.float64]
    topic: NDArray[np.float64]
    answer: NDArray[np.float64]
    odds: NDArray[np.float64]
    is_open: NDArray[np.bool_]
    is_new: NDArray[np.bool_]
    is_question: NDArray[np.bool_]
    is_judged: NDArray[np.bool_]
    is_outside: NDArray[np.bool_]
    is_topic_right: NDArray[np.bool_]
    is_answer_right: NDArray[np.bool_]
    can_offer: NDArray[np.bool_]


def judge(
    prepared: Prepared, validity: TrainedValidity, answers: TrainedAnswers, *, languages: Collection[str]
) -> Judged:
    """Put verdicts and gold side by side. A second person's topic or answer counts as right."""
    examples = prepared.examples
    probability = validity.probabilities[:, validity.head.classes.index(QUESTION)]
    stages = list(zip(examples, answers.topics, answers.answers, strict=True))
    return Judged(
        fold=prepared.fold,
        validity=probability,
        topic=np.array([topic.probability for topic in answers.topics]),
        answer=np.array([answer.probability for answer in answers.answers]),
        odds=np.array([log_odds(topic, answer) for _, topic, answer in stages]),
        is_open=np.array(
            [decide_by_rule(example.question, languages=languages) is None for example in examples]
        ),
        is_new=prepared.is_new,
        is_question=prepared.is_question,
        is_judged=np.array(
            [example.reason is not None or example.answer is not None for example in examples]
        ),
        is_outside=np.array([example.reason is Reason.OUT_OF_SCOPE for example in examples]),
        is_topic_right=np.array(
            [any(slug in example.topics_accepted for slug, _ in topic.topics) for example, topic, _ in stages]
        ),
        is_answer_right=np.array(
            [
                bool(answer.ranked) and answer.ranked[0].slug in example.answers_accepted
                for example, _, answer in stages
            ]
        ),
        can_offer=np.array([bool(answer.ranked) and answer.reason is None for answer in answers.answers]),
    )


def choose_floors(
    judged: Judged,
    *,
    target_risk: float,
    scope_risk: float = SCOPE_RISK,
    kept: Mapping[str, Floor] = NOTHING_KEPT,
) -> tuple[Confidence, dict[str, Floor]]:
    """Choose the floors in the order of the stages, each on the examples that passed the one before.

    Validity has a target of its own; topic and answer may risk more than the whole, and only silence what is hopeless,
    so that the reason names the right stage; scope and confidence then make the whole meet the targets. A floor that is
    `kept` stands, whatever would be chosen here.
    """
    early = min(EARLY_RISK * target_risk, 1.0)
    at_validity = judged.is_open & judged.is_new
    validity = kept.get("validity") or choose_floor(
        judged.validity[at_validity], ~judged.is_question[at_validity], target_risk=VALIDITY_RISK
    )
    passed = at_validity & (judged.validity >= validity.value)

    at_topic = passed & judged.is_question
    topic = kept.get("topic") or choose_floor(
        judged.topic[at_topic], ~judged.is_topic_right[at_topic], target_risk=early
    )
    passed_topic = passed & (judged.topic >= topic.value)

    at_answer = (
        passed_topic & judged.is_question & judged.is_judged & judged.is_topic_right & judged.can_offer
    )
    answer = kept.get("answer") or choose_floor(
        judged.answer[at_answer], ~judged.is_answer_right[at_answer], target_risk=early
    )

    whole, cross_fitted = _confidence(judged, passed & judged.is_judged & judged.can_offer)
    at_end = passed_topic & judged.is_judged & judged.can_offer & (judged.answer >= answer.value)
    scope, confidence = _last_floors(
        judged, cross_fitted, at_end, target_risk=target_risk, scope_risk=scope_risk
    )
    return whole, {
        "validity": validity,
        "topic": topic,
        "answer": answer,
        "scope": scope,
        "confidence": confidence,
    }


def _last_floors(
    judged: Judged,
    confidence: NDArray[np.float64],
    rows: NDArray[np.bool_],
    *,
    target_risk: float,
    scope_risk: float,
) -> tuple[Floor, Floor]:
    """Choose the floors of scope and confidence among rows that passed all stages.

    A message that is nothing we answer often names just what an answer is about, and so gets a confident one: the floor
    of confidence that stops it stops most questions too. Of all floors of scope that let no more than a share
    `scope_risk` of such messages get an answer, that one is taken with which most is offered. Measured on the demo
    world, cross-fitted, four draws of folds: 41.5 % of the questions get an answer instead of 45.7 % with any share, as
    many of them right (74 %), and 5 or 6 of 259 messages out of scope instead of 7 to 15. At 0.02 it would be 37.0 %,
    and 4 or 5: so few messages decide that the last half point costs as much as all before.
    """
    outside = judged.is_outside & judged.is_new
    n = int(outside.sum())
    most = int(scope_risk * n) if n >= FEWEST_OUTSIDE else n
    found: list[tuple[Floor, float, int]] = []
    stopping = np.nextafter(np.unique(judged.validity[rows & outside]), 1.0)
    for least in [0.0, *stopping.tolist()]:
        passed = rows & (judged.validity >= least)
        floor = choose_floor(confidence[passed], ~judged.is_answer_right[passed], target_risk=target_risk)
        n_offered = int((passed & outside & (confidence >= floor.value)).sum())
        if n_offered <= most:
            found.append((floor, least, n_offered))
    floor, least, n_offered = max(found, key=lambda each: each[0].n_passed)
    upper = float(upper_risk(np.array([n_offered]), np.array([n]))[0])
    scope = Floor(
        value=least,
        n=n,
        n_passed=n,
        n_wrong=n_offered,
        upper_risk=upper,
        is_bounded=upper <= scope_risk,
        target_risk=scope_risk,
    )
    return scope, floor


def _confidence(judged: Judged, rows: NDArray[np.bool_]) -> tuple[Confidence, NDArray[np.float64]]:
    """The confidence fitted on all questions among rows, and float64[n] of ones that never saw the row's case."""
    asked = rows & judged.is_question
    cross_fitted = np.zeros(len(judged.fold))
    for number in range(N_FOLDS):
        others, held_out = asked & (judged.fold != number), judged.fold == number
        fitted = train_confidence(judged.odds[others], judged.is_answer_right[others])
        right = 1 / (1 + np.exp(-(judged.odds[held_out] @ fitted.weights + fitted.bias)))
        cross_fitted[held_out] = judged.validity[held_out] * right
    return train_confidence(judged.odds[asked], judged.is_answer_right[asked]), cross_fitted
