"""A year of turns with what agents did, made by the database itself, to measure the monitor with.

What is honest about them: agents are of uneven industry (the busiest has a sixth of the replies), topics as unevenly
common as words, a twentieth of cases is held out, an experiment has run for half of the year, releases followed each
other; suggestions were opened several times. Nothing in them is meant to be read.
"""

from typing import Any

from django.db import connection
from django.utils import timezone

from copilot import match_versions
from copilot.models import Suggestion
from helpdesk.benching.filling import N_AGENTS, Tell, indexes_made_later

DAYS = 365
N_TOPICS, N_RELEASES = 100, 4
PRODUCTS = [
    "Mini",
    "Counter",
    "Stand",
    "Plus",
    *(f"Number {n}" for n in range(1, 47)),
]  # some of them are named
BUSY_DAY, BUSY_TURNS = 30, 67_500  # so many days ago; three of four turns have a reply
CHUNK = 100_000
TABLES = "copilot_(suggestion|suggestionevent|match|assignment)"

# Topics with two answers each, and products; releases one after the other; an experiment that has ended and one that
# runs.
AROUND = """
INSERT INTO copilot_term (name) SELECT 'Product ' || name FROM unnest(%(products)s::text[]) name;
INSERT INTO copilot_area (slug, name) SELECT 'area-' || g, 'Area ' || g FROM generate_series(1, 9) g;
INSERT INTO copilot_topic (slug, name, guideline, version, area_id)
SELECT 'topic-' || g, 'Topic number ' || g, '', 1, (SELECT id FROM copilot_area ORDER BY id OFFSET g %% 9 LIMIT 1)
FROM generate_series(1, %(topics)s) g;
INSERT INTO copilot_answer (slug, name, visibility, topic_id)
SELECT 'answer-' || id || '-' || g, 'Answer ' || g || ' of ' || name, 'public', id
FROM copilot_topic, generate_series(1, 2) g;
INSERT INTO copilot_answerversion (answer_id, number, body, change, note, created_at, approved_at)
SELECT id, 1, repeat('Open the menu and choose the second entry. ', 12), 'meaning', '', now() - interval '3 years',
       now() - interval '3 years' FROM copilot_answer;
INSERT INTO copilot_artifact (kind, sha256, folder, card, created_at)
SELECT kind, kind, kind, '{}', now() FROM unnest(ARRAY['encoder', 'validity', 'topic', 'answer']) kind;
INSERT INTO copilot_release (state, encoder_id, validity_id, topics_id, answers_id, validity_floor, topic_floor,
                             answer_floor, confidence_floor, languages, dataset, card, learned_from, note, shadow_share,
                             created_at, promoted_at)
SELECT CASE WHEN g = %(releases)s THEN 'live' ELSE 'retired' END, e.id, v.id, t.id, a.id, 0.5, 0.5, 0.5, 0.5, '[]', '',
       '{}', '[]', '', 0, at, at
FROM generate_series(1, %(releases)s) g
CROSS JOIN LATERAL (SELECT now() - (%(releases)s - g + 1) * (%(days)s / %(releases)s) * interval '1 day' AS at) AS made
JOIN copilot_artifact e ON e.kind = 'encoder' JOIN copilot_artifact v ON v.kind = 'validity'
JOIN copilot_artifact t ON t.kind = 'topic' JOIN copilot_artifact a ON a.kind = 'answer';
INSERT INTO copilot_experiment (name, hypothesis, salt, unit, primary_outcome, n_planned, state, made_at, started_at,
                                ended_at, end_reason)
SELECT state, 'Agents are faster.', state, 'case', 'handle_time', 100000, state, now() - from_days * interval '1 day',
       now() - from_days * interval '1 day', CASE WHEN state = 'ended' THEN now() - interval '90 days' END, ''
FROM (VALUES ('ended', 180), ('running', 60)) AS given (state, from_days);
INSERT INTO copilot_variant (experiment_id, position, name, share, arm)
SELECT id, position, arm, 500000, arm FROM copilot_experiment, (VALUES (0, 'offer'), (1, 'shadow')) AS v (position, arm)
"""

ASSIGNMENTS = """
INSERT INTO copilot_assignment (case_id, arm, is_held_out, experiment_id, variant_id, at)
SELECT c.id, CASE WHEN held_out THEN 'shadow' ELSE coalesce(v.arm, 'offer') END, held_out,
       CASE WHEN NOT held_out THEN e.id END, CASE WHEN NOT held_out THEN v.id END, c.created_at
FROM (SELECT id, created_at, random() < 0.05 AS held_out, floor(random() * 2)::int AS drawn FROM helpdesk_case
      WHERE id BETWEEN %(first)s AND %(last)s) AS c
LEFT JOIN copilot_experiment e ON c.created_at >= e.started_at AND c.created_at < coalesce(e.ended_at, 'infinity')
LEFT JOIN copilot_variant v ON v.experiment_id = e.id AND v.position = c.drawn
"""

# One turn a case: 8 % fail or are withheld, the others have a text.
SUGGESTIONS = """
INSERT INTO copilot_suggestion (case_id, message_id, state, reason, detail, arm, release_id, topic_id, answer_id,
                                text, parts, validity_probability, topic_probability, answer_probability, confidence,
                                question, created_at, queued_at, finished_at, attempts)
SELECT m.case_id, m.id, d.state,
       CASE d.state WHEN 'withheld' THEN (ARRAY['confidence_low', 'topic_unsure', 'no_answer'])[1 + floor(d.u * 3)::int]
                    WHEN 'failed' THEN 'lost' WHEN 'shadow' THEN 'held_out' ELSE '' END, '', a.arm,
       (SELECT min(id) FROM copilot_release) + least(%(releases)s - 1, greatest(0, floor(
           %(releases)s * (1 - extract(epoch FROM now() - m.sent_at) / (%(days)s * 86400.0)))))::int,
       t.id, CASE WHEN d.state IN ('offered', 'shadow') THEN v.id END,
       CASE WHEN d.state IN ('offered', 'shadow') THEN 'Open the menu and choose the second entry.' ELSE '' END, '[]',
       d.u, d.u, d.u, 1 - d.u * d.u, m.body, m.sent_at, m.sent_at, m.sent_at + interval '0.3 s', 1
FROM (SELECT DISTINCT ON (case_id) case_id, id, body, sent_at, random() AS u, random() AS w,
             floor(exp(random() * ln(%(topics)s + 1)))::int AS topic, floor(random() * 2)::int AS which
      FROM helpdesk_message WHERE case_id BETWEEN %(first)s AND %(last)s ORDER BY case_id, sent_at, id) AS m
JOIN copilot_assignment a USING (case_id)
JOIN copilot_topic t ON t.slug = 'topic-' || m.topic
JOIN copilot_answer n ON n.topic_id = t.id AND n.slug LIKE '%%-' || (1 + m.which)
JOIN copilot_answerversion v ON v.answer_id = n.id
CROSS JOIN LATERAL (SELECT m.u, CASE WHEN m.w < 0.07 THEN 'withheld' WHEN m.w < 0.08 THEN 'failed'
                                     WHEN a.arm = 'shadow' THEN 'shadow' ELSE 'offered' END AS state) AS d
ORDER BY m.case_id
"""

AUTHORS = """
UPDATE helpdesk_reply SET author_id = least(%(agents)s, floor(exp(random() * ln(%(agents)s + 1))))::int
WHERE case_id BETWEEN %(first)s AND %(last)s
"""

MATCHES = """
INSERT INTO copilot_match (suggestion_id, reply_id, kind, similarity, retained, share, survival, kept_characters,
                           n_reply_tokens, delta, version_id, is_pending, only_frame_edited, recorded_at)
SELECT id, reply_id, CASE WHEN u < 0.3 THEN 'exact' WHEN u < 0.5 THEN 'near' WHEN u < 0.62 THEN 'retained'
                          WHEN u < 0.68 THEN 'semantic' WHEN u < 0.72 THEN 'conflict' ELSE 'none' END,
       CASE WHEN u < 0.3 THEN 1 WHEN u < 0.5 THEN 0.95 ELSE 1 - u END, 1 - u, 1 - u, 1 - u, (400 * (1 - u))::int,
       4 + floor(u * 60)::int, '{}', %(version)s, false, u < 0.02, sent_at
FROM (SELECT DISTINCT ON (s.id) s.id, r.id AS reply_id, r.sent_at, random() AS u FROM copilot_suggestion s
      JOIN helpdesk_reply r ON r.case_id = s.case_id
      WHERE s.state IN ('offered', 'shadow') AND s.case_id BETWEEN %(first)s AND %(last)s ORDER BY s.id, r.id) AS made
ORDER BY id
"""

# What was offered was opened three times, and inserted or not; ten events a turn that was answered.
EVENTS = """
INSERT INTO copilot_suggestionevent (suggestion_id, type, actor_id, at, client_seq, page, page_order, dismiss_reason,
                                     typed_before)
SELECT s.id, e.type, r.author_id, r.sent_at - (15 - e.nth) * interval '10 s', 'b-' || e.nth,
       'tab-' || s.id, e.nth, '', CASE WHEN e.type = 'displayed' THEN (s.id %% 29) END
FROM copilot_suggestion s JOIN helpdesk_reply r ON r.case_id = s.case_id
CROSS JOIN unnest(ARRAY['opened', 'displayed', 'viewed', 'why_opened', 'opened', 'displayed', 'viewed', 'opened',
                        'displayed', 'viewed', 'inserted', 'insertion_undone', 'inserted', 'sent'])
     WITH ORDINALITY AS e (type, nth)
WHERE s.case_id BETWEEN %(first)s AND %(last)s
  AND (e.type = 'sent' OR (s.state = 'offered' AND (s.id %% 3 < 2 OR e.type NOT LIKE 'insert%%')))
ORDER BY s.id, e.nth
"""

BUSY = """
UPDATE copilot_suggestion SET created_at = date_trunc('day', now()) - %(busy_day)s * interval '1 day'
                                           + interval '9 hours' + random() * interval '8 hours'
WHERE id IN (SELECT id FROM copilot_suggestion ORDER BY abs(extract(epoch FROM created_at - now()
             + %(busy_day)s * interval '1 day')) LIMIT %(busy_turns)s)
"""

ROWS = (ASSIGNMENTS, SUGGESTIONS, AUTHORS, MATCHES, EVENTS)


def fill_turns(*, cases: int, tell: Tell) -> None:
    """Give so many cases a turn each with all that became of it; a superuser's work, as `filling.fill` is.

    A database that was kept has them already.
    """
    if Suggestion.objects.exists():
        return
    sizes: dict[str, Any] = {
        "topics": N_TOPICS, "products": PRODUCTS, "releases": N_RELEASES, "days": DAYS, "agents": N_AGENTS,
        "version": match_versions.current().pk, "busy_day": BUSY_DAY, "busy_turns": min(BUSY_TURNS, cases // 10),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'; SELECT setseed(0.5)")
        cursor.execute(AROUND, sizes)
        cursor.execute("ANALYZE")
        with indexes_made_later(TABLES, tell):
            for first in range(1, cases + 1, CHUNK):
                last = min(first + CHUNK - 1, cases)
                for rows in ROWS:
                    cursor.execute(rows, sizes | {"first": first, "last": last})
                tell(f"turns of {last:,} of {cases:,} cases, {timezone.now():%H:%M:%S}")
        cursor.execute(BUSY, sizes)
        tell("vacuuming")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET ALL")
