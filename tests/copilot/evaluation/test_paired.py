"""The paired bootstrap: what pairing is worth, and that cases stay together."""

import numpy as np

from copilot.evaluation.paired import paired_difference

CASES = [f"c{number}" for number in range(300)]
ALL = np.ones(300)


def test_the_same_flags_differ_by_nothing() -> None:
    flags = np.arange(300) % 3 == 0
    found = paired_difference((flags, ALL), (flags, ALL), CASES)
    assert (found.estimate, found.low, found.high) == (0, 0, 0)


def test_the_interval_is_that_of_the_changed_rows() -> None:
    old = np.arange(300) % 2 == 0
    new = old | (np.arange(300) < 30)
    found = paired_difference((old, ALL), (new, ALL), CASES)
    expected = 1.96 * np.sqrt(0.05 * 0.95 / 300)
    assert found.estimate == np.mean(new) - np.mean(old)
    assert abs((found.high - found.low) / 2 - expected) < 0.2 * expected
    assert found.low < found.lower < found.estimate < found.upper < found.high


def test_rows_of_one_case_count_as_one() -> None:
    old = np.arange(300) % 2 == 0
    new = old | (np.arange(300) < 30)
    together = [f"c{number // 30}" for number in range(300)]
    apart = paired_difference((old, ALL), (new, ALL), CASES)
    joined = paired_difference((old, ALL), (new, ALL), together)
    assert joined.high - joined.low > 2 * (apart.high - apart.low)


def test_a_share_of_nothing_has_no_difference() -> None:
    assert paired_difference((ALL, 0 * ALL), (ALL, ALL), CASES) is None


def test_it_is_the_same_every_time() -> None:
    flags = np.arange(300) % 5 == 0
    assert paired_difference((ALL, ALL), (flags, ALL), CASES) == paired_difference(
        (ALL, ALL), (flags, ALL), CASES
    )
