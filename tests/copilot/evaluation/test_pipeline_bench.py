"""The bench of the pipeline: counts and shares by a clock of one's own."""

from itertools import count

import pytest

from copilot.evaluation.bench import measure
from tests.pipelines import CATALOG, make_pipeline


def test_figures_follow_from_the_clock() -> None:
    ticks = count()
    pipeline = make_pipeline(timer=lambda: next(ticks) / 1000)

    bench = measure(
        pipeline, CATALOG, ["when does my payout arrive", "how do i refund a card", "how do i refund a card"]
    )

    # Between two readings lies 1 ms: 4 stages read the clock twice each, one run of them takes 9 ms.
    assert (bench.n, bench.p50_ms, bench.p95_ms) == (2, pytest.approx(9), pytest.approx(9))
    assert bench.stage_ms == pytest.approx({"encoder": 1.0, "topic": 1.0, "validity": 1.0, "answer": 1.0})
    assert bench.encoder_share == pytest.approx(1 / 9)
    assert bench.batch_per_second == pytest.approx(2 / 0.009)
    assert bench.batch_share_of_encoder == pytest.approx(1 / 9)
    assert bench.mean_tokens == pytest.approx(7.5)


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(ValueError, match="nothing to measure: give at least one text"):
        measure(make_pipeline(), CATALOG, [])
