"""What labeling functions said, sparse: most of them say nothing about most messages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Votes:
    """Votes of m functions on n rows for k classes; entry i says that `functions[i]` gave `rows[i]` the class
    `classes[i]`, and what is not there is an abstain.

    Entries are sorted by row, then function, and a function votes at most once on a row. rows [v] int64 in [0, n),
    functions [v] int32 in [0, m), classes [v] int32 in [0, k).
    """

    rows: NDArray[np.int64]
    functions: NDArray[np.int32]
    classes: NDArray[np.int32]
    n: int
    m: int
    k: int

    @classmethod
    def from_columns(
        cls, columns: Sequence[tuple[NDArray[np.integer], NDArray[np.integer]]], *, n: int, k: int
    ) -> "Votes":
        """Join one (rows, classes) pair a function.

        >>> votes = Votes.from_columns([(np.array([2, 0]), np.array([1, 1])), (np.array([0]), np.array([0]))], n=3, k=2)
        >>> votes.rows.tolist(), votes.functions.tolist(), votes.classes.tolist()
        ([0, 0, 2], [0, 1, 0], [1, 0, 1])
        """
        rows = np.concatenate([np.asarray(r, np.int64) for r, _ in columns] or [np.zeros(0, np.int64)])
        classes = np.concatenate([np.asarray(c, np.int32) for _, c in columns] or [np.zeros(0, np.int32)])
        sizes = [len(r) for r, _ in columns]
        functions = np.repeat(np.arange(len(columns), dtype=np.int32), sizes)
        order = np.lexsort((functions, rows))
        return cls(rows[order], functions[order], classes[order], n=n, m=len(columns), k=k)

    @classmethod
    def from_matrix(cls, matrix: NDArray[np.integer], *, k: int) -> "Votes":
        """Read a dense [n, m] matrix in which -1 is an abstain, as snorkel writes it."""
        rows, functions = np.nonzero(matrix >= 0)
        n, m = matrix.shape
        classes = matrix[rows, functions].astype(np.int32)
        return cls(rows.astype(np.int64), functions.astype(np.int32), classes, n=n, m=m, k=k)

    def to_matrix(self) -> NDArray[np.int32]:
        """Return the dense [n, m] matrix, -1 for an abstain: for small n only."""
        matrix = np.full((self.n, self.m), -1, np.int32)
        matrix[self.rows, self.functions] = self.classes
        return matrix

    def covered(self) -> NDArray[np.bool_]:
        """Return for each row whether anybody voted on it, [n]."""
        mask = np.zeros(self.n, bool)
        mask[self.rows] = True
        return mask

    def only_rows(self, rows: NDArray[np.int64]) -> "Votes":
        """Return the votes on some rows, which are numbered anew in the order given."""
        place = np.full(self.n, -1, np.int64)
        place[rows] = np.arange(len(rows))
        kept = place[self.rows] >= 0
        new = place[self.rows[kept]]
        order = np.lexsort((self.functions[kept], new))
        return Votes(
            new[order],
            self.functions[kept][order],
            self.classes[kept][order],
            n=len(rows),
            m=self.m,
            k=self.k,
        )
