"""How long a case would take by what was known before it got its arm: the covariate of adjusted effects (pure).

Known are its agent's mean log time of an earlier period, and that of its channel and topic: its kind. What is foretold
is a sum of both parts, so that its products with the outcome follow from sums of cases by agent (see `covariates`).
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

Kind = TypeVar("Kind", bound=Hashable)
FEWEST = 5  # earlier cases below which a mean says too little, and the mean of all stands in


class Earlier(NamedTuple):
    """Cases of an earlier period that have something in common, and the sum of their log times."""

    n: int
    total: float


@dataclass(frozen=True)
class Foretold(Generic[Kind]):
    """A case's expected log time: the mean of all, plus what is its agent's own and its kind's own; 0 where unknown."""

    mean: float
    of_agent: Mapping[int, float]
    of_kind: Mapping[Kind, float]

    def expected(self, agent: int, kind: Kind) -> float:
        return self.mean + self.of_agent.get(agent, 0.0) + self.of_kind.get(kind, 0.0)


def foretell(of_agents: Mapping[int, Earlier], of_kinds: Mapping[Kind, Earlier]) -> Foretold[Kind]:
    """Return what is foretold of an agent's case of a kind, from the same earlier cases by agent and by kind.

    >>> agents = {1: Earlier(10, 40.0), 2: Earlier(11, 69.0)}
    >>> found = foretell(agents, {"chat": Earlier(20, 100.0), "mail": Earlier(1, 9.0)})
    >>> round(found.expected(1, "chat"), 2), round(found.expected(3, "mail"), 2)
    (3.81, 5.19)
    """
    n, total = (sum(sums[place] for sums in of_agents.values()) for place in (0, 1))
    mean = total / n if n else 0.0
    return Foretold(mean, _own(of_agents, mean), _own(of_kinds, mean))


def _own(sums: Mapping[Kind, Earlier], mean: float) -> dict[Kind, float]:
    return {key: total / n - mean for key, (n, total) in sums.items() if n >= FEWEST}
