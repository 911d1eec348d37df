"""A learning curve drawn out: to where the law that made it leads, and with a range that holds its end."""

import numpy as np
import pytest

from labeling.bench.curve import Point, project, projected, rising
from tests.pipelines import make_example

N = 1_000


def accuracy_with(rows: float) -> float:
    """A law of errors that is known."""
    return 1 - 1.13 * rows**-0.44


def test_it_ends_where_the_law_leads_from_the_rows_that_were_drawn() -> None:
    figures = [
        {"rows a topic": rows, "accuracy": accuracy_with(rows), "test rows in scope": 100_000}
        for rows in (5, 10, 20, 42)
    ]

    found = projected(figures, tell=print)

    assert list(found) == ["projected to 142 a topic"]
    assert found["projected to 142 a topic"]["accuracy"] == pytest.approx(accuracy_with(142), abs=0.001)


def test_its_range_holds_the_end() -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(100):
        curve = [
            Point(rows, tuple(rng.binomial(N, accuracy_with(rows), size=2) / N), N)
            for rows in (5, 10, 20, 42)
        ]
        found = project(curve, more=100)
        assert 0 <= found.low < found.accuracy < found.high <= 1
        held += found.low <= accuracy_with(142) <= found.high

    assert held >= 92


def test_seeds_and_test_rows_that_are_few_make_it_wider() -> None:
    def width(*accuracies: float, n: int) -> float:
        found = project(
            [Point(rows, tuple(accuracy_with(rows) + d for d in accuracies), n) for rows in (5, 10, 20)],
            more=100,
        )
        return found.high - found.low

    assert width(0, n=100) > width(0, n=10_000)
    assert width(-0.05, 0.05, n=10_000) > width(0, 0, n=10_000)


@pytest.mark.parametrize("accuracies", [(1.0, 1.0, 1.0), (0.9, 0.5, 0.1), (0.0, 0.0, 0.0)])
def test_no_curve_leads_out_of_what_an_accuracy_can_be(accuracies: tuple[float, ...]) -> None:
    found = project([Point(10 * 2**at, (accuracy,), 50) for at, accuracy in enumerate(accuracies)], more=100)

    assert 0 <= found.low <= found.accuracy <= found.high <= 1


def test_more_labels_are_never_expected_to_harm() -> None:
    found = project(
        [Point(rows, (accuracy,), N) for rows, accuracy in ((5, 0.8), (8, 0.85), (10, 0.84))], more=100
    )

    assert found.low > 0.75


def test_shots_that_draw_no_more_rows_are_left_out() -> None:
    topics = ["fees"] * 42 + ["refunds"] * 7
    train = [make_example(number, "a text", topic=topic) for number, topic in enumerate(topics)]

    assert rising([100, 5, 42, 10, 5, 50], train) == [5, 10, 42]
    assert rising([10, 50, 100], train) == [10, 50]
    assert rising([], train) == []
    assert rising([5, 10], []) == [5], "whoever trains on it says what is missing"
