"""Conditional logit: choose one of a few options by a weighted sum of their signals.

The weights are shared by all options, so it learns from every choice at once and serves options it never saw. It is
what mixes the topic stage's signals and what ranks answers, where "none of them" is one more option.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.base import BaseEstimator


class ChoiceModel(BaseEstimator):
    """P(option) = softmax(signals @ weights_), with one more option of weight none_ if `with_none`.

    Learned: `weights_` float64[f], `none_` float (0.0 without that option), `n_iter_`.
    """

    def __init__(self, *, with_none: bool = False, l2: float = 1e-4) -> None:
        self.with_none = with_none
        self.l2 = l2

    def fit(
        self,
        options: Sequence[NDArray[np.float64]],
        accepted: Sequence[NDArray[np.bool_]],
        weights: NDArray[np.float64] | None = None,
    ) -> Self:
        """Fit to choices: options float64[m, f] each (m may differ), accepted bool[m] each, what each choice weighs.

        Several accepted options share the weight of their choice; none accepted means that none was chosen.
        """
        rows, shares, starts = self._stacked(options, accepted)
        n, counts = len(options), np.diff([*starts, len(rows)])
        if weights is None:
            weigh = np.ones(1)
        else:
            n, weigh = weights.sum(), np.repeat(weights, counts)

        def loss(mix: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            scores = rows @ mix
            scores -= np.repeat(np.maximum.reduceat(scores, starts), counts)
            logs = scores - np.repeat(np.log(np.add.reduceat(np.exp(scores), starts)), counts)
            gradient = rows.T @ ((np.exp(logs) - shares) * weigh) / n + self.l2 * mix
            return float(-((shares * weigh) @ logs) / n + self.l2 * (mix @ mix) / 2), gradient

        found = minimize(
            loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 1000}
        )
        if not found.success:
            raise RuntimeError(f"choice model did not converge after {found.nit} rounds: {found.message}")
        self.weights_ = found.x[:-1] if self.with_none else found.x
        self.none_ = float(found.x[-1]) if self.with_none else 0.0
        self.n_iter_ = int(found.nit)
        return self

    def predict_proba(self, options: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return float64[m] for one choice; with none, they sum to less than 1."""
        scores = options @ self.weights_
        if self.with_none:
            scores = np.append(scores, self.none_)
        raised = np.exp(scores - scores.max())
        probabilities: NDArray[np.float64] = (raised / raised.sum())[: len(options)]
        return probabilities

    def _stacked(
        self, options: Sequence[NDArray[np.float64]], accepted: Sequence[NDArray[np.bool_]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """All options below each other, the share of each in its choice, and where each choice starts."""
        blocks: list[NDArray[np.float64]] = []
        shares: list[NDArray[np.float64]] = []
        starts: list[int] = []
        at = 0
        for signals, chosen in zip(options, accepted, strict=True):
            block, share = signals, chosen.astype(np.float64)
            if self.with_none:
                block = np.vstack(
                    [np.column_stack([signals, np.zeros(len(signals))]), [*[0.0] * signals.shape[1], 1.0]]
                )
                share = np.append(share, float(not chosen.any()))
            elif not chosen.any():
                raise ValueError(f"choice {len(starts)} accepts no option: leave it out, or fit with none")
            blocks.append(block)
            shares.append(share / share.sum())
            starts.append(at)
            at += len(block)
        return np.vstack(blocks), np.concatenate(shares), np.array(starts)
