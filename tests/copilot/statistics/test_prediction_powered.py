"""PPI++: the formula over rows, what a good judge saves, and that a bad one does no harm."""

import numpy as np
import pytest
from numpy.typing import NDArray

from copilot.statistics.intervals import wilson
from copilot.statistics.prediction_powered import (
    Corrected,
    Judged,
    Labelled,
    clustered_prediction_powered,
    prediction_powered,
)

Flags = NDArray[np.bool_]


def estimate(f: NDArray[np.float64], y: Flags, labelled: Flags) -> Corrected:
    return prediction_powered(
        Judged(len(f), f.sum(), (f**2).sum()),
        Labelled(
            labelled.sum(),
            y[labelled].sum(),
            f[labelled].sum(),
            (f[labelled] ** 2).sum(),
            f[labelled & y].sum(),
        ),
    )


def make_rows(seed: int, *, n: int = 5_000, n_labels: int = 500, noise: float = 0.2) -> tuple:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.7
    f = np.clip(y + rng.normal(0, noise, n), 0, 1)
    return f, y, rng.permutation(n) < n_labels


def test_it_is_the_formula_over_rows() -> None:
    f, y, labelled = make_rows(1)
    rest, told, truth = f[~labelled], f[labelled], y[labelled].astype(float)
    power = np.cov(truth, told)[0, 1] / ((1 + len(told) / len(rest)) * rest.var())
    rectified = truth - power * told
    found = estimate(f, y, labelled)
    assert found.power[0] == pytest.approx(power)
    assert found.interval.estimate == pytest.approx(power * rest.mean() + rectified.mean())
    error = (power**2 * rest.var() / len(rest) + rectified.var(ddof=1) / len(told)) ** 0.5
    assert found.standard_error == pytest.approx(error, rel=0.03)  # half a label of each kind more


def test_a_good_judge_is_worth_labels() -> None:
    f, y, labelled = make_rows(2, noise=0.1)
    found = estimate(f, y, labelled).interval
    alone = wilson(y[labelled].sum(), labelled.sum())
    assert found.high - found.low < 0.6 * (alone.high - alone.low)
    assert found.n_effective > 2 * labelled.sum()


@pytest.mark.parametrize("judge", ["constant", "chance", "contrary"])
def test_a_bad_judge_does_no_harm(judge: str) -> None:
    _, y, labelled = make_rows(3)
    chance = np.random.default_rng(4).random(len(y))
    f = {"constant": np.full(len(y), 0.5), "chance": chance, "contrary": 1.0 - y}[judge]
    found = estimate(f, y, labelled)
    alone = wilson(y[labelled].sum(), labelled.sum())
    assert found.power[0] < 0.1
    assert found.interval.high - found.interval.low < 1.05 * (alone.high - alone.low)


def test_all_rows_labelled_leave_nothing_to_the_judge() -> None:
    f, y, _ = make_rows(5, n=400)
    found = estimate(f, y, np.ones(400, dtype=bool))
    assert found.power == (0.0,)
    assert found.interval.estimate == pytest.approx(y.mean())


def test_strata_are_weighted_by_their_rows_and_have_a_power_each() -> None:
    judged = Judged([1_000, 3_000], [600, 1_500], [600, 1_500])
    labelled = Labelled([100, 100], [80, 50], [60, 50], [60, 50], [58, 25])
    found = prediction_powered(judged, labelled)
    parts = [
        prediction_powered(
            *(type(sums)(*(each[at] for each in vars(sums).values())) for sums in (judged, labelled))
        )
        for at in (0, 1)
    ]
    assert found.power == pytest.approx([each.power[0] for each in parts])
    assert found.power[1] == 0
    expected = 0.25 * parts[0].interval.estimate + 0.75 * parts[1].interval.estimate
    assert found.interval.estimate == pytest.approx(expected)


def test_sums_of_agents_give_the_same_estimate_and_a_wider_interval() -> None:
    rng = np.random.default_rng(6)
    n = np.full((10, 2), 200)
    right = rng.binomial(n, rng.beta(3, 1, (10, 1)))
    labels = np.full((10, 2), 20)
    y = np.round(right / 10)
    f, told = right * 0.9, y * 0.9
    judged = Judged(n, f, f)
    labelled = Labelled(labels, y, told, told, told)
    found = clustered_prediction_powered(judged, labelled)
    rows = prediction_powered(
        Judged(*(each.sum(axis=0) for each in (n, f, f))),
        Labelled(*(each.sum(axis=0) for each in (labels, y, told, told, told))),
    )
    assert found.interval.estimate == pytest.approx(rows.interval.estimate)
    assert found.power == pytest.approx(rows.power)
    assert found.interval.high - found.interval.low > rows.interval.high - rows.interval.low
    assert not found.interval.few_agents


@pytest.mark.parametrize(
    ("judged", "labelled", "message"),
    [
        (Judged(100, 50, 50), Labelled(1, 1, 1, 1, 1), "stratum 0 has 1 labels: at least 2 are needed"),
        (Judged(10, 5, 5), Labelled(20, 10, 9, 9, 8), "more labels than rows"),
        (Judged(100, 50, 50), Labelled(20, 21, 9, 9, 8), "each y must lie between 0 and its n"),
        (Judged([100, 50], [50, 9], [50, 9]), Labelled(20, 10, 9, 9, 8), "differ, give one of each"),
        (
            Judged(np.ones((2, 2)), *[np.ones((2, 2))] * 2),
            Labelled(*[np.ones((2, 2))] * 5),
            "one number per stratum",
        ),
    ],
)
def test_sums_that_make_no_estimate_are_refused(judged: Judged, labelled: Labelled, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prediction_powered(judged, labelled)


def test_one_agent_does_not_tell_how_agents_differ() -> None:
    one = np.full((1, 1), 50)
    with pytest.raises(ValueError, match="of at least two agents"):
        clustered_prediction_powered(Judged(one, one, one), Labelled(one, one, one, one, one))
