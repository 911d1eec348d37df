"""Heads refuse to work with parts that do not fit, and say which stage and what to do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from copilot.artifacts import save
from copilot.pipeline.answers import AnswerHead, Uses
from copilot.pipeline.confidence import Confidence
from copilot.pipeline.heads import Linear
from copilot.pipeline.topics import TopicHead
from copilot.pipeline.types import (
    AnswerVerdict,
    Features,
    HeadError,
    Question,
    Stage,
    TopicVerdict,
    ValidityVerdict,
)
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
def test_a_head_saved_again_gives_the_same_file(kind: type, name: str, tmp_path: Path) -> None:
    arrays = getattr(fitted(), name).arrays()

    again = kind.from_arrays(arrays).arrays()

    assert save(tmp_path / "again", again, {}) == save(tmp_path / "first", arrays, {})


def test_a_validity_head_of_before_reads_no_layers() -> None:
    arrays = dict(fitted().validity.arrays())
    n_marks = len(arrays["mean"])
    arrays["weights"] = np.delete(arrays["weights"], np.s_[DIMENSIONS:-n_marks], axis=1)
    features = FakeEncoder().features([Question("where is my payout")])
    logits = fitted().topics.logits(features)

    old = ValidityHead.from_arrays(arrays)
    expected = replace(
        fitted().validity,
        layer=replace(fitted().validity.layer, weights=fitted().validity.layer.weights.copy()),
    )
    expected.layer.weights[:, DIMENSIONS:-n_marks] = 0.0

    np.testing.assert_allclose(old.predict_proba(features, logits), expected.predict_proba(features, logits))


def test_a_confidence_of_before_reads_validity_as_one_more_signal() -> None:
    verdicts = (ValidityVerdict(True, None, 0.8), TopicVerdict((("fees", 0.5),), 0.5), AnswerVerdict((), 0.5))

    old = Confidence(weights=np.array([1.0, 0.0, 0.0, 0.0]), bias=0.0)
    new = Confidence(weights=np.zeros(3), bias=0.0)

    assert old.probability(*verdicts) == pytest.approx(0.8)
    assert new.probability(*verdicts) == pytest.approx(0.4)


def test_past_uses_are_put_together_by_answer() -> None:
    vectors = np.eye(4, dtype=np.float32)
    uses = Uses.grouped(("a", "b", "c"), vectors, np.array([2, 0, 2, 0]))

    assert uses.similarities(vectors[1], ("a", "b", "c", "d")) == [0.5, None, 0.0, None]
    assert uses.similarities(vectors[1], ("a",), hidden=np.array([True, False, False, False])) == [0.0]
    assert uses.slug_at.tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("slug_at", [[0], [1, 0]])
def test_past_uses_that_do_not_fit_are_refused(slug_at: list[int]) -> None:
    with pytest.raises(HeadError, match=r"answer: .*past uses .*train it again"):
        Uses(("a", "b"), np.eye(2, dtype=np.float32), np.array(slug_at))


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
