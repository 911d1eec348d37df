"""Figures of cases by the day on which they were opened, made from the helpdesk's own records.

`roll_cases` reads what became of each case of one day by one query, counts, and replaces the day's rows and the sums of
its week in one transaction: doing it again gives the same rows. A case is followed for seven days after it was opened,
and for as long after it was closed, so that its figures stand still after two weeks.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from copilot.models.case_day import (
    BINS,
    COUNTS,
    LAST_LOG,
    TIME_BINS,
    TIMES,
    BacklogDay,
    CaseDay,
    CaseWeek,
    KindWeek,
)
from copilot.models.rollup import NOBODY
from copilot.monitor.agents import agent_hash
from copilot.monitor.copying import copy_rows, sortable
from copilot.monitor.funnel import GRACE, WINDOW

VERSION = "cases 2"  # of what is counted how; a change makes another one, and all days anew
MILLION = 1_000_000
SATISFIED = 4  # of 5
WEEK = timedelta(days=7)
COLUMNS = ("day", "arm", "variant_id", "channel", "topic_id", "agent", *BINS, *COUNTS)
FOLLOWED = 2 * WINDOW + timedelta(days=1)  # after which nothing that counts can happen to a case

# Each part of it reads a case's few rows by an index, however large the tables are.
CASES = """
SELECT c.channel, o.at, coalesce(x.arm, a.arm, ''), coalesce(x.variant_id, a.variant_id), s.topic_id,
       r.author_id, r.sent_at, d.at, d.at IS NOT NULL AND EXISTS (
           SELECT FROM helpdesk_statuschange b WHERE b.case_id = c.id AND b.id > d.id AND b.before = 'closed'
           AND b.at >= d.at AND b.at <= d.at + %(window)s),
       t.milliseconds, EXISTS (
           SELECT FROM unnest(p.parts) AS part (id) JOIN helpdesk_caseevent e ON e.case_id = part.id
           WHERE e.type = 'escalated' AND e.at <= o.at + %(window)s),
       EXISTS (
           SELECT FROM helpdesk_reply f JOIN helpdesk_reply g ON g.case_id = f.case_id
           AND g.sent_at > f.sent_at AND g.sent_at <= f.sent_at + interval '1 day'
           WHERE f.case_id = c.id AND f.sent_at >= o.at AND f.sent_at <= o.at + %(window)s
           AND NOT EXISTS (SELECT FROM helpdesk_message m WHERE m.case_id = c.id
                           AND m.sent_at > f.sent_at AND m.sent_at <= g.sent_at)),
       y.score, v.at
FROM helpdesk_statuschange o
JOIN helpdesk_case c ON c.id = o.case_id AND c.merged_into_id IS NULL AND c.channel <> 'import'
CROSS JOIN LATERAL (
    SELECT array_append(array_agg(m.id), c.id) AS parts FROM helpdesk_case m WHERE m.merged_into_id = c.id) p
LEFT JOIN copilot_assignment a ON a.case_id = c.id
LEFT JOIN LATERAL (
    SELECT author_id, sent_at FROM helpdesk_reply WHERE case_id = c.id AND sent_at >= o.at
    ORDER BY sent_at, id LIMIT 1) r ON true
LEFT JOIN LATERAL (
    SELECT e.variant_id, v.arm FROM copilot_suggestion u JOIN copilot_exposure e ON e.suggestion_id = u.id
    JOIN copilot_variant v ON v.id = e.variant_id
    WHERE u.case_id = c.id AND e.agent_id = r.author_id ORDER BY e.at, e.id LIMIT 1) x ON true
LEFT JOIN LATERAL (
    SELECT topic_id FROM copilot_suggestion WHERE case_id = c.id ORDER BY message_id LIMIT 1) s ON true
LEFT JOIN LATERAL (
    SELECT id, at FROM helpdesk_statuschange WHERE case_id = c.id AND after = 'closed' AND before <> ''
    ORDER BY id LIMIT 1) d ON true
LEFT JOIN LATERAL (
    SELECT sum(w.milliseconds) FILTER (WHERE w.day <= %(last_day)s) AS milliseconds  -- not found by day: too many are
    FROM unnest(p.parts) AS part (id) JOIN helpdesk_activetime w ON w.case_id = part.id) t ON true
LEFT JOIN LATERAL (
    SELECT score FROM helpdesk_satisfactionrating WHERE case_id = c.id
    ORDER BY rated_at DESC, id DESC LIMIT 1) y ON true
LEFT JOIN LATERAL (
    SELECT min(e.at) AS at FROM copilot_suggestion u JOIN copilot_suggestionevent e ON e.suggestion_id = u.id
    WHERE u.case_id = c.id AND e.type IN ('viewed', 'inserted', 'alternative_inserted', 'dismissed')) v ON true
WHERE o.at >= %(start)s AND o.at < %(end)s AND o.before = ''
"""
FLOW = """
SELECT c.channel, count(*) FILTER (WHERE s.before IN ('', 'closed') AND s.after <> 'closed'),
       count(*) FILTER (WHERE s.before NOT IN ('', 'closed') AND s.after = 'closed')
FROM helpdesk_statuschange s JOIN helpdesk_case c ON c.id = s.case_id AND c.channel <> 'import'
WHERE s.at >= %(start)s AND s.at < %(end)s
GROUP BY c.channel
"""
SUM = f"""
INSERT INTO copilot_caseweek (week, variant_id, channel, agent, {", ".join((*BINS, *COUNTS))})
SELECT %(week)s, variant_id, coalesce(channel, ''), agent,
       {", ".join(f"string_agg({name}, '' ORDER BY day, id)" for name in BINS)},
       {", ".join(f"sum({name})" for name in COUNTS)}
FROM copilot_caseday WHERE day >= %(week)s AND day < %(end)s
GROUP BY GROUPING SETS ((agent), (channel, agent), (variant_id, agent))
HAVING GROUPING(variant_id) = 1 OR variant_id IS NOT NULL
ORDER BY variant_id, channel, agent
"""  # noqa: S608  the models' own names

SUM_KINDS = f"""
INSERT INTO copilot_kindweek (week, channel, topic_id, {", ".join(TIMES)})
SELECT %(week)s, channel, topic_id, {", ".join(f"sum({name})" for name in TIMES)}
FROM copilot_caseday WHERE day >= %(week)s AND day < %(end)s AND agent <> {NOBODY}
GROUP BY channel, topic_id ORDER BY channel, topic_id
"""  # noqa: S608


class CaseRow(NamedTuple):
    """One row of CASES: a case and what became of it."""

    channel: str
    opened_at: datetime
    arm: str
    variant_id: int | None
    topic_id: int | None
    author_id: int | None
    replied_at: datetime | None
    closed_at: datetime | None
    came_back: bool
    milliseconds: int | None
    is_escalated: bool
    is_corrected: bool
    score: int | None
    seen_at: datetime | None

    def is_seen_by(self, at: datetime) -> bool:
        """Whether a suggestion was in sight before something happened; reports may be a little late."""
        return self.seen_at is not None and self.seen_at <= at + GRACE


class CaseKey(NamedTuple):
    """What the cases of one row have in common."""

    arm: str
    variant_id: int | None
    channel: str
    topic_id: int | None
    agent: int


@dataclass
class CountedCases:
    """The rows of one day while they are counted."""

    cases: defaultdict[CaseKey, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bins: defaultdict[tuple[CaseKey, str], bytearray] = field(default_factory=lambda: defaultdict(bytearray))


def roll_cases(day: date, *, span: tuple[datetime, datetime], now: datetime) -> int:
    """Make the figures of the cases opened on one day anew, and return how many there are."""
    start, end = span
    asked = {"start": start, "end": end, "window": WINDOW, "last_day": day + WINDOW}
    counted, n = CountedCases(), 0
    for row in _query(CASES, asked):
        count(CaseRow._make(row), counted, now=now)
        n += 1
    backlog = [
        BacklogDay(day=day, channel=channel, n_opened=n_opened, n_closed=n_closed)
        for channel, n_opened, n_closed in sorted(_query(FLOW, asked))
        if n_opened or n_closed
    ]
    _replace(day, counted, backlog)
    return n


def followed(*, since: datetime, now: datetime) -> set[date]:
    """Return all days whose cases are still followed, if midnight has passed since a time; none otherwise.

    Then windows close, and the time comes in that beats alone have told, without any other news.
    """
    today = timezone.localdate(now)
    n_midnights = (today - timezone.localdate(since)).days
    return {today - timedelta(days=back) for back in range(FOLLOWED.days + n_midnights + 1) if n_midnights}


def count(row: CaseRow, counted: CountedCases, *, now: datetime) -> None:
    """Count one case."""
    is_replied = row.replied_at is not None and row.replied_at <= row.opened_at + WINDOW
    agent = agent_hash(row.author_id if is_replied else None)
    key = CaseKey(row.arm, row.variant_id, row.channel, row.topic_id, agent)
    found = counted.cases[key]
    found["n_cases"] += 1
    if row.replied_at is not None and is_replied:
        found["n_replied"] += 1
        found["n_replied_seen"] += row.is_seen_by(row.replied_at)
        found["n_corrected"] += row.is_corrected
        seconds = (row.replied_at - row.opened_at).total_seconds()
        _add_time("reply", seconds, found, counted.bins[key, "reply_bins"])
    is_closed = row.closed_at is not None and row.closed_at <= row.opened_at + WINDOW
    is_censored = not is_closed and now > row.opened_at + WINDOW
    found["n_censored"] += is_censored
    found["n_escalated"] += (is_closed or is_censored) and row.is_escalated
    is_seen = row.is_seen_by(row.closed_at if row.closed_at and is_closed else row.opened_at + WINDOW)
    found["n_decided_seen"] += (is_closed or is_censored) and is_seen
    if row.closed_at is not None and is_closed:
        found["n_closed"] += 1
        if now > row.closed_at + WINDOW:
            found["n_followed"] += 1
            found["n_followed_seen"] += is_seen
            found["n_reopened"] += row.came_back
        if row.score is not None:
            found["n_rated"] += 1
            found["n_rated_seen"] += is_seen
            found["rating_sum"] += row.score
            found["n_satisfied"] += row.score >= SATISFIED
        if row.milliseconds:
            found["n_timed"] += 1
            found["n_timed_seen"] += is_seen
            _add_time("handle", int(row.milliseconds) / 1000, found, counted.bins[key, "handle_bins"])


def bin_of(log_millionths: int) -> int:
    """Return the bin of a time by its log.

    >>> bin_of(0), bin_of(round(math.log(300) * MILLION)), bin_of(10**9)
    (0, 27, 63)
    """
    return min(log_millionths * TIME_BINS // round(LAST_LOG * MILLION), TIME_BINS - 1)


def roll_week(week: date) -> None:
    """Make the sums of the week that begins on a Monday anew, from its days."""
    for model, sql in ((CaseWeek, SUM), (KindWeek, SUM_KINDS)):
        model._default_manager.filter(week=week).delete()
        with connection.cursor() as cursor:
            cursor.execute(sql, {"week": week, "end": week + WEEK})


def _add_time(name: str, seconds: float, found: Counter[str], bins: bytearray) -> None:
    log = math.log(max(seconds, 1.0))
    found[f"{name}_log"] += round(log * MILLION)
    found[f"{name}_log_squares"] += round(log**2 * MILLION)
    bins.append(bin_of(round(log * MILLION)))


def _replace(day: date, counted: CountedCases, backlog: list[BacklogDay]) -> None:
    """Put a day's rows, and the sums of its week, in the place of those that stood there."""
    week = day - timedelta(days=day.weekday())
    cases = (
        (day, *key, *(bytes(sorted(counted.bins[key, name])) for name in BINS), *(found[name] for name in COUNTS))
        for key, found in sorted(counted.cases.items(), key=lambda row: sortable(row[0]))
    )  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('case rollup'), %s)", [week.toordinal()])
        CaseDay.objects.filter(day=day).delete()
        BacklogDay.objects.filter(day=day).delete()
        copy_rows(CaseDay, COLUMNS, cases)
        BacklogDay.objects.bulk_create(backlog)
        roll_week(week)


def _query(sql: str, asked: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        yield from cursor.fetchall()
