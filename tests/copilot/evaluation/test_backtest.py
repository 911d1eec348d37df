"""Backtest: outcomes beside gold, counted by hand."""

import numpy as np
import pytest

from copilot.datasets import Opinion, Source
from copilot.evaluation.backtest import Rate, backtest
from copilot.pipeline.types import (
    AnswerVerdict,
    Outcome,
    RankedAnswer,
    Reason,
    Stage,
    TopicVerdict,
    ValidityVerdict,
)
from tests.pipelines import make_example


def outcome(topic: str = "fees", *slugs: str, reason: Reason | None = None) -> Outcome:
    """An outcome that ranks these answers of a topic, or abstains for a reason."""
    is_question = reason is None or reason.stage is not Stage.VALIDITY
    ranked = tuple(RankedAnswer(f"{slug}@1", slug, topic, 0.5, 0.5, 0.0, 0.9) for slug in slugs)
    return Outcome(
        validity=ValidityVerdict(is_question, None if is_question else reason, 0.9),
        topic=TopicVerdict(((topic, 0.9),), 0.9) if is_question else None,
        answer=AnswerVerdict(ranked, 0.5) if ranked else None,
        abstained_at=reason.stage if reason else None,
        reason=reason,
        confidence=0.5 if ranked else None,
        milliseconds={},
        embedding=np.zeros(2, dtype=np.float32),
    )


EXAMPLES = [
    make_example(1, "how much is it", topic="fees", answer="fee-table"),
    make_example(
        2,
        "fee for a link",
        topic="links",
        answer="link-fee",
        second=Opinion(topic="fees", answer="fee-table"),
    ),
    make_example(3, "fee and payout", topic="payouts", answer="payout-time", also=("fees",), group="two"),
    make_example(4, "thanks", reason=Reason.THANKS),
    make_example(5, "thank you", reason=Reason.THANKS, group="two"),
    make_example(6, "can it fly", topic="fees", answer="none"),
]
OUTCOMES = [
    outcome("fees", "fee-table"),
    outcome("fees", "fee-table"),
    outcome("fees", "fee-table", "payout-time"),
    outcome(reason=Reason.THANKS),
    outcome("fees", "fee-table"),
    outcome(reason=Reason.OUT_OF_SCOPE),
]


def test_every_rate_by_hand() -> None:
    found = backtest(OUTCOMES, EXAMPLES, languages=("en",))
    overall = {name: (rate.k, rate.n) for name, rate in vars(found.overall).items()}

    assert found.n == 6
    assert overall == {
        "topic": (3, 3),
        "topic_kept": (3, 3),
        "coverage": (3, 4),
        "offered": (2, 4),
        "in_four": (3, 4),
    }
    assert found.reasons == {"offered": 4, "out_of_scope": 1, "thanks": 1}


def test_validity_by_class() -> None:
    found = {score.name: score for score in backtest(OUTCOMES, EXAMPLES, languages=("en",)).validity}

    assert (found["question"].precision.k, found["question"].precision.n) == (3, 4)
    assert (found["question"].recall.k, found["question"].recall.n) == (3, 4)
    assert (found["thanks"].precision.n, found["thanks"].recall.k, found["thanks"].recall.n) == (1, 1, 2)
    assert found["out_of_scope"].recall.interval is None
    assert "spam" not in found


def test_the_baseline_stands_beside() -> None:
    found = {score.name: score for score in backtest(OUTCOMES, EXAMPLES, languages=("en",)).baseline}

    assert (found["thanks"].recall.k, found["thanks"].recall.n) == (2, 2)


def test_slices_by_topic_and_group() -> None:
    found = backtest(OUTCOMES, EXAMPLES, languages=("en",))

    assert sorted(found.by_topic) == ["fees", "links", "payouts"]
    assert (found.by_topic["fees"].coverage.k, found.by_topic["fees"].coverage.n) == (1, 2)
    assert (found.by_group["two"].offered.k, found.by_group["two"].offered.n) == (0, 2)


def test_outcomes_and_examples_must_match() -> None:
    with pytest.raises(ValueError, match="zip"):
        backtest(OUTCOMES[:2], EXAMPLES, languages=("en",))


def test_a_rate_shows_n_and_interval_or_nothing() -> None:
    assert str(Rate.of([])) == "no rows"
    assert str(Rate.of((str(at), at < 8) for at in range(10))) == "80.0% of 10 (42.7% to 95.5%)"


@pytest.mark.parametrize("why", [{"stale": ("topic",)}, {"anchored": True}, {"source": Source.WEAK}])
def test_what_may_not_judge_enters_no_figure(why: dict[str, object]) -> None:
    doubtful = make_example(7, "what does it cost", topic="links", answer="link-fee", **why)

    result = backtest([*OUTCOMES, outcome("fees", "fee-table")], [*EXAMPLES, doubtful], languages=("en",))

    assert result == backtest(OUTCOMES, EXAMPLES, languages=("en",))
