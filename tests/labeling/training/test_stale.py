"""What is no longer believed weighs less wherever a label is learned from; where all is believed, nothing changes."""

from dataclasses import replace

import numpy as np
import pytest

from copilot.pipeline.types import Stage
from labeling.training.choice import ChoiceModel
from labeling.training.prepared import STALE_WEIGHT, Prepared
from labeling.training.topics import train_topics
from labeling.training.towers import fit_towers
from labeling.training.train import fit
from tests.pipelines import fitted, prepared


def with_stale(stages: tuple[str, ...], *, topic: str) -> Prepared:
    """The small world, in which labels of one topic are stale."""
    examples = (
        replace(example, stale=stages) if example.topic == topic else example
        for example in prepared().examples
    )
    return replace(prepared(), examples=tuple(examples))


def test_a_stale_label_weighs_a_quarter_at_its_stage_alone() -> None:
    stale = with_stale(("topic",), topic="refunds")
    weights = stale.weights_for(Stage.TOPIC)
    assert weights is not None
    assert {
        example.topic
        for example, weight in zip(stale.examples, weights, strict=True)
        if weight == STALE_WEIGHT
    } == {"refunds"}
    assert stale.weights_for(Stage.ANSWER) is None
    assert prepared().weights_for(Stage.TOPIC) is None


def test_a_topic_whose_labels_are_stale_is_named_less_surely() -> None:
    before = train_topics(prepared()).head
    after = train_topics(with_stale(("topic",), topic="refunds")).head
    at = before.classes.index("refunds")
    rows = np.array([row for row, example in enumerate(prepared().examples) if example.topic == "refunds"])
    features = prepared().features_of(rows)
    logits = [head.meaning.logits(features.embedding)[:, at].mean() for head in (before, after)]
    assert logits[1] < logits[0]


@pytest.mark.parametrize("stage", ["validity", "topic", "answer"])
def test_each_stage_learns_something_else_and_the_same_each_time(stage: str) -> None:
    first, again = (
        fit(with_stale((stage,), topic="refunds"), languages=("en",), target_risk=0.2) for _ in range(2)
    )
    part = {"validity": "validity", "topic": "topics", "answer": "answers"}[stage]
    arrays = [getattr(each, part).arrays() for each in (first, again, fitted())]
    assert all(np.array_equal(arrays[0][name], arrays[1][name]) for name in arrays[0])
    assert not all(np.array_equal(arrays[0][name], arrays[2][name]) for name in arrays[0])


def test_weights_that_are_alike_change_no_choice() -> None:
    rng = np.random.default_rng(1)
    options = [rng.normal(size=(3, 2)) for _ in range(40)]
    accepted = [each[:, 0] == each[:, 0].max() for each in options]
    plain, weighed = (ChoiceModel().fit(options, accepted, weights) for weights in (None, np.full(40, 0.25)))
    assert np.allclose(plain.weights_, weighed.weights_, atol=1e-6)


def test_a_choice_that_weighs_twice_counts_as_two() -> None:
    rng = np.random.default_rng(2)
    options = [rng.normal(size=(3, 2)) for _ in range(20)]
    accepted = [each[:, 0] == each[:, 0].max() for each in options]
    weights = np.array([2.0, *np.ones(19)])
    weighed = ChoiceModel().fit(options, accepted, weights)
    doubled = ChoiceModel().fit([options[0], *options], [accepted[0], *accepted])
    assert np.allclose(weighed.weights_, doubled.weights_, atol=1e-5)


def test_pairs_that_weigh_alike_give_the_same_towers() -> None:
    rng = np.random.default_rng(3)
    questions, answers = (rng.normal(size=(60, 8)).astype(np.float32) for _ in range(2))
    plain, alike, uneven = (
        fit_towers(questions, answers, seed=1, weights=weights)
        for weights in (None, np.ones(60), np.linspace(0.25, 1, 60))
    )
    assert np.allclose(plain.question.matrix, alike.question.matrix, atol=1e-5)
    assert not np.allclose(plain.question.matrix, uneven.question.matrix, atol=1e-5)
