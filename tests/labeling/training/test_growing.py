"""Adding a topic by its examples: it is recognised, and what was known stays known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from copilot.datasets import Dataset
from copilot.pipeline.run import Pipeline
from copilot.pipeline.types import Floors, Outcome, Question, Stage
from labeling.training.fitting import fit_linear
from labeling.training.growing import grow, grow_linear, lesson_of
from labeling.training.prepared import Prepared, prepare
from labeling.training.train import Fitted
from tests.pipelines import (
    WITH_GIFTS,
    FakeEncoder,
    fitted,
    gift_text,
    make_dataset,
    make_example,
    make_pipeline,
)

N_EXAMPLES = 8
UNSEEN = [Question(gift_text(number), "en") for number in range(N_EXAMPLES, 20)]


def with_gifts(n: int = N_EXAMPLES) -> Dataset:
    gifts = tuple(
        make_example(500 + number, gift_text(number), topic="gift-cards", answer="gift-sell")
        for number in range(n)
    )
    return replace(make_dataset(), examples=make_dataset().examples + gifts, catalog=WITH_GIFTS)


def prepared_of(dataset: Dataset) -> Prepared:
    return prepare(dataset, encoder=FakeEncoder(), seed=1)


def grown() -> Fitted:
    prepared = prepared_of(with_gifts())
    return grow(fitted(), prepared, lesson_of(prepared, "gift-cards"))


def pipeline_of(heads: Fitted) -> Pipeline:
    return make_pipeline(validity=heads.validity, topics=heads.topics, answers=heads.answers)


def topics_right(pipeline: Pipeline) -> float:
    """The share of the old topics' questions whose topic is named."""
    known = [example for example in make_dataset().examples if example.topic]
    outcomes = pipeline.run([example.question for example in known], catalog=WITH_GIFTS)
    named = zip(known, outcomes, strict=True)
    return float(np.mean([outcome.topic_candidates[0][0] == example.topic for example, outcome in named]))


def share_about_gifts(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([outcome.topic_candidates[0][0] == "gift-cards" for outcome in outcomes]))


def test_the_new_topic_is_recognised_and_answered() -> None:
    outcomes = pipeline_of(grown()).run(UNSEEN, catalog=WITH_GIFTS)

    assert share_about_gifts(outcomes) >= 0.9
    assert np.mean([outcome.answer.ranked[0].slug == "gift-sell" for outcome in outcomes]) >= 0.9


def test_the_others_are_named_as_before() -> None:
    assert topics_right(pipeline_of(grown())) >= topics_right(make_pipeline())


def test_the_other_rows_are_kept_bit_for_bit_and_floors_too() -> None:
    old, new = fitted(), grown()

    assert new.topics.classes == new.validity.topics == ("gift-cards", "payouts", "reader", "refunds")
    for name in ("meaning", "deep", "word_layer"):
        before, after = getattr(old.topics, name), getattr(new.topics, name)
        n = before.weights.shape[1]
        np.testing.assert_array_equal(after.weights[1:, :n], before.weights)
        assert not after.weights[1:, n:].any(), "words that the new topic brought along say nothing of others"
        np.testing.assert_array_equal(after.bias[1:], before.bias)
    for name in ("answers", "passages", "answer_words"):
        before, after = getattr(old.topics, name), getattr(new.topics, name)
        kept = after.topic_at != 0
        np.testing.assert_array_equal(after.rows[kept, : before.rows.shape[1]], before.rows)
        np.testing.assert_array_equal(after.topic_at[kept], before.topic_at + 1)
    np.testing.assert_array_equal(new.topics.mix, old.topics.mix)
    np.testing.assert_array_equal(new.validity.layer.weights, old.validity.layer.weights)
    assert len(new.validity.known) == len(old.validity.known) + N_EXAMPLES
    assert new.floors == old.floors


def test_the_row_is_where_the_whole_loss_is_least() -> None:
    """Moving a whole fit's last row cannot improve it, so growing from its other rows finds that row again."""
    rng = np.random.default_rng(2)
    centres = rng.standard_normal((4, 6))
    at = np.repeat(np.arange(4), 40)
    x, labels = centres[at] + 0.7 * rng.standard_normal((160, 6)), np.array(list("abcd"))[at]
    whole = fit_linear(x, labels, classes=tuple("abcd"), c=1.0, stage=Stage.TOPIC)
    others = replace(
        whole, classes=tuple("abd"), weights=whole.weights[[0, 1, 3]], bias=whole.bias[[0, 1, 3]]
    )

    again = grow_linear(others, x, labels == "c", topic="c", c=1.0)

    assert again.classes == whole.classes
    np.testing.assert_allclose(again.weights, whole.weights, atol=0.02)
    np.testing.assert_allclose(again.bias, whole.bias, atol=0.02)


def test_growing_twice_keeps_the_classes_in_order() -> None:
    examples = tuple(make_example(700 + n, f"solar panel {n} on the roof", topic="panels") for n in range(6))
    prepared = prepared_of(replace(with_gifts(), examples=with_gifts().examples + examples))
    once = grow(fitted(), prepared, lesson_of(prepared, "panels"))

    twice = grow(once, prepared, lesson_of(prepared, "gift-cards"))

    assert twice.topics.classes == ("gift-cards", "panels", "payouts", "reader", "refunds")
    outcomes = pipeline_of(twice).run([Question("solar panel 9", "en"), *UNSEEN[-1:]], catalog=WITH_GIFTS)
    assert [outcome.topic_candidates[0][0] for outcome in outcomes] == ["panels", "gift-cards"]
    assert topics_right(pipeline_of(twice)) == topics_right(make_pipeline())


@pytest.mark.parametrize("n", [0, 2])
def test_too_few_cases_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"topic gift-cards has {n} cases, 3 are needed: label more"):
        lesson_of(prepared_of(with_gifts(n)), "gift-cards")


def test_a_dataset_of_the_new_topic_alone_is_refused() -> None:
    alone = replace(with_gifts(), examples=with_gifts().examples[-N_EXAMPLES:])

    with pytest.raises(ValueError, match="0 examples of other topics than gift-cards, 20 are needed"):
        lesson_of(prepared_of(alone), "gift-cards")


def test_a_topic_without_answers_is_recognised_too() -> None:
    prepared = prepared_of(replace(with_gifts(), catalog=make_dataset().catalog))
    heads = grow(fitted(), prepared, lesson_of(prepared, "gift-cards"))
    outcomes = replace(pipeline_of(heads), floors=Floors()).run(UNSEEN, catalog=make_dataset().catalog)

    assert share_about_gifts(outcomes) >= 0.9
