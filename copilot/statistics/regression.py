"""Least squares from sums of agents, with standard errors that hold where rows cluster (CR2).

Everything linear is a case of it: a mean, the difference of two arms, an effect adjusted for what was known before.
It needs no rows, only each agent's sums of products, which are what a day's rollup holds; different days add up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ALMOST_ONE = (
    1 - 1e-9
)  # leverage from which an agent alone decides a coefficient, and so tells nothing of its error


@dataclass(frozen=True, eq=False)
class Contrast:
    """A combination of coefficients with its variance and degrees of freedom; arrays of the leading axes."""

    estimate: Array
    variance: Array
    df: Array


def contrast(xx: Array, xy: Array, weights: Array) -> Contrast:
    """Return sum_j weights_j beta_j of the least-squares fit of y on x, with cluster-robust variance.

    `xx` float64[..., agents, p, p]: each agent's sum of x x'. `xy` float64[..., agents, p]: its sum of x y.
    `weights` float64[..., p]. Leading axes are fits apart. Units are those of y over those of x.

    With M = (sum_g xx_g)^-1, and agent g's rows X_g and residuals e_g,

        beta = M sum_g xy_g
        V = M [sum_g X_g' A_g e_g e_g' A_g X_g] M, A_g = (I - X_g M X_g')^-1/2

    (CR2; Bell and McCaffrey 2002): unbiased where rows are independent, and far less biased than the plain sandwich
    where they are not. The degrees of freedom are Satterthwaite's for the same contrast (Pustejovsky and Tipton 2018,
    with independent rows as working model). Since X' f(X M X') = f(X'X M) X' for any power series f, none of it needs
    the rows. An agent who alone decides a coefficient tells nothing of its error, and counts as such.

    Raises:
        ValueError: shapes that do not fit, or columns of x that depend on each other.

    >>> n, y = np.array([4.0, 4, 4, 4]), np.array([2.0, 1, 3, 2])  # a mean: x is 1
    >>> found = contrast(n[:, None, None], y[:, None], np.ones(1))
    >>> float(found.estimate), round(float(found.variance), 5), round(float(found.df), 3)
    (0.5, 0.01042, 3.0)
    """
    if xx.shape[:-1] != xy.shape or xx.shape[-1] != xx.shape[-2] or weights.shape[-1] != xx.shape[-1]:
        raise ValueError(
            f"regression: xx has shape {xx.shape}, xy {xy.shape} and weights {weights.shape}; give [agents, p, p], "
            "[agents, p] and [p]"
        )
    scale = np.sqrt(np.einsum("...gii->...i", xx))
    if not np.all(scale > 0):
        raise ValueError("regression: a column of x is 0 throughout, leave it out")
    xx = xx / scale[..., None, :, None] / scale[..., None, None, :]
    xy, weights = xy / scale[..., None, :], weights / scale
    root = _root_of_inverse(xx.sum(axis=-3))
    whitened = root[..., None, :, :] @ xx @ root[..., None, :, :]  # eigenvalues: the agents' leverages
    beta = root @ root @ xy.sum(axis=-2)[..., None]
    residual = (xy[..., None] - xx @ beta[..., None, :, :])[..., 0]
    direction = (root @ weights[..., None])[..., 0]
    leverage, turn = np.linalg.eigh(whitened)
    known = leverage < ALMOST_ONE
    factor = np.where(known, 1 / np.sqrt(np.where(known, 1 - leverage, 1)), 0)
    corrected = (turn * factor[..., None, :]) @ np.swapaxes(turn, -1, -2) @ direction[..., None, :, None]
    influence = np.einsum("...gi,...gi->...g", corrected[..., 0], _times(root, residual))
    return Contrast(
        estimate=np.einsum("...i,...i->...", beta[..., 0], weights),
        variance=np.sum(influence**2, axis=-1),
        df=_degrees(whitened, corrected),
    )


def _root_of_inverse(whole: Array) -> Array:
    values, vectors = np.linalg.eigh(whole)
    if np.any(values[..., 0] < 1e-10 * values[..., -1]):
        raise ValueError("regression: columns of x depend on each other, leave one of them out")
    return (vectors / np.sqrt(values)[..., None, :]) @ np.swapaxes(vectors, -1, -2)


def _times(root: Array, of_agents: Array) -> Array:
    return (root[..., None, :, :] @ of_agents[..., None])[..., 0]


def _degrees(whitened: Array, corrected: Array) -> Array:
    """Return tr(P)^2 / tr(P^2), P the covariance of the agents' influences if rows were independent.

    P is diagonal less Q Q', so its square is summed up without making it: there may be more agents than memory.
    """
    pulled = (whitened @ corrected)[..., 0]
    own = np.einsum("...gi,...gi->...g", pulled, corrected[..., 0])
    shared = np.sum(pulled**2, axis=-1)
    across = np.swapaxes(pulled, -1, -2) @ pulled
    trace = np.sum(own - shared, axis=-1)
    squares = np.sum(own**2 - 2 * own * shared, axis=-1) + np.sum(across**2, axis=(-2, -1))
    return np.where(squares > 0, trace**2 / np.where(squares > 0, squares, 1), 0.0)
