"""An estimate that is not a share, with what is known about it: effects, differences, corrected accuracies."""

from dataclasses import dataclass

from scipy.special import stdtrit

from copilot.statistics.intervals import FEWEST_AGENTS, Method


@dataclass(frozen=True)
class Estimate:
    """A figure in its own unit with its interval. `n` rows of `n_agents` agents; `df` is what the agents are worth.

    `few_agents` marks an interval that a page shows with a warning: fewer than 8 agents.
    """

    low: float
    high: float
    estimate: float
    standard_error: float
    df: float
    n: int
    n_agents: int
    method: Method
    few_agents: bool

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.low <= 0 <= self.high


def student(
    estimate: float,
    *,
    variance: float,
    df: float,
    n: float,
    n_agents: int,
    method: Method,
    confidence: float = 0.95,
) -> Estimate:
    """Return the interval estimate ± t_df sqrt(variance) (Student 1908).

    Raises:
        ValueError: confidence is not between 0 and 1.

    >>> found = student(0.1, variance=0.0025, df=24, n=900, n_agents=25, method=Method.CR2)
    >>> round(found.low, 3), round(found.high, 3), found.is_clear
    (-0.003, 0.203, False)
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence}: it must lie between 0 and 1, such as 0.95")
    standard_error = variance**0.5
    half = float(stdtrit(df, (1 + confidence) / 2)) * standard_error
    return Estimate(
        low=estimate - half,
        high=estimate + half,
        estimate=estimate,
        standard_error=standard_error,
        df=df,
        n=round(n),
        n_agents=n_agents,
        method=method,
        few_agents=n_agents < FEWEST_AGENTS,
    )
