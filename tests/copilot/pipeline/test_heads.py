"""Heads refuse to work with parts that do not fit, and say which stage and what to do."""

from dataclasses import replace

import numpy as np
import pytest

from copilot.pipeline.answers import AnswerHead
from copilot.pipeline.heads import Linear
from copilot.pipeline.topics import TopicHead
from copilot.pipeline.types import Features, HeadError, Question, Stage
from copilot.pipeline.validity import ValidityHead
from tests.pipelines import DIMENSIONS, FakeEncoder, fitted

HEADS = [(ValidityHead, "validity"), (TopicHead, "topics"), (AnswerHead, "answers")]


@pytest.mark.parametrize(("kind", "name"), HEADS)
def test_arrays_survive_the_round_trip(kind: type, name: str) -> None:
    arrays = getattr(fitted(), name).arrays()

    again = kind.from_arrays(arrays).arrays()

    assert again.keys() == arrays.keys()
    for key, array in arrays.items():
        np.testing.assert_array_equal(again[key], array)


@pytest.mark.parametrize(("kind", "name"), HEADS)
def test_a_missing_array_is_named(kind: type, name: str) -> None:
    arrays = getattr(fitted(), name).arrays()
    for key in arrays:
        rest = {other: array for other, array in arrays.items() if other != key}
        with pytest.raises(HeadError, match=f"artifact has no array '{key}'.*train it again"):
            kind.from_arrays(rest)


@pytest.mark.parametrize(
    ("kind", "key"), [(TopicHead, "mix"), (AnswerHead, "weights"), (AnswerHead, "confidence_weights")]
)
@pytest.mark.parametrize("bad", [np.array([1.0]), np.array([np.nan] * 5), np.zeros(0)])
def test_weights_that_are_not_numbers_are_refused(kind: type, key: str, bad: np.ndarray) -> None:
    arrays = getattr(fitted(), "topics" if kind is TopicHead else "answers").arrays()

    with pytest.raises(HeadError, match="train it again"):
        kind.from_arrays({**arrays, key: bad})


@pytest.mark.parametrize(
    ("weights", "bias", "temperature"),
    [
        (np.zeros((2, 3)), np.zeros(3), 1.0),
        (np.zeros((3, 3)), np.zeros(3), 1.0),
        (np.full((2, 3), np.inf), np.zeros(2), 1.0),
        (np.zeros((2, 3)), np.zeros(2), 0.0),
    ],
)
def test_a_layer_checks_itself(weights: np.ndarray, bias: np.ndarray, temperature: float) -> None:
    with pytest.raises(HeadError, match=r"topic: .*train it again"):
        Linear(Stage.TOPIC, ("a", "b"), weights, bias, temperature)


def test_vectors_of_another_encoder_are_refused() -> None:
    wrong = np.zeros((1, DIMENSIONS + 1), dtype=np.float32)
    features = Features(wrong, wrong, (Question("where is it"),))

    with pytest.raises(
        HeadError, match=f"topic: got {DIMENSIONS + 1} numbers .* this release mixes encoders"
    ):
        fitted().topics.predict_proba(features)


def test_validity_refuses_other_topics() -> None:
    features = FakeEncoder().features([Question("where is it")])

    with pytest.raises(HeadError, match="validity: got 2 topics, was trained beside 3"):
        fitted().validity.predict_proba(features, np.zeros((1, 2)))


def test_unknown_classes_of_validity_are_refused() -> None:
    head = fitted().validity
    renamed = tuple("nonsense" if name == "thanks" else name for name in head.classes)
    broken = replace(head, layer=replace(head.layer, classes=renamed))

    with pytest.raises(HeadError, match=r"validity: classes .*nonsense.* are not 'question' and reasons"):
        ValidityHead.from_arrays(broken.arrays())
