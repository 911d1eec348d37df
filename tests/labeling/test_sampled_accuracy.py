"""What drawn labels say of accuracy holds what its intervals promise, on a desk whose truth is known."""

import random
from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from copilot.judging import ComparedTurn
from copilot.models import Match
from copilot.monitor.correcting import by_prediction, by_strata
from copilot.monitor.labels import Label
from copilot.monitor.reading import Agents, grouped
from labeling.drawing import spread
from labeling.stratifying import stratify

REPEATS = 100
N_TURNS, N_AGENTS = 3000, 25
RIGHT = 0.8


def desk(seed: int) -> tuple[list[ComparedTurn], list[bool], list[int]]:
    """A span's turns, which suggestions are right, and who replied; agents differ, and copy what they are shown."""
    rng = np.random.default_rng(seed)
    volumes = 1 / np.arange(1, N_AGENTS + 1)
    agent = rng.choice(N_AGENTS, N_TURNS, p=volumes / volumes.sum())
    right, shadow = rng.random(N_TURNS) < RIGHT, rng.random(N_TURNS) < 0.1
    confidence = np.clip(rng.normal(np.where(right, 0.88, 0.78), 0.06), 0.6, 0.99)
    leaning = np.where(right, 0.6, -2.2) + np.where(shadow, 0, 1) + rng.normal(0, 0.4, N_AGENTS)[agent]
    is_match = rng.random(N_TURNS) < 1 / (1 + np.exp(-leaning))
    is_conflict = ~right & (rng.random(N_TURNS) < 0.2)
    kind = np.where(is_match, "near", np.where(is_conflict, "conflict", "none"))
    topic = rng.integers(0, 20, N_TURNS)
    turns = [
        ComparedTurn(
            at, "shadow" if shadow[at] else "offer", str(kind[at]), f"t{topic[at]}", float(confidence[at])
        )
        for at in range(N_TURNS)
    ]
    return turns, right.tolist(), (agent + 1).tolist()


def figures(turns: list[ComparedTurn], agent: list[int]) -> dict[str, Agents]:
    """The turns as the days' figures hold them."""
    found = {}
    for arm in ("shadow", "offer"):
        rows = [turn for turn in turns if turn.arm == arm]
        hashes = np.array([agent[turn.suggestion_id] for turn in rows])
        kinds = {
            f"n_{kind}": np.array([turn.kind == kind for turn in rows], dtype=np.int64) for kind in Match.Kind
        }
        sums = {
            "n_matches": sum(kinds[f"n_{kind}"] for kind in Match.MATCHING),
            "n_compared": sum(kinds.values()),
        }
        counts = kinds | sums
        found[arm] = grouped(np.zeros_like(hashes), hashes, counts)[0]
    return found


@pytest.mark.slow
def test_the_intervals_of_both_corrected_estimates_cover_the_truth() -> None:
    covered: defaultdict[str, int] = defaultdict(int)
    errors: defaultdict[str, list[float]] = defaultdict(list)
    for seed in range(REPEATS):
        turns, right, agent = desk(seed)
        chance = random.Random(seed)
        labels = [
            Label(
                date(2026, 1, 5), turn.arm, turn.kind, turn.topic, agent[turn.suggestion_id], stratum.probability,
                float(right[turn.suggestion_id]), None,
            )
            for stratum in stratify(turns, size=300)
            for turn in spread(stratum, chance)
        ]  # fmt: skip
        truth, arms = sum(right) / len(right), figures(turns, agent)
        for found in (by_strata(labels, arms), by_prediction(labels, arms)[0]):
            assert found.value is not None
            assert found.low is not None
            assert found.high is not None
            covered[found.name] += found.low <= truth <= found.high
            errors[found.name].append(found.value - truth)
    standard_error = (0.92 * 0.08 / REPEATS) ** 0.5
    assert all(n / REPEATS + 2 * standard_error >= 0.92 for n in covered.values()), dict(covered)
    for name, some in errors.items():
        assert abs(np.mean(some)) < 3 * np.std(some) / REPEATS**0.5, f"{name} leans to one side"
