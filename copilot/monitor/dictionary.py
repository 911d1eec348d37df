"""The views that people may ask in SQL, as the database itself describes them, and questions to begin with.

A view's and a column's words are their comments: whoever looks with `\\d+` in psql reads the same as the page.
"""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from django.db import connection

SCHEMA = "figures"
FIND = """
SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''),
       a.attname, format_type(a.atttypid, NULL), coalesce(col_description(c.oid, a.attnum), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind = 'v'
ORDER BY c.oid, a.attnum
"""


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    words: str


@dataclass(frozen=True)
class View:
    name: str
    words: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Example:
    """A question, and how to ask it; `key` names it in the page."""

    key: str
    question: str
    sql: str


def views() -> list[View]:
    """Return all views in the order in which they were made."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [SCHEMA])
        rows = cursor.fetchall()
    return [
        View(name, words, tuple(Column(*row[2:]) for row in columns))
        for (name, words), columns in groupby(rows, key=itemgetter(0, 1))
    ]


EXAMPLES = (
    Example(
        "match-rate",
        "How often do replies match what was suggested and hidden, by week?",
        """\
SELECT date_trunc('week', day)::date AS week,
       sum(n_matches) AS matches,
       sum(n_compared) AS compared,
       round(sum(n_matches) / nullif(sum(n_compared), 0)::numeric, 3) AS match_rate,
       count(DISTINCT agent) AS agents
FROM figures.turns_by_day
WHERE arm = 'shadow' AND NOT is_replayed AND n_compared > 0
GROUP BY week
HAVING count(DISTINCT agent) >= 5
ORDER BY week;""",
    ),
    Example(
        "agents",
        "What is an interval of that made of: the sums of each agent, as clusters",
        """\
SELECT agent, sum(n_matches) AS k, sum(n_compared) AS n
FROM figures.turns_by_day
WHERE arm = 'shadow' AND NOT is_replayed AND n_compared > 0 AND day > current_date - 28
GROUP BY agent;""",
    ),
    Example(
        "topics",
        "Which topics get a suggestion seldom?",
        """\
SELECT area, topic,
       sum(n_turns - n_off) AS turns,
       round(1 - sum(n_withheld + n_failed) / nullif(sum(n_turns - n_off), 0)::numeric, 2) AS suggested
FROM figures.turns_by_day
WHERE day > current_date - 28 AND topic IS NOT NULL
GROUP BY area, topic
ORDER BY suggested, turns DESC;""",
    ),
    Example(
        "handle-time",
        "How long do cases take to work on, by variant of an experiment?",
        """\
SELECT experiment, variant,
       sum(n_timed) AS cases,
       round(exp(sum(handle_log_sum) / nullif(sum(n_timed), 0))) AS typical_seconds,
       round(sum(n_timed_seen) / nullif(sum(n_timed), 0)::numeric, 2) AS seen
FROM figures.cases_by_day
WHERE experiment IS NOT NULL AND agent IS NOT NULL
GROUP BY experiment, variant
ORDER BY experiment, variant;""",
    ),
    Example(
        "calibration",
        "Does a confidence of 80 % match more often than one of 60 %?",
        """\
SELECT release, floor(confidence_from * 10) / 10 AS confidence_from,
       sum(n) AS replies,
       round(sum(n_matches) / nullif(sum(n), 0)::numeric, 3) AS match_rate
FROM figures.confidences_by_day
WHERE arm = 'shadow'
GROUP BY release, release_number, 2
ORDER BY release_number, 2;""",
    ),
    Example(
        "corrections",
        "Which answers are taken back most often once they were sent?",
        """\
SELECT topic, answer,
       sum(n_used) AS used,
       sum(n_corrected) AS corrected
FROM figures.answers_by_day
GROUP BY topic, answer
HAVING sum(n_corrected) > 0
ORDER BY corrected DESC, used;""",
    ),
)
