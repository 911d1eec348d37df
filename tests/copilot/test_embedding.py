"""Stored questions are embedded for each encoder that serves or may soon, so that no switch loses a past case."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from copilot import embedding, releases, storing, suggesting, tasks
from copilot.evaluation.gate import Finding
from copilot.models import Artifact, QuestionVector, Release, Suggestion
from copilot.models.suggestion import State
from copilot.neighbours import nearest_cases
from copilot.pipeline.encoder import Encoder
from helpdesk.models import User
from helpdesk.replying import send_reply
from tests.copilot.making import make_answer
from tests.making import make_message, make_user
from tests.processes import wait_until, worker
from tests.releasing import make_other_encoder, make_release

pytestmark = pytest.mark.django_db

PAST = (
    "WHEN does My Payout arrive in the Bank?",
    "What TIME do Payouts reach my bank account?",
    "When are Payouts of SATURDAY in my account?",
)
READY = {"validity_floor": 0.0, "topic_floor": 0.0, "answer_floor": 0.0, "confidence_floor": 0.0}


def make_past(ana: User, body: str) -> Suggestion:
    """A question that was decided and answered."""
    message = make_message(body, announce=True)
    suggesting.suggest(suggestion_ids=[message.suggestion.pk], now=timezone.now())
    send_reply(
        case=message.case, author=ana, body=f"About: {body}", client_key=f"k-{message.pk}", now=timezone.now()
    )
    return Suggestion.objects.get(message=message)


@pytest.fixture
def past(release: Release, ana: User) -> list[Suggestion]:
    """Three questions that the live release's encoder has read."""
    Release.objects.update(**READY)  # only what got a suggestion has a match, and is a past case
    make_answer()
    return [make_past(ana, body) for body in PAST]


@pytest.fixture
def candidate(past: list[Suggestion], release: Release) -> Release:
    """A candidate with another encoder."""
    made = make_release(Release.State.CANDIDATE)
    Release.objects.filter(pk=made.pk).update(encoder=make_other_encoder(release), **READY)
    return releases.get(made.pk)


def embed(**options: Any) -> int:
    return embedding.embed(now=timezone.now(), **options)


def promote(release: Release, *, now: datetime | None = None) -> None:
    findings = (Finding(True, "all well"),)
    releases.promote(
        release, against=releases.live(), findings=findings, actor=None, now=now or timezone.now()
    )


def n_vectors(artifact: Artifact) -> int:
    return QuestionVector.objects.filter(encoder=artifact).count()


def replies(suggestion: Suggestion, user: User) -> list[tuple[str, float]]:
    found = nearest_cases(Suggestion.objects.get(pk=suggestion.pk), user)
    return [(near.reply, round(near.similarity, 3)) for near in found]


def test_a_candidates_encoder_reads_what_is_stored(candidate: Release) -> None:
    assert (n_vectors(candidate.encoder), embedding.progress_of(candidate).percent) == (0, 0)

    assert embed() == 3
    assert embed() == 0

    encoder = Encoder.load(storing.fetch(candidate.encoder))
    for row in QuestionVector.objects.filter(encoder=candidate.encoder).select_related("suggestion"):
        expected = encoder.encode([row.suggestion.question])[0].astype(np.float16)
        np.testing.assert_array_equal(np.array(row.embedding, dtype=np.float16), expected)
    assert embedding.progress_of(candidate).is_whole


def test_past_cases_are_found_before_and_right_after_the_switch(
    candidate: Release, release: Release, past: list[Suggestion], ana: User
) -> None:
    before = replies(past[0], ana)
    embed()
    assert replies(past[0], ana) == before, "the live encoder goes on until the promotion"
    assert len(before) == 2

    promote(candidate)
    after = replies(past[0], ana)
    assert {reply for reply, _ in after} == {reply for reply, _ in before}
    assert after != before, "other vectors, other similarities"
    new = make_past(ana, "When do My Payouts arrive?")
    assert QuestionVector.objects.get(suggestion=new).encoder == candidate.encoder
    assert len(replies(new, ana)) == 3

    releases.roll_back(actor=None, now=timezone.now())
    assert replies(past[0], ana) == before, "a rollback works at once"


def test_without_vectors_a_switch_finds_only_what_is_embedded(
    candidate: Release, past: list[Suggestion], ana: User
) -> None:
    before = replies(past[0], ana)
    assert embedding.progress_of(candidate).loss.startswith(
        "0 of 3 past questions have a vector of its encoder"
    )

    promote(candidate)
    new = make_past(ana, "When do My Payouts arrive?")
    assert replies(new, ana) == []
    assert len(replies(past[0], ana)) == len(before), "what was read by the earlier encoder is compared by it"

    embed()
    assert len(replies(new, ana)) == 3


def test_what_arrives_meanwhile_is_embedded_for_the_way_back(
    candidate: Release, release: Release, ana: User
) -> None:
    embed()
    promote(candidate)
    new = make_past(ana, "When do My Payouts arrive?")
    embed()
    releases.roll_back(actor=None, now=timezone.now())
    assert len(replies(new, ana)) == 3


def test_what_a_killed_worker_left_is_done_by_the_next(
    candidate: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "CHUNK", 1)
    encode, n_calls = Encoder.encode, 0

    def die_at_the_third(self: Encoder, texts: list[str]) -> Any:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 3:
            raise KeyboardInterrupt
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        embed()
    assert n_vectors(candidate.encoder) == 2
    assert embed() == 1
    assert n_vectors(candidate.encoder) == 3


def test_it_ends_when_its_time_is_up(candidate: Release) -> None:
    assert embed(seconds=0) == 0


def test_a_question_without_words_needs_no_vector(candidate: Release) -> None:
    Suggestion.objects.filter(pk=Suggestion.objects.earliest("pk").pk).update(question="")
    assert embed() == 2
    assert embedding.progress_of(candidate).is_whole


def test_only_the_newest_candidate_is_embedded_for(candidate: Release, release: Release) -> None:
    newer = make_release(Release.State.CANDIDATE)
    Release.objects.filter(pk=newer.pk).update(encoder=candidate.encoder)
    other = Artifact.objects.create(kind="encoder", sha256="other", folder="other", created_at=timezone.now())
    Release.objects.filter(pk=candidate.pk).update(encoder=other)
    assert embedding.wanted_encoders() == [release.encoder, candidate.encoder]
    assert not embedding.progress_of(releases.get(candidate.pk)).is_wanted


def test_encoders_that_serve_no_more_are_forgotten_after_a_week(
    candidate: Release, release: Release, now: datetime
) -> None:
    embed()
    promote(candidate, now=now)
    third = make_release(Release.State.CANDIDATE)
    Release.objects.filter(pk=third.pk).update(encoder=candidate.encoder)
    promote(releases.get(third.pk), now=now + timedelta(minutes=1))
    assert embedding.wanted_encoders() == [candidate.encoder]

    embed()
    assert n_vectors(release.encoder) == 3, "it served until a minute ago"
    embedding.embed(now=now + timedelta(days=8))
    assert (n_vectors(release.encoder), n_vectors(candidate.encoder)) == (0, 3)


def test_an_encoder_that_cannot_be_loaded_stops_no_other(
    candidate: Release, release: Release, caplog: pytest.LogCaptureFixture
) -> None:
    QuestionVector.objects.all().delete()
    Artifact.objects.filter(pk=candidate.encoder_id).update(sha256="0" * 64, folder="gone")
    assert embed() == 3
    assert n_vectors(release.encoder) == 3
    assert "an encoder can't be loaded" in caplog.text


def test_nothing_is_done_or_forgotten_while_none_is_live(candidate: Release, release: Release) -> None:
    Release.objects.update(state=Release.State.RETIRED)
    assert embed() == 0
    assert n_vectors(release.encoder) == 3


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_embeds_what_another_has_not_at_hand() -> None:
    """Two workers of queue `work` share the questions; every one gets its vector once."""
    release = make_release()
    make_answer()
    ana = make_user("ana")
    for number in range(40):
        make_past(ana, f"WHEN does payout number {number} arrive?")
    candidate = make_release(Release.State.CANDIDATE)
    Release.objects.filter(pk=candidate.pk).update(encoder=make_other_encoder(release))
    assert Suggestion.objects.exclude(state=State.PENDING).count() == 40
    with worker("work"), worker("work"):
        for _ in range(2):
            tasks.embed.delay()
        candidate = releases.get(candidate.pk)
        wait_until(lambda: n_vectors(candidate.encoder) == 40, "all are embedded", seconds=60)
    assert n_vectors(release.encoder) == 40
