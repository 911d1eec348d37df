"""A desk where nothing happens, looked at every day for 30 days: how often a sequence cries wolf at any look."""

import numpy as np
from numpy.typing import NDArray

from copilot.statistics.always_valid import lower_line, sequence
from copilot.statistics.clusters import variance_of
from copilot.statistics.differences import arm_products
from copilot.statistics.regression import contrast
from copilot.statistics.sample_ratio import ALARM, log_bayes_factor
from copilot.statistics.worlds import Generator, rates

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]
N_DAYS = 30
CASES_A_DAY = 0.2  # of an agent's rows
AT_ONCE = 200  # repeats, for memory


def effects(rng: Generator, rows: Rows) -> Flags:
    """Return in which repeats the always-valid interval of log handle time left out 0 on some day, in an A/A test."""
    n = _daily(rng, rows)
    second = rng.binomial(n, 0.5)
    arms = np.stack([n - second, second], axis=-1)
    slow = rng.normal(4.0, 0.3, rows.shape)
    total = arms * slow[:, None, :, None] + 0.8 * (rng.gamma(np.maximum(arms, 1e-9)) - arms)
    parts = range(0, len(rows), AT_ONCE)
    return np.concatenate([_wins(total[at : at + AT_ONCE], arms[at : at + AT_ONCE]) for at in parts])


def effects_on_shares(rng: Generator, rows: Rows) -> Flags:
    """Return the same of a share, such as of cases that are reopened."""
    n = _daily(rng, rows)
    second = rng.binomial(n, 0.5)
    arms = np.stack([n - second, second], axis=-1)
    k = rng.binomial(arms, rates(rng, rows, mean=0.15)[:, None, :, None]).astype(np.float64)
    parts = range(0, len(rows), AT_ONCE)
    return np.concatenate([_wins(k[at : at + AT_ONCE], arms[at : at + AT_ONCE]) for at in parts])


def _wins(total: NDArray[np.float64], arms: Rows) -> Flags:
    y, n = total.cumsum(axis=1), arms.cumsum(axis=1)
    found = contrast(*arm_products(y, n.astype(np.float64)), np.array([0.0, 1.0]))
    by_arm = n.sum(axis=2)
    planned = float(by_arm[:, -1].sum(axis=-1).mean())
    limits = sequence(found.estimate, found.variance**0.5, by_arm, planned_n=planned, df=found.df)
    return np.asarray(np.any((limits.low > 0) | (limits.high < 0), axis=1))


def lower_lines(rng: Generator, rows: Rows) -> Flags:
    """Return in which repeats the lower line of a match rate rose above the true one on some day."""
    n = _daily(rng, rows).cumsum(axis=1).astype(np.float64)
    daily = np.diff(n, axis=1, prepend=0).astype(np.int64)
    k = rng.binomial(daily, rates(rng, rows, mean=0.7)[:, None, :]).cumsum(axis=1)
    n_rows = n.sum(axis=2, keepdims=True)
    p = k.sum(axis=2, keepdims=True) / n_rows
    variance, df = variance_of((k - p * n) / n_rows, n / n_rows)
    so_far = n_rows[..., 0]
    line = lower_line(p[..., 0], variance**0.5, so_far, planned_n=float(so_far[:, -1].mean()), df=df)
    return np.asarray(np.any(line > 0.7, axis=1))


def sample_ratios(rng: Generator, rows: Rows) -> Flags:
    """Return in which repeats the Bayes factor passed its alarm on some day though shares are as configured."""
    n = _daily(rng, rows).sum(axis=2)
    shadow = rng.binomial(n, 0.1).cumsum(axis=1)
    counts = np.stack([shadow, n.cumsum(axis=1) - shadow], axis=-1)
    return np.asarray(np.any(log_bayes_factor(counts, [0.1, 0.9]) > np.log(ALARM), axis=1))


def _daily(rng: Generator, rows: Rows) -> Rows:
    """Return cases [repeats, days, agents]."""
    return rng.poisson(CASES_A_DAY * rows[:, None, :], (len(rows), N_DAYS, rows.shape[1]))
