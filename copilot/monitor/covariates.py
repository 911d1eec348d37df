"""What was known of an experiment's cases before they got their arm, as adjusted effects take it; see `foretelling`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias, TypeVar

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from copilot.models.case_day import TIMES
from copilot.monitor.case_rolling import MILLION
from copilot.monitor.foretelling import Earlier, Foretold, foretell
from copilot.statistics import cuped

Kind: TypeAlias = tuple[str, int]  # channel and topic; 0 is no topic, or that none was known
Key = TypeVar("Key")
Array = NDArray[np.float64]
BEFORE = timedelta(days=84)  # earlier cases by which a case's time is foretold
TOPIC = "CASE WHEN %(has_topic)s THEN coalesce(topic_id, 0) ELSE 0 END"
SUMS = ", ".join(TIMES)
WHOLE = "week >= %(monday)s AND week < %(last_monday)s"
REST = "(day >= %(first)s AND day < %(monday)s OR day >= %(last_monday)s AND day < %(start)s)"
# By agent and by kind, each from whole weeks and from the days before and after them.
EARLIER = f"""
SELECT agent, channel, topic, {", ".join(f"sum({name})::bigint" for name in TIMES)}
FROM (
    SELECT agent, NULL AS channel, NULL::bigint AS topic, {SUMS} FROM copilot_caseweek
    WHERE variant_id IS NULL AND channel = '' AND {WHOLE}
    UNION ALL SELECT agent, NULL, NULL, {SUMS} FROM copilot_caseday WHERE {REST}
    UNION ALL SELECT NULL, channel, {TOPIC}, {SUMS} FROM copilot_kindweek WHERE {WHOLE}
    UNION ALL SELECT NULL, channel, {TOPIC}, {SUMS} FROM copilot_caseday WHERE agent <> 0 AND {REST}
) AS cases
WHERE agent IS DISTINCT FROM 0
GROUP BY agent, channel, topic
"""  # noqa: S608  nothing of it comes from outside
PRODUCTS = (
    "n_timed * handle", "n_timed * handle * handle", "handle_log * handle",
    "n_replied * reply", "n_replied * reply * reply", "reply_log * reply",
)  # fmt: skip
# A kind's own time is a whole number of millionths here: sums of floats depend on the order of rows. Of a kind that is
# new nothing is known; joined otherwise, few rows would be expected, and all of them sorted.
WEIGHTED = f"""
SELECT agent, variant_id, {", ".join(f"coalesce(sum({product}), 0)::float" for product in PRODUCTS)}
FROM copilot_caseday AS cases
LEFT JOIN unnest(%(channels)s::text[], %(topics)s::bigint[], %(handle)s::bigint[], %(reply)s::bigint[])
     AS kind (of_channel, of_topic, handle, reply) ON of_channel = channel AND of_topic = {TOPIC}
WHERE variant_id = ANY(%(variants)s) AND agent <> 0 AND day < %(end)s
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
    *, start: date, end: date, variants: tuple[int, int], agents: Sequence[int], has_topic: bool
) -> Mapping[str, Covariate]:
    """Return by outcome what was foretold on a day of the times of two variants' cases since, up to the end."""
    by_agent, by_kind = earlier_times(start=start, has_topic=has_topic)
    reply, handle = (foretell(_pairs(by_agent, at), _pairs(by_kind, at)) for at in (0, 2))
    kinds = sorted(by_kind)
    rows = _query(
        WEIGHTED,
        variants=list(variants),
        end=end,
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


def earlier_times(
    *, start: date, has_topic: bool
) -> tuple[dict[int, Sequence[int]], dict[Kind, Sequence[int]]]:
    """Return the sums of TIMES over the cases of the weeks before a day, by agent and by kind."""
    first = start - BEFORE
    asked = {
        "first": first,
        "monday": first + timedelta(days=-first.weekday() % 7),
        "last_monday": start - timedelta(days=start.weekday()),
        "start": start,
    }
    by_agent: dict[int, Sequence[int]] = {}
    by_kind: dict[Kind, Sequence[int]] = {}
    for agent, channel, topic, *sums in _query(EARLIER, has_topic=has_topic, **asked):
        if agent is None:
            by_kind[channel, topic] = sums
        else:
            by_agent[agent] = sums
    return by_agent, by_kind


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
