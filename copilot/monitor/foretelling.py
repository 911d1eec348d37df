"""How long a case would take by what was known before it got its arm: the covariate of adjusted effects (pure).

Known are its agent's mean log time of an earlier period, and that of its channel and topic. Both are the same for all
cases of a row of figures, so that the products with the outcome follow from the row's sums.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

FEWEST = 5  # earlier cases below which a mean says too little, and the mean of all stands in


class Earlier(NamedTuple):
    """Cases of an earlier period that have an agent and a kind in common, and the sum of their log times."""

    agent: int
    kind: object
    n: int
    total: float


Foretold: TypeAlias = Callable[[int, object], float]


def foretell(earlier: Iterable[Earlier]) -> Foretold:
    """Return the expected log time of an agent's case of a kind: the mean of all, plus what is the agent's and the
    kind's own.

    >>> expected = foretell([Earlier(1, "chat", 10, 40.0), Earlier(2, "chat", 10, 60.0), Earlier(2, "mail", 1, 9.0)])
    >>> round(expected(1, "chat"), 2), round(expected(3, "mail"), 2)
    (3.81, 5.19)
    """
    of_agent: defaultdict[object, list[float]] = defaultdict(lambda: [0, 0.0])
    of_kind: defaultdict[object, list[float]] = defaultdict(lambda: [0, 0.0])
    for row in earlier:
        for sums in (of_agent[row.agent], of_kind[row.kind]):
            sums[0] += row.n
            sums[1] += row.total
    n, total = (sum(sums[place] for sums in of_agent.values()) for place in (0, 1))
    mean = total / n if n else 0.0
    own_of_agent, own_of_kind = _own(of_agent, mean), _own(of_kind, mean)
    return lambda agent, kind: mean + own_of_agent.get(agent, 0.0) + own_of_kind.get(kind, 0.0)


def _own(sums: Mapping[object, list[float]], mean: float) -> dict[object, float]:
    return {key: total / n - mean for key, (n, total) in sums.items() if n >= FEWEST}
