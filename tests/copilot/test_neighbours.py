"""The nearest past cases: the closest among those a person may see, however few of the closest these are."""

from datetime import datetime
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from copilot import match_versions, neighbours
from copilot.models import Artifact, Match, QuestionVector, Release, Suggestion
from copilot.models.suggestion import State
from copilot.neighbours import nearest_cases
from helpdesk.models import Case, Message, Reply, Team, User
from tests.copilot.making import make_release, make_suggestion
from tests.making import make_case

pytestmark = pytest.mark.django_db

CROWD = 150  # more than an index looks at before it asks who may see what


def vector(angle: float) -> np.ndarray:
    """A direction so far from the first axis."""
    direction = np.zeros(384, dtype=np.float32)
    direction[0], direction[1] = np.cos(angle), np.sin(angle)
    return direction


def make_answered(case: Case, angles: np.ndarray, *, now: datetime, release: Release | None = None) -> None:
    """One answered question of the case for each angle, as far from the first axis."""
    rows: dict[str, Any] = {"case": case, "sent_at": now}
    release = release or make_release()
    messages = Message.objects.bulk_create(
        Message(**rows, channel="email", external_id=f"{case.pk}-{at}", body="Where is it?", received_at=now)
        for at in range(len(angles))
    )
    replies = Reply.objects.bulk_create(
        Reply(**rows, body=f"Reply at {angle:.3f}", client_key=f"{case.pk}-{angle}") for angle in angles
    )
    suggestions = Suggestion.objects.bulk_create(
        Suggestion(case=case, message=message, state=State.WITHHELD, reason="no_answer", arm="offer",
                   release=release, question="Where is it?", created_at=now, queued_at=now)
        for message in messages
    )  # fmt: skip
    QuestionVector.objects.bulk_create(
        QuestionVector(suggestion=suggestion, encoder=release.encoder, embedding=vector(angle))
        for suggestion, angle in zip(suggestions, angles, strict=True)
    )
    Match.objects.bulk_create(
        Match(suggestion=suggestion, reply=reply, kind=Match.Kind.NEAR, similarity=0.9, retained=0.9, share=0.9,
              survival=0.9, kept_characters=9, n_reply_tokens=9, version=match_versions.current(), recorded_at=now)
        for suggestion, reply in zip(suggestions, replies, strict=True)
    )  # fmt: skip


@pytest.fixture
def asked(team: Team) -> Suggestion:
    return make_suggestion(make_case(team=team), embedding=vector(0))


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_nearest_come_first_with_what_was_sent(
    asked: Suggestion, ana: User, team: Team, now: datetime
) -> None:
    make_answered(asked.case, np.array([0.05]), now=now)  # its own case tells nothing new
    make_answered(make_case(team=team), np.array([0.4, 0.2, 0.3, 0.5]), now=now)

    near = nearest_cases(asked, ana)

    assert [case.reply for case in near] == ["Reply at 0.200", "Reply at 0.300", "Reply at 0.400"]
    assert [case.similarity for case in near] == pytest.approx(np.cos([0.2, 0.3, 0.4]), abs=1e-3)


def test_question_without_a_reply_is_not_among_them(asked: Suggestion, ana: User, team: Team) -> None:
    make_suggestion(make_case(team=team), embedding=vector(0.1))
    assert nearest_cases(asked, ana) == []


def test_vectors_of_another_encoder_are_not_compared(
    asked: Suggestion, ana: User, team: Team, now: datetime
) -> None:
    earlier, live = Artifact.objects.create(kind="encoder", sha256="earlier", created_at=now), make_release()
    retired = Release.objects.create(
        state="retired", encoder=earlier, validity=live.validity, topics=live.topics, answers=live.answers,
        validity_floor=0.5, topic_floor=0.6, answer_floor=0.6, confidence_floor=0.7, created_at=now,
    )  # fmt: skip
    make_answered(make_case(team=team), np.array([0.1]), now=now, release=retired)
    assert nearest_cases(asked, ana) == []


def test_nothing_is_near_what_was_never_encoded(
    asked: Suggestion, ana: User, team: Team, now: datetime
) -> None:
    make_answered(make_case(team=team), np.array([0.1]), now=now)
    asked.vectors.all().delete()
    assert nearest_cases(asked, ana) == []


def test_index_goes_on_behind_a_crowd_one_may_not_see(
    asked: Suggestion, ana: User, team: Team, other_team: Team, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "MOST_COMPARED", 1)
    make_answered(make_case(team=other_team), np.linspace(0.01, 0.1, CROWD), now=now)
    make_answered(make_case(team=team), np.array([0.4, 0.2, 0.3, 0.5]), now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # else so few rows are sorted, and no index is asked

    with CaptureQueriesContext(connection) as made:
        near = nearest_cases(asked, ana)

    assert [case.reply for case in near] == ["Reply at 0.200", "Reply at 0.300", "Reply at 0.400"]
    [search] = [query["sql"] for query in made if "<=>" in query["sql"]]
    assert "Index Scan using question_vector_nearest" in plan_of(search)


def test_who_sees_few_cases_has_each_of_them_compared(
    asked: Suggestion, ana: User, team: Team, other_team: Team, now: datetime
) -> None:
    make_answered(make_case(team=other_team), np.linspace(0.01, 0.1, CROWD), now=now)
    make_answered(make_case(team=team), np.array([0.4, 0.2]), now=now)
    lent = make_case(team=other_team)
    Case.objects.filter(pk=lent.pk).update(assignee=ana)
    make_answered(lent, np.array([0.3]), now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # else no index is asked whatever the query

    with CaptureQueriesContext(connection) as made:
        near = nearest_cases(asked, ana)

    assert [case.reply for case in near] == ["Reply at 0.200", "Reply at 0.300", "Reply at 0.400"]
    [search] = [query["sql"] for query in made if "<=>" in query["sql"]]
    assert "question_vector_nearest" not in plan_of(search)
