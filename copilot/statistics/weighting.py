"""Rows that were drawn with unequal probabilities: what each stands for, and what they are worth together."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def effective_weights(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Return each row's weight 1 / p, scaled so that they sum to what the rows are worth: w (sum w) / (sum w^2).

    Weighted means are then Hájek's estimate (the total of Horvitz and Thompson over the estimated size of the whole),
    and the sum is Kish's effective number (1965), so that weighted counts can stand where plain counts are taken.

    Raises:
        ValueError: a probability not above 0 and at most 1.

    >>> weights = effective_weights([0.1, 0.1, 0.5, 0.5])
    >>> weights.round(2).tolist(), round(float(weights.sum()), 2)
    ([1.15, 1.15, 0.23, 0.23], 2.77)
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if not np.all((p > 0) & (p <= 1)):
        raise ValueError("probabilities with which rows were drawn: each must be above 0 and at most 1")
    weight = 1 / p
    return weight * (weight.sum() / (weight @ weight)) if len(weight) else weight
