"""Tuning an encoder: which cases it may see, and that questions come nearer to their answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from copilot.datasets import Split
from copilot.pipeline.encoder import Encoder
from labeling.training.encoder import export_encoder
from labeling.training.tuning import tune_encoder, tuned_cases
from tests.pipelines import make_dataset


def test_a_case_never_changes_sides() -> None:
    dataset = make_dataset()
    some = replace(dataset, examples=dataset.examples[::3])

    chosen = tuned_cases(dataset, seed=1)

    assert tuned_cases(some, seed=1) == chosen & {example.case for example in some.examples}
    assert tuned_cases(dataset, seed=2) != chosen
    assert 0.4 < len(chosen) / len(dataset.examples) < 0.8


def test_too_few_questions_are_said(tmp_path: Path) -> None:
    dataset = replace(make_dataset(), examples=make_dataset().examples[:20])

    with pytest.raises(ValueError, match="encoder: .* questions to tune on, 24 are needed: label more"):
        tune_encoder(dataset, tmp_path / "encoder", seed=1)


@pytest.mark.slow
def test_tuned_questions_are_nearer_to_their_answers(tmp_path: Path) -> None:
    dataset = make_dataset()
    cases = tuned_cases(dataset, seed=1)
    told: list[float] = []
    before = Encoder.load(export_encoder(tmp_path / "before"))
    after = Encoder.load(
        tune_encoder(dataset, tmp_path / "after", seed=1, done=lambda _, loss: told.append(loss))
    )

    assert after.tuned_cases == cases
    assert before.tuned_cases == frozenset()
    assert after.sha256 != before.sha256
    assert told[-1] < told[0]
    assert margin(after, dataset) > margin(before, dataset)


def margin(encoder: Encoder, dataset: object) -> float:
    """How much nearer fresh questions are to their own answer than to the nearest other one."""
    cases = tuned_cases(dataset, seed=1)
    slugs = [answer.slug for answer in dataset.catalog.answers]
    fresh = [
        e for e in dataset.examples if e.case not in cases and e.answer in slugs and e.split is Split.TRAIN
    ]
    cosines = (
        encoder.encode([e.text for e in fresh]) @ encoder.encode([a.text for a in dataset.catalog.answers]).T
    )
    own = np.array([[slug == example.answer for slug in slugs] for example in fresh])
    return float((cosines[own] - np.where(own, -1, cosines).max(axis=1)).mean())
