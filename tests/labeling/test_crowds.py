"""A crowd far from all that is known is found by its middle; who stands alone is none."""

import numpy as np

from labeling.crowds import centres


def around(axis: int, n: int, chance: np.random.Generator, spread: float = 0.05) -> np.ndarray:
    middle = np.eye(32)[axis]
    rows = np.vstack([middle, middle + chance.normal(size=(n - 1, 32)) * spread])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_each_new_crowd_has_one_voice_and_the_largest_comes_first() -> None:
    chance = np.random.default_rng(1)
    vectors = np.vstack(
        [around(0, 8, chance), around(1, 20, chance), around(2, 30, chance), around(3, 2, chance)]
    )
    found = centres(vectors, around(2, 3, chance))
    assert [int(vectors[place].argmax()) for place in found] == [1, 0]


def test_without_anything_known_every_crowd_is_new() -> None:
    chance = np.random.default_rng(1)
    assert len(centres(around(0, 6, chance), np.zeros((0, 32), np.float32))) == 1
    assert centres(np.zeros((0, 32), np.float32), around(0, 6, chance)) == []
