"""Intervals hold what they promise on desks whose truth is known; the stored table is what the code gives."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from copilot.monitor import trying, trying_decay
from copilot.monitor.trying import TRIALS
from copilot.statistics.coverage import BARS, REPEATS, SEED, Result, as_json, from_json, simulate
from copilot.statistics.worlds import (
    N_LABELS,
    Volumes,
    arms,
    binned,
    foretold,
    influenced,
    judged,
    reached,
    timed,
    volumes,
)

ROOT = Path(__file__).parents[3]
STORED = ROOT / "fixtures" / "statistics" / "coverage.json"


@pytest.mark.slow
def test_the_stored_table_is_what_the_code_gives() -> None:
    assert STORED.read_text("utf-8") == as_json(simulate(TRIALS))


def test_every_stored_result_meets_its_bar() -> None:
    stored = from_json(STORED.read_text("utf-8"))
    assert [result for result in stored if not result.meets_bar] == []
    assert {(result.repeats, result.seed) for result in stored} == {(REPEATS, SEED)}
    assert Counter(result.method for result in stored) == dict.fromkeys(
        [trial.method for trial in TRIALS], len(BARS) * len(Volumes)
    )


def test_a_result_meets_its_bar_within_two_standard_errors() -> None:
    def make_result(share: float, *, bar: float, is_alarm: bool) -> Result:
        return Result("any", "zipf", 8, 4_000, share, 0.004, bar, is_alarm, 1)

    assert make_result(0.913, bar=0.92, is_alarm=False).meets_bar
    assert not make_result(0.911, bar=0.92, is_alarm=False).meets_bar
    assert make_result(0.057, bar=0.05, is_alarm=True).meets_bar
    assert not make_result(0.059, bar=0.05, is_alarm=True).meets_bar


def test_the_command_stores_what_it_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trying, "TRIALS", TRIALS[:2])
    call_command("simulate_coverage", repeats=20, worlds=2, seed=3, out=tmp_path / "coverage.json")
    stored = from_json((tmp_path / "coverage.json").read_text("utf-8"))
    assert stored == simulate(TRIALS[:2], repeats=20, seed=3)
    assert {result.repeats for result in stored} == {20}
    decay = from_json((tmp_path / "decay.json").read_text("utf-8"))
    assert decay == trying_decay.try_alarm(worlds=2)
    assert "15 results are in" in capsys.readouterr().out


def test_a_trial_has_draws_of_its_own() -> None:
    """Another trial before it, or none, changes nothing."""
    both = simulate(TRIALS[:2], repeats=30)
    assert simulate(TRIALS[1:2], repeats=30) == both[len(BARS) * len(Volumes) :]


@pytest.mark.parametrize("kind", Volumes)
def test_a_few_agents_have_most_of_the_rows(kind: Volumes) -> None:
    rows = volumes(np.random.default_rng(1), repeats=2_000, n_agents=25, kind=kind, mean=100)
    assert rows.mean() == pytest.approx(100, rel=0.05)
    busiest = np.sort(rows, axis=1)[:, -5:].sum(axis=1) / rows.sum(axis=1)
    assert busiest.mean() > 0.4


def test_the_truth_of_a_world_is_what_its_rows_average_to() -> None:
    rng = np.random.default_rng(2)
    rows = volumes(rng, repeats=20_000, n_agents=10, kind=Volumes.LOGNORMAL, mean=100)
    drawn = influenced(rng, rows, shadow_share=0.3)
    shadow, offer = drawn.k.sum(axis=(0, 1)) / drawn.n.sum(axis=(0, 1))
    assert (shadow, offer - shadow) == pytest.approx((drawn.match_rate, drawn.difference), abs=0.003)
    truth = judged(rng, rows)
    assert truth.right_here.mean() == pytest.approx(truth.right, abs=0.003)
    assert truth.labelled.sum(axis=(1, 2, 3, 4, 5)).mean() == pytest.approx(N_LABELS, rel=0.01)
    weight = 1 / truth.chance[:, None, ..., None]
    told = (truth.labelled * weight).sum(axis=(0, 1, 2, 3, 4))
    assert told[1] / told.sum() == pytest.approx(truth.right, abs=0.003)
    times = timed(rng, arms(rng, rows, by_agent=False))
    first, second = times.total.sum(axis=(0, 1)) / times.n.sum(axis=(0, 1))
    assert second - first == pytest.approx(times.effect, abs=0.005)
    seen = reached(rng, arms(rng, rows, by_agent=False))
    logs, shares = (each.sum(axis=(0, 1)) / seen.n.sum(axis=(0, 1)) for each in (seen.total, seen.k))
    assert (logs[1] - logs[0]) / (shares[1] - shares[0]) == pytest.approx(seen.effect, abs=0.01)
    counts, edges, effect = binned(rng, arms(rng, rows[:2_000], by_agent=False))
    medians = [
        np.interp(0.5, counts[:, :, arm].sum(axis=(0, 1)).cumsum() / counts[:, :, arm].sum(), edges[1:])
        for arm in (0, 1)
    ]
    assert medians[1] - medians[0] == pytest.approx(effect, abs=0.015)


def test_a_foretold_outcome_has_the_sums_of_rows() -> None:
    rng = np.random.default_rng(3)
    drawn = foretold(rng, np.full((50_000, 1, 2), 12))
    agent, rows_of_x, rest = rng.normal(0, 0.3, 200_000), rng.normal(0, 0.6, (200_000, 12)), None
    rest = rng.normal(0, 0.7, (200_000, 12))
    x = agent[:, None] + rows_of_x
    y = 4.0 + agent[:, None] + 0.9 * x + rest
    for found, expected in (
        (drawn.x, x.sum(axis=1)),
        (drawn.xx, (x**2).sum(axis=1)),
        (drawn.y, y.sum(axis=1)),
        (drawn.xy, (x * y).sum(axis=1)),
        (drawn.yy, (y**2).sum(axis=1)),
    ):
        assert found[:, 0, 0].mean() == pytest.approx(expected.mean(), abs=0.02 * expected.std())
        assert found[:, 0, 0].std() == pytest.approx(expected.std(), rel=0.02)


def test_no_statistic_brings_in_what_costs_the_web_process_memory() -> None:
    modules = sorted(file.stem for file in (ROOT / "copilot" / "statistics").glob("[a-z]*.py"))
    code = (
        f"import sys, importlib; [importlib.import_module('copilot.statistics.' + each) for each in {modules}]; "
        "print(sorted({'scipy.stats', 'scipy.optimize', 'statsmodels', 'pandas', 'django'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "[]", run.stderr
