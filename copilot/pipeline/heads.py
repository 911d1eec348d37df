"""What the heads share: a linear layer with a temperature, and arrays read with an error that helps.

Training is scikit-learn's work (labeling.training); a head is its numpy twin, equal to 1e-6 by test.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.types import Features, HeadError, Probabilities, Stage, Vector, Vectors

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class Linear:
    """A multinomial logistic regression: weights float64[k, f], bias float64[k], classes k names.

    A loaded layer has its weights column by column, since a few words are a few columns of many.
    `temperature` divides the logits: above 1 it makes probabilities humbler, below 1 surer; it never changes ranks.
    """

    stage: Stage
    classes: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    temperature: float = 1.0

    def __post_init__(self) -> None:
        shapes = (self.weights.shape[:1], self.bias.shape, (len(self.classes),))
        if self.weights.ndim != 2 or len(set(shapes)) != 1 or len(self.classes) < 2:
            raise HeadError(
                self.stage,
                f"weights {self.weights.shape}, bias {self.bias.shape} and {len(self.classes)} classes do not fit: "
                "train it again",
            )
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all() and self.temperature > 0):
            raise HeadError(self.stage, "weights are not finite numbers: train it again")

    def logits(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return float64[n, k] for x float[n, f], before the temperature."""
        if x.shape[1] != self.weights.shape[1]:
            raise HeadError(
                self.stage,
                f"got {x.shape[1]} numbers per question, was trained on {self.weights.shape[1]}: "
                "this release mixes encoders, promote one whose parts were trained together",
            )
        return x @ self.weights.T + self.bias

    def predict_proba(self, x: NDArray[np.floating]) -> Probabilities:
        """Return float64[n, k], each row summing to 1."""
        return softmax(self.logits(x) / self.temperature)

    def arrays(self, prefix: str = "") -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` reads."""
        return {
            f"{prefix}classes": np.array(self.classes),
            f"{prefix}weights": self.weights,
            f"{prefix}bias": self.bias,
            f"{prefix}temperature": np.array(self.temperature),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, *, stage: Stage, prefix: str = "") -> "Linear":
        """Read the arrays whose names start with `prefix`."""
        return cls(
            stage=stage,
            classes=tuple(str(name) for name in array_named(arrays, f"{prefix}classes", stage=stage)),
            weights=array_named(arrays, f"{prefix}weights", stage=stage).astype(np.float64, order="F"),
            bias=array_named(arrays, f"{prefix}bias", stage=stage).astype(np.float64),
            temperature=float(array_named(arrays, f"{prefix}temperature", stage=stage)),
        )


@dataclass(frozen=True, eq=False)
class Tower:
    """A linear map onto the sphere: matrix float32[n, d] and the mean float32[n] that it is taken around."""

    matrix: Vectors
    mean: Vector

    @classmethod
    def identity(cls, n: int, d: int) -> "Tower":
        """Keep the first d of n numbers as they are."""
        return cls(matrix=np.eye(n, d, dtype=np.float32), mean=np.zeros(n, dtype=np.float32))

    def rise(self, rows: Vectors) -> Vectors:
        """Return float32[r, d], each of length 1, for rows [r, n]."""
        return unit(np.asarray((rows - self.mean) @ self.matrix, dtype=np.float32))

    def read(self, features: Features) -> Vectors:
        """Let texts rise: by their meaning alone, or by their earlier layers too if it was trained on these."""
        is_deep = len(self.mean) != features.embedding.shape[1]
        return self.rise(features.deep if is_deep else features.embedding)


@dataclass(frozen=True, eq=False)
class Towers:
    """Questions and the texts that answer them are worded differently: each side rises in a tower of its own.

    They were trained on past pairs, but work for any answer's text, a new one's too. At the top they meet by cosine.
    """

    question: Tower
    answer: Tower

    def similarities(self, questions: Vectors, risen: Vectors) -> Vectors:
        """Return float32[n, a]: cosines of questions [n, q] with answers that `answer.rise` has returned [a, d]."""
        return self.question.rise(questions) @ risen.T

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` reads."""
        return {
            "towers_question": self.question.matrix,
            "towers_question_mean": self.question.mean,
            "towers_answer": self.answer.matrix,
            "towers_answer_mean": self.answer.mean,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, *, stage: Stage) -> "Towers":
        """Read what training saved."""

        def tower(side: str) -> Tower:
            matrix, mean = (
                array_named(arrays, name, stage=stage).astype(np.float32)
                for name in (f"towers_{side}", f"towers_{side}_mean")
            )
            return Tower(matrix=matrix, mean=mean)

        return cls(question=tower("question"), answer=tower("answer"))


def array_named(arrays: Arrays, name: str, *, stage: Stage) -> NDArray[np.generic]:
    """Return one array of an artifact, or say which artifact lacks it."""
    try:
        return arrays[name]
    except KeyError:
        raise HeadError(
            stage, f"artifact has no array {name!r}: it is of another stage or version, train it again"
        ) from None


def softmax(logits: NDArray[np.float64]) -> Probabilities:
    """Return exp(logits), each row divided by its sum.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]])).round(3).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    raised: Probabilities = np.exp(logits - logits.max(axis=-1, keepdims=True))
    raised /= raised.sum(axis=-1, keepdims=True)
    return raised


def unit(rows: Vectors) -> Vectors:
    """Return the rows, each divided by its length; a row of zeros stays one.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)).round(1).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None]
    divided: Vectors = rows / np.maximum(lengths, np.float32(1e-12))
    return divided


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)) without overflow.

    >>> sigmoid(0.0), round(sigmoid(-1000.0), 3), round(sigmoid(1000.0), 3)
    (0.5, 0.0, 1.0)
    """
    return 0.5 + 0.5 * math.tanh(x / 2)


def logit(probability: float) -> float:
    """Return log(p / (1 - p)), p kept within [1e-6, 1 - 1e-6].

    >>> logit(0.5), round(logit(1.0), 3)
    (0.0, 13.816)
    """
    kept = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))
