"""What a person who labels waits for: from Enter to the next message, among as many messages as years bring.

The requests run in this process through all of the product's middleware, one after the other: what is timed is the
server's work, without the network. People take turns, and each label is another one.
"""

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helpdesk.benching.filling import Tell
from helpdesk.benching.inbox import Waited, waited
from helpdesk.models import User
from labeling import queueing
from labeling.labels import labels_of
from labeling.models import Annotation, Item, Task

N_EXPERTS = 10
N_TOPICS = 77
SUGGESTED = 100_000  # of the newest messages, for the rules that look at what was decided
MESSAGE = re.compile(r'name="message" value="(\d+)"')

EXPERTS = """
INSERT INTO helpdesk_user (username, first_name, last_name, email, password, role, is_active, is_staff, is_superuser,
                           date_joined)
SELECT 'expert-' || g, 'Expert', g::text, 'expert-' || g || '@example.org', '!', 'sme', true, false, false, now()
FROM generate_series(1, %(experts)s) g
"""

CATALOG = """
INSERT INTO copilot_area (slug, name) SELECT 'area-' || g, 'Area ' || g FROM generate_series(1, 9) g;
INSERT INTO copilot_topic (slug, name, guideline, version, area_id)
SELECT 'topic-' || g, 'Topic number ' || g, repeat('What belongs here and what does not. ', 6), 1,
       (SELECT id FROM copilot_area ORDER BY id OFFSET g %% 9 LIMIT 1) FROM generate_series(1, %(topics)s) g;
INSERT INTO copilot_answer (slug, name, visibility, topic_id)
SELECT 'answer-' || id || '-' || g, 'Answer ' || g || ' of ' || name, 'public', id
FROM copilot_topic, generate_series(1, 2) g;
INSERT INTO copilot_answerversion (answer_id, number, body, change, note, created_at, approved_at)
SELECT id, 1, repeat('Open the menu and choose the second entry. ', 12), 'meaning', '', now(), now() FROM copilot_answer
"""

ITEMS = """
INSERT INTO labeling_item (message_id, text, subject, language, channel, sent_at, key, draw)
SELECT id, body, '', 'en', channel, sent_at, left(md5(body), 12), random() FROM helpdesk_message
"""

# Topics are as unevenly common as words: by Zipf's law.
ANNOTATIONS = """
INSERT INTO labeling_annotation (message_id, author_id, task, label, also, mode, is_gold, note, "group", picked_by,
                                 topic_filter, made_at)
SELECT message_id, (SELECT min(id) FROM helpdesk_user WHERE role = 'sme') + floor(random() * %(experts)s)::int,
       'topic', 'topic-' || floor(exp(random() * ln(%(topics)s + 1)))::int, '{}', 'blind', true, '', '', 'random',
       '', now() - random() * interval '1 year'
FROM labeling_item ORDER BY draw DESC LIMIT %(annotations)s
"""

ACTS = """
INSERT INTO labeling_act (person_id, message_id, task, mode, kind, flag, note, at)
SELECT author_id, message_id, task, mode, 'labeled', '', '', made_at FROM labeling_annotation
"""

RELEASE = """
INSERT INTO copilot_artifact (kind, sha256, folder, card, created_at)
SELECT kind, kind, kind, '{}', now() FROM unnest(ARRAY['encoder', 'validity', 'topic', 'answer']) kind;
INSERT INTO copilot_release (state, encoder_id, validity_id, topics_id, answers_id, validity_floor, topic_floor,
                             answer_floor, confidence_floor, languages, dataset, card, learned_from, note, shadow_share,
                             created_at)
SELECT 'live', min(id), min(id) + 1, min(id) + 2, min(id) + 3, 0.5, 0.5, 0.5, 0.5, '[]', '', '{}', '[]', '', 0, now()
FROM copilot_artifact
"""

SUGGESTIONS = """
INSERT INTO copilot_suggestion (case_id, message_id, state, reason, detail, arm, release_id, topic_id, text, parts,
                                validity_probability, topic_probability, answer_probability, question, created_at,
                                queued_at, attempts)
SELECT case_id, id, 'withheld', 'topic_unsure', '', 'offer', (SELECT id FROM copilot_release),
       (SELECT min(id) FROM copilot_topic) + floor(random() * %(topics)s)::int, '', '[]', random(), random(), random(),
       '', now() - random() * interval '30 days', now(), 1
FROM helpdesk_message ORDER BY helpdesk_message.id DESC LIMIT %(suggested)s
"""


@dataclass(frozen=True)
class Desk:
    """A person at work on a task."""

    client: Client
    task: str

    def about(self, message: str) -> dict[str, str]:
        return {"task": self.task, "mode": Annotation.Mode.BLIND, "message": message}


def fill_labels(*, annotations: int, tell: Tell) -> None:
    """Give all messages items, some of them labels and suggestions; a superuser's work, as `filling.fill` is.

    A database that was kept has them already.
    """
    if Item.objects.exists():
        return
    sizes = {
        "experts": N_EXPERTS,
        "topics": N_TOPICS,
        "annotations": annotations,
        "suggested": SUGGESTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; SET synchronous_commit = off; SELECT setseed(0.5)"
        )
        for rows in (EXPERTS, CATALOG, ITEMS, ANNOTATIONS, ACTS, RELEASE, SUGGESTIONS):
            cursor.execute(rows, sizes)
        tell(f"{annotations:,} annotations")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET ALL")


def measure_annotating(*, n: int, tell: Tell) -> dict[str, Waited]:
    """Label n messages of each task, skip and undo some, and return the times by name."""
    chance = random.Random(1)  # noqa: S311  no secret: the same labels every time
    experts = User.objects.filter(username__startswith="expert-").order_by("pk")
    figures: dict[str, Waited] = {}
    for task in Task.values:
        size = max(queueing.SIZE, 3 * n)
        with _counted() as queries:
            started = time.perf_counter()
            n_queued = queueing.fill(
                task=task, mode=Annotation.Mode.BLIND, now=timezone.now(), seed=1, size=size
            )
            filled = 1000 * (time.perf_counter() - started)
        if n_queued:  # that of a database that was kept may still be long enough
            figures[f"{task}: queue filled in the background"] = waited([filled], queries=len(queries))
        desks = [Desk(_client_of(expert), task) for expert in experts]
        labels = [label.slug for label in labels_of(task)]
        figures |= _measure(desks, labels, n, chance)
        tell(f"{task}: p95 {figures[f'{task}: submit and next'].p95_ms:.0f} ms")
    return figures


def _measure(desks: list[Desk], labels: list[str], n: int, chance: random.Random) -> dict[str, Waited]:
    shown = [_open(desk) for desk in desks]
    kinds: dict[str, tuple[list[float], list[int]]] = {}
    for act, times in (("submit", n), ("skip", n // 4), ("undo", n // 4)):
        for turn in range(times):
            place = turn % len(desks)
            values = desks[place].about(shown[place]) | {"label": chance.choice(labels)}
            took, queries, text = _post(desks[place], act, values)
            shown[place] = _message_in(text)
            spent, asked = kinds.setdefault(act, ([], []))
            spent.append(took)
            asked.append(queries)
    names = {"submit": "submit and next", "skip": "skip", "undo": "undo"}
    return {
        f"{desks[0].task}: {names[act]}": waited(spent, queries=max(asked))
        for act, (spent, asked) in kinds.items()
    }


def _client_of(person: User) -> Client:
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    client.force_login(person)
    return client


def _open(desk: Desk) -> str:
    address = f"{reverse('labeling:annotate')}?task={desk.task}"
    return _message_in(desk.client.get(address, secure=settings.SECURE_SSL_REDIRECT).text)


def _message_in(text: str) -> str:
    found = MESSAGE.search(text)
    if found is None:
        raise RuntimeError("the queue is empty: the bench labels more than was queued.")
    return found[1]


def _post(desk: Desk, act: str, values: dict[str, str]) -> tuple[float, int, str]:
    """Return the milliseconds of one act, the queries it made, and what came back."""
    headers = {"HX-Request": "true", "X-CSRFToken": desk.client.cookies[settings.CSRF_COOKIE_NAME].value}
    address = reverse(f"labeling:{act}")
    with _counted() as queries:
        started = time.perf_counter()
        answer = desk.client.post(address, values, headers=headers, secure=settings.SECURE_SSL_REDIRECT)
        took = 1000 * (time.perf_counter() - started)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}: the bench asks for what is there.")
    return took, len(queries), answer.text


@contextmanager
def _counted() -> Iterator[list[str]]:
    """Note the queries of a block."""
    queries: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        yield queries
