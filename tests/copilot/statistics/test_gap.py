"""The gap between offline and online accuracy is told without a rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.statistics.gap import decompose

TOPIC = st.tuples(st.integers(0, 200), st.integers(0, 200), st.floats(0, 1), st.floats(0, 1))


@given(
    st.lists(TOPIC, min_size=1, max_size=12).filter(lambda t: sum(r[0] for r in t) and sum(r[1] for r in t))
)
def test_both_parts_sum_to_the_gap(topics: list[tuple[int, int, float, float]]) -> None:
    n_off, n_on, right_off, right_on = np.array(topics).T
    gap = decompose(n_offline=n_off, n_online=n_on, accuracy_offline=right_off, accuracy_online=right_on)
    assert gap.total == pytest.approx(gap.mix + gap.within, abs=1e-9)
    assert gap.total == pytest.approx(
        np.average(right_off, weights=n_off) - np.average(right_on, weights=n_on), abs=1e-9
    )
    assert gap.mix == pytest.approx(sum(gap.mix_by_topic), abs=1e-9)
    assert gap.within == pytest.approx(sum(gap.within_by_topic), abs=1e-9)


def test_the_same_mix_leaves_only_within_and_the_same_accuracy_only_mix() -> None:
    same_mix = decompose(
        n_offline=[10, 30], n_online=[20, 60], accuracy_offline=[0.9, 0.8], accuracy_online=[0.5, 0.8]
    )
    assert (same_mix.mix, same_mix.within) == (pytest.approx(0, abs=1e-12), pytest.approx(0.1))
    same_accuracy = decompose(
        n_offline=[10, 30], n_online=[60, 20], accuracy_offline=[0.5, 0.8], accuracy_online=[0.5, 0.8]
    )
    assert (same_accuracy.mix, same_accuracy.within) == (pytest.approx(0.15), 0)


def test_a_topic_seen_only_online_is_mix() -> None:
    gap = decompose(
        n_offline=[50, 0], n_online=[25, 25], accuracy_offline=[0.9, float("nan")], accuracy_online=[0.9, 0.5]
    )
    assert (gap.total, gap.mix, gap.within) == (pytest.approx(0.2), pytest.approx(0.2), 0)


def test_a_topic_that_nobody_saw_changes_nothing() -> None:
    gap = decompose(
        n_offline=[50, 0], n_online=[25, 0], accuracy_offline=[0.9, np.nan], accuracy_online=[0.8, np.nan]
    )
    assert gap.total == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("n_on", "right", "message"),
    [([0], [0.5], "one side has no rows"), ([5, 5], [0.5], "of each topic"), ([5], [1.5], "between 0 and 1")],
)
def test_what_makes_no_gap_is_refused(n_on: list[int], right: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decompose(n_offline=[5], n_online=n_on, accuracy_offline=[0.5], accuracy_online=right)
