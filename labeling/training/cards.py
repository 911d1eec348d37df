"""A release's card: what it was made of, and how it did on the test split, beside the baselines (JSON)."""

from collections.abc import Mapping
from dataclasses import asdict

from copilot.code_version import code_version
from copilot.datasets import Dataset
from copilot.evaluation.backtest import Rate
from copilot.evaluation.comparison import calibration_of
from copilot.evaluation.rows import FIGURES, classes_of, from_lists, slices_of
from copilot.models import Evaluation


def card_of(
    trained: Mapping[str, object],
    *,
    dataset: Dataset,
    evaluation: Evaluation | None,
    baselines: Mapping[str, Mapping[str, Rate]],
    **more: object,
) -> dict[str, object]:
    """Return the card; `trained` is what training knows, `more` what the caller adds."""
    return {
        **trained,
        **more,
        "dataset_card": dict(dataset.card),
        "n_test": len(dataset.judges()),
        "code": code_version(),
        "baselines": {
            figure: {name: as_json(rate) for name, rate in rates.items()}
            for figure, rates in baselines.items()
        },
        "test": tested(evaluation) if evaluation else None,
    }


def tested(evaluation: Evaluation) -> dict[str, object]:
    """Figures with n and interval, overall, by class and by slice; calibration and latency.

    Rows that the release has learned from, through a head that it keeps of another one, say nothing and are left out.
    """
    learned = set(evaluation.release.learned_from)
    rows = [row for row in from_lists(evaluation.rows) if row.key not in learned]
    calibration = calibration_of(rows)
    return {
        "n": len(rows),
        "n_left_out": len(evaluation.rows) - len(rows),
        "figures": {figure.name: as_json(figure.rate(rows)) for figure in FIGURES},
        "classes": {name: as_json(rate) for name, rate in classes_of(rows).items()},
        "slices": {
            name: {
                value: {figure: as_json(rate) for figure, rate in rates.items()}
                for value, rates in values.items()
            }
            for name, values in slices_of(rows).items()
        },
        "calibration": asdict(calibration) if calibration else None,
        "latency_ms": evaluation.latency,
        "n_timed": evaluation.n_timed,
    }


def as_json(rate: Rate) -> dict[str, float | int | None]:
    """k of n with its interval."""
    interval = rate.interval
    return {
        "k": rate.k,
        "n": rate.n,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
    }
