"""Years of cases made by the database itself, to measure with: nothing in them is meant to be read.

What is honest about them: 95 % are closed and the open ones are mostly new; the teams are of uneven size; bodies have
real length, and their words are as unevenly common as words are (`w1` stands in every eighth message, `w9000` in
hardly one of 100,000).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

N_TEAMS = 8
N_AGENTS = 200
N_TAGS = 40
N_WORDS = 20_000
CASES_A_CUSTOMER = 3
CHUNK = 100_000
DAYS = 2 * 365

Tell = Callable[[str], None]

# A random word by Zipf's law: the n-th is n times rarer than the first.
WORDS = """
CREATE FUNCTION pg_temp.word() RETURNS text LANGUAGE sql
RETURN 'w' || floor(exp(random() * ln(%(words)s)))::int
"""

BODIES = """
CREATE UNLOGGED TABLE bench_body AS
SELECT pick::int, body FROM unnest(%(bodies)s::text[]) WITH ORDINALITY AS given (body, pick)
"""

PEOPLE = """
INSERT INTO helpdesk_team (id, slug, name)
SELECT g, 'team-' || g, 'Team ' || g FROM generate_series(1, %(teams)s) g;
INSERT INTO helpdesk_tag (id, name) SELECT g, 'tag-' || g FROM generate_series(1, %(tags)s) g;
INSERT INTO helpdesk_user (id, username, first_name, last_name, email, password, role, team_id,
                           is_active, is_staff, is_superuser, date_joined)
SELECT g, 'agent-' || g, 'Agent', g::text, 'agent-' || g || '@example.org', '!', 'agent', 1 + g %% %(teams)s,
       true, false, false, now() FROM generate_series(1, %(agents)s) g
UNION ALL
SELECT %(agents)s + 1, 'scientist', 'Data', 'Scientist', 's@example.org', '!', 'data_scientist', NULL,
       true, false, false, now()
"""

CUSTOMERS = """
INSERT INTO helpdesk_customer (id, name, email, attributes, created_at)
SELECT g, 'Customer ' || g, 'customer-' || g || '@example.org', '{"plan": "plus"}', now() - %(days)s * interval '1 day'
FROM generate_series(1, %(customers)s) g
"""

# Cases come evenly over two years. Of the newest tenth nearly half are not closed yet, of the others hardly any.
CASES = """
INSERT INTO helpdesk_case (id, customer_id, channel, external_id, subject, status, priority, team_id, assignee_id,
                           language, attributes, created_at, last_activity_at, awaiting_since, snoozed_until,
                           escalated_at, escalation_reason)
SELECT g, customer, channel, '', subject, status, priority, team,
       CASE WHEN status = 'closed' OR random() < 0.7
            THEN (team + 6) %% %(teams)s + 1 + %(teams)s * floor(random() * %(agents)s / %(teams)s)::int END,
       language, '{}', created_at, least(now(), created_at + span),
       CASE WHEN status IN ('open', 'snoozed') AND random() < 0.8 THEN created_at END,
       CASE WHEN status = 'snoozed' THEN now() + random() * interval '7 days' END,
       CASE WHEN is_escalated THEN created_at END, CASE WHEN is_escalated THEN 'bench' ELSE '' END
FROM (
  SELECT g, 1 + floor(random() * %(customers)s)::int AS customer,
         now() - (%(cases)s - g + 1) * (%(days)s * interval '1 day' / %(cases)s) AS created_at,
         -ln(1 - random()) * interval '2 days' AS span,
         concat_ws(' ', 'Question about', pg_temp.word(), pg_temp.word()) AS subject,
         CASE WHEN random() > CASE WHEN g > 0.9 * %(cases)s THEN 0.48 ELSE 0.002 END THEN 'closed'
              WHEN random() < 0.62 THEN 'open' WHEN random() < 0.6 THEN 'waiting' ELSE 'snoozed' END AS status,
         CASE WHEN random() < 0.6 THEN 'email' WHEN random() < 0.7 THEN 'chat' ELSE 'web' END AS channel,
         CASE WHEN random() < 0.7 THEN 2 WHEN random() < 0.5 THEN 1 WHEN random() < 0.8 THEN 3 ELSE 4 END AS priority,
         CASE WHEN random() < 0.85 THEN 'en' WHEN random() < 0.7 THEN 'de' ELSE 'fr' END AS language,
         CASE WHEN random() < 0.95 THEN 1 + floor(power(random(), 1.3) * %(teams)s)::int END AS team,
         random() < 0.02 AS is_escalated
  FROM generate_series(%(first)s, %(last)s) g
) AS made
"""

TAGS = """
INSERT INTO helpdesk_case_tags (case_id, tag_id, last_activity_at, closed)
SELECT id, 1 + floor(power(random(), 2) * %(tags)s)::int, last_activity_at, status = 'closed' FROM helpdesk_case
WHERE id BETWEEN %(first)s AND %(last)s AND random() < 0.3
"""

# 1.3 messages a case: each has its first, every third a second one, later.
MESSAGES = """
INSERT INTO helpdesk_message (case_id, channel, external_id, body, html, sent_at, received_at)
SELECT id, channel, 'm-' || id || '-' || nth, concat_ws(' ', body, pg_temp.word(), pg_temp.word(), 'order' || id),
       '', at, at
FROM (
  SELECT c.id, channel, nth, 1 + floor(random() * %(n_bodies)s)::int AS pick,
         created_at + (nth - 1) * (last_activity_at - created_at) / 2 AS at
  FROM helpdesk_case c, generate_series(1, 1 + (random() < 0.3)::int) nth
  WHERE c.id BETWEEN %(first)s AND %(last)s
) AS made JOIN bench_body USING (pick) ORDER BY id
"""

REPLIES = """
INSERT INTO helpdesk_reply (case_id, author_id, client_key, body, sent_at, delivered_at, delivery_error)
SELECT id, assignee_id, 'r-' || id, concat_ws(' ', body, pg_temp.word(), pg_temp.word()),
       last_activity_at, last_activity_at, ''
FROM (
  SELECT id, assignee_id, last_activity_at, 1 + floor(random() * %(n_bodies)s)::int AS pick FROM helpdesk_case
  WHERE id BETWEEN %(first)s AND %(last)s AND awaiting_since IS NULL
) AS made JOIN bench_body USING (pick) ORDER BY id
"""

NOTES = """
INSERT INTO helpdesk_note (case_id, author_id, client_key, body, sent_at)
SELECT id, assignee_id, 'n-' || id, concat_ws(' ', 'Asked the other team about', pg_temp.word()), last_activity_at
FROM helpdesk_case WHERE id BETWEEN %(first)s AND %(last)s AND random() < 0.1
"""

EVENTS = """
INSERT INTO helpdesk_caseevent (case_id, actor_id, type, before, after, at)
SELECT id, assignee_id, 'status', 'open', 'closed', last_activity_at
FROM helpdesk_case WHERE id BETWEEN %(first)s AND %(last)s AND status = 'closed'
"""

STATUS_CHANGES = """
INSERT INTO helpdesk_statuschange (case_id, before, after, actor_id, at)
SELECT id, '', 'open', NULL::bigint, created_at FROM helpdesk_case WHERE id BETWEEN %(first)s AND %(last)s
UNION ALL
SELECT id, 'open', status, assignee_id, last_activity_at
FROM helpdesk_case WHERE id BETWEEN %(first)s AND %(last)s AND status <> 'open'
"""

RATINGS = """
INSERT INTO helpdesk_satisfactionrating (case_id, channel, external_id, score, comment, rated_at)
SELECT id, 'survey', id::text, 1 + floor(sqrt(random()) * 5)::int, '', last_activity_at
FROM helpdesk_case WHERE id BETWEEN %(first)s AND %(last)s AND status = 'closed' AND random() < 0.2
"""

ACTIVE_TIMES = """
INSERT INTO helpdesk_activetime (case_id, agent_id, day, milliseconds)
SELECT id, assignee_id, last_activity_at::date, (20000 - ln(1 - random()) * 180000)::int
FROM helpdesk_case WHERE id BETWEEN %(first)s AND %(last)s AND assignee_id IS NOT NULL
"""

# Indexes that stand behind no constraint are built when all rows are there, which is much faster.
LATER_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename ~ %s
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexname::regclass)
"""

TABLES = "helpdesk_(case|caseevent|customer|message|note|reply|statuschange|satisfactionrating|activetime)"
ROWS = (CASES, TAGS, MESSAGES, REPLIES, NOTES, EVENTS, STATUS_CHANGES, RATINGS, ACTIVE_TIMES)

SEQUENCES = """
SELECT setval(pg_get_serial_sequence('helpdesk_' || name, 'id'), greatest(last, 1))
FROM (VALUES ('team', %(teams)s), ('tag', %(tags)s), ('user', %(users)s), ('customer', %(customers)s),
             ('case', %(cases)s)) AS given (name, last)
"""


def fill(*, cases: int, bodies: Sequence[str], tell: Tell, days: int = DAYS) -> None:
    """Fill an empty database with so many cases; a superuser's work, for the foreign keys are not checked."""
    sizes = {
        "cases": cases, "customers": max(1, cases // CASES_A_CUSTOMER), "n_bodies": len(bodies), "words": N_WORDS,
        "days": days, "teams": N_TEAMS, "agents": N_AGENTS, "users": N_AGENTS + 1, "tags": N_TAGS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'; SELECT setseed(0.5)")
        cursor.execute(BODIES, {"bodies": list(bodies)})
        cursor.execute(WORDS, sizes)
        cursor.execute(PEOPLE, sizes)
        with indexes_made_later(TABLES, tell):
            cursor.execute(CUSTOMERS, sizes)
            for first in range(1, cases + 1, CHUNK):
                last = min(first + CHUNK - 1, cases)
                for rows in ROWS:
                    cursor.execute(rows, sizes | {"first": first, "last": last})
                tell(f"{last:,} of {cases:,} cases")
        cursor.execute(SEQUENCES, sizes)
        cursor.execute("DROP TABLE bench_body")
        tell("vacuuming")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET ALL")


@contextmanager
def indexes_made_later(tables: str, tell: Tell) -> Iterator[None]:
    """Drop the indexes of the tables of which a pattern tells the names, and build them anew afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(LATER_INDEXES, [f"^{tables}$"])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        tell(f"building {len(indexes)} indexes")
        for _, definition in indexes:
            cursor.execute(definition)
