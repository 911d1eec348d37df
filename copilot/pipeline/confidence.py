"""How sure the whole pipeline is: the calibrated probability that the offered answer is right, end to end."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.pipeline.heads import Arrays, array_named, logit, sigmoid
from copilot.pipeline.types import AnswerVerdict, HeadError, Stage, TopicVerdict, ValidityVerdict

SIGNALS = ("topic", "answer", "lead")
LEAST = 1e-4  # probability of an alternative that there is not


@dataclass(frozen=True, eq=False)
class Confidence:
    """The probability that this is a question we answer, times that the best ranked answer then is right.

    The second is a logistic regression over log-odds: weights float64[len(SIGNALS)], and a bias. Older releases have
    validity's log-odds as one more signal, the first, and no product.
    """

    weights: NDArray[np.float64]
    bias: float

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Confidence":
        """Read what training saved, as a part of the answer stage's artifact."""
        weights = array_named(arrays, "confidence_weights", stage=Stage.ANSWER).astype(np.float64)
        if weights.shape not in ((len(SIGNALS),), (len(SIGNALS) + 1,)) or not np.isfinite(weights).all():
            raise HeadError(Stage.ANSWER, f"confidence has weights {weights.tolist()}: train it again")
        return cls(weights=weights, bias=float(array_named(arrays, "confidence_bias", stage=Stage.ANSWER)))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` reads."""
        return {"confidence_weights": self.weights, "confidence_bias": np.array(self.bias)}

    def probability(self, validity: ValidityVerdict, topic: TopicVerdict, answer: AnswerVerdict) -> float:
        """The probability that the best ranked answer is right."""
        odds = log_odds(topic, answer)
        if len(self.weights) > len(SIGNALS):
            return sigmoid(float(self.weights @ (logit(validity.probability), *odds)) + self.bias)
        return validity.probability * sigmoid(float(self.weights @ odds) + self.bias)


def log_odds(topic: TopicVerdict, answer: AnswerVerdict) -> tuple[float, float, float]:
    """What the weights weigh, in the order of SIGNALS; the lead is over the next best answer."""
    best, second = [*(ranked.probability for ranked in answer.ranked[:2]), LEAST, LEAST][:2]
    lead = math.log(max(best, LEAST) / max(second, LEAST))
    return logit(topic.probability), logit(answer.probability), lead
