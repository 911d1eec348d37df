"""Sparse votes and the dense matrix say the same."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from labeling.votes import Votes

MATRICES = arrays(np.int32, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.integers(-1, 4))


@given(MATRICES)
def test_a_matrix_comes_back_as_it_was(matrix: np.ndarray) -> None:
    votes = Votes.from_matrix(matrix, k=5)
    assert np.array_equal(votes.to_matrix(), matrix)
    assert np.array_equal(votes.covered(), (matrix >= 0).any(axis=1))


@given(MATRICES)
def test_columns_and_the_matrix_give_the_same_votes(matrix: np.ndarray) -> None:
    columns = [(np.flatnonzero(column >= 0), column[column >= 0]) for column in matrix.T]
    ours, theirs = Votes.from_columns(columns, n=len(matrix), k=5), Votes.from_matrix(matrix, k=5)
    for name in ("rows", "functions", "classes"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


@given(MATRICES, st.randoms(use_true_random=False))
def test_some_rows_keep_their_votes_in_the_order_asked_for(matrix: np.ndarray, chance) -> None:
    rows = np.array(chance.sample(range(len(matrix)), chance.randint(0, len(matrix))), np.int64)
    assert np.array_equal(Votes.from_matrix(matrix, k=5).only_rows(rows).to_matrix(), matrix[rows])


def test_no_functions_are_no_votes() -> None:
    votes = Votes.from_columns([], n=3, k=2)
    assert votes.to_matrix().shape == (3, 0)
    assert not votes.covered().any()
