"""What was known of an experiment's cases before they got their arm, as adjusted effects take it; see `foretelling`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias, TypeVar

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from copilot.monitor.case_rolling import MILLION
from copilot.monitor.foretelling import Earlier, Foretold, foretell
from copilot.statistics import cuped

Kind: TypeAlias = tuple[str, int]  # channel and topic; 0 is no topic, or that none was known
Key = TypeVar("Key")
Array = NDArray[np.float64]
BEFORE = timedelta(days=84)  # earlier cases by which a case's time is foretold
TOPIC = "CASE WHEN %(has_topic)s THEN coalesce(topic_id, 0) ELSE 0 END"
EARLIER = f"""
SELECT agent, channel, topic, sum(n_timed)::bigint, sum(handle_log)::bigint, sum(n_replied)::bigint,
       sum(reply_log)::bigint
FROM (
    SELECT *, {TOPIC} AS topic FROM copilot_caseday WHERE day >= %(first)s AND day < %(start)s AND agent <> 0
) AS cases
GROUP BY GROUPING SETS ((agent), (channel, topic))
"""  # noqa: S608  nothing of it comes from outside
# A kind's own time is a whole number of millionths here: sums of floats depend on the order of rows.
WEIGHTED = f"""
SELECT agent, variant_id, sum(n_timed * handle)::float, sum(n_timed * handle * handle)::float,
       sum(handle_log * handle)::float, sum(n_replied * reply)::float, sum(n_replied * reply * reply)::float,
       sum(reply_log * reply)::float
FROM copilot_caseday AS cases
JOIN unnest(%(channels)s::text[], %(topics)s::bigint[], %(handle)s::bigint[], %(reply)s::bigint[])
     AS kind (of_channel, of_topic, handle, reply) ON of_channel = channel AND of_topic = {TOPIC}
WHERE variant_id = ANY(%(variants)s) AND agent <> 0
GROUP BY agent, variant_id
"""  # noqa: S608


@dataclass(frozen=True, eq=False)
class Covariate:
    """What is foretold of a time: each agent's part a [agents], and sums with the part k of each case's kind.

    The sums [agents, 2] are those of k, of k^2 and of k times the outcome.
    """

    of_agents: Array
    kinds: Array
    squares: Array
    products: Array

    def sums(self, n: Array, y: Array, yy: Array) -> cuped.Sums:
        """Return the sums of the outcome and of what is foretold, a + k.

        >>> one = np.ones((1, 2))  # a case of each arm of which 3 + 2 is foretold, and that took 7
        >>> found = Covariate(np.array([3.0]), 2 * one, 4 * one, 14 * one).sums(one, 7 * one, 49 * one)
        >>> np.array([found.x, found.xx, found.xy])[:, 0, 0].tolist()
        [5.0, 25.0, 35.0]
        """
        a = self.of_agents[:, None]
        xx = a**2 * n + 2 * a * self.kinds + self.squares
        return cuped.Sums(n=n, y=y, x=a * n + self.kinds, xx=xx, xy=a * y + self.products, yy=yy)


def covariates(
    *, start: date, variants: tuple[int, int], agents: Sequence[int], has_topic: bool
) -> Mapping[str, Covariate]:
    """Return by outcome what was foretold on a day of the times of two variants' cases since."""
    by_agent: dict[int, Sequence[int]] = {}
    by_kind: dict[Kind, Sequence[int]] = {}
    earlier = _query(EARLIER, first=start - BEFORE, start=start, has_topic=has_topic)
    for agent, channel, topic, *sums in earlier:
        if agent is None:
            by_kind[channel, topic] = sums
        else:
            by_agent[agent] = sums
    handle, reply = (foretell(_pairs(by_agent, at), _pairs(by_kind, at)) for at in (0, 2))
    kinds = sorted(by_kind)
    rows = _query(
        WEIGHTED,
        variants=list(variants),
        has_topic=has_topic,
        channels=[channel for channel, _ in kinds],
        topics=[topic for _, topic in kinds],
        handle=[round(handle.of_kind.get(kind, 0.0) * MILLION) for kind in kinds],
        reply=[round(reply.of_kind.get(kind, 0.0) * MILLION) for kind in kinds],
    )
    weighted = np.zeros((6, len(agents), 2))
    at = {agent: place for place, agent in enumerate(agents)}
    for agent, variant, *of_kinds in rows:
        if agent in at:  # whoever is new came since the agents were read
            weighted[:, at[agent], variants.index(variant)] = of_kinds
    return {
        "handle_time": _covariate(handle, agents, weighted[:3]),
        "first_reply_time": _covariate(reply, agents, weighted[3:]),
    }


def _pairs(sums: Mapping[Key, Sequence[int]], at: int) -> dict[Key, Earlier]:
    return {key: Earlier(of[at], of[at + 1] / MILLION) for key, of in sums.items()}


def _covariate(found: Foretold[Kind], agents: Sequence[int], weighted: Array) -> Covariate:
    of_agents = [found.mean + found.of_agent.get(agent, 0.0) for agent in agents]
    kinds, squares, products = weighted
    return Covariate(np.array(of_agents), kinds / MILLION, squares / MILLION**2, products / MILLION**2)


def _query(sql: str, **asked: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return cursor.fetchall()
