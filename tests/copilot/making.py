"""Plain makers for what tests need of the copilot: its catalog, and what it offers."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.text import slugify

from copilot import experimenting, match_versions
from copilot.experimenting import Treatment
from copilot.matching import NORM_VERSION, RULES_VERSION
from copilot.models import (
    Alternative,
    Answer,
    AnswerVersion,
    Area,
    Artifact,
    Experiment,
    MatchVersion,
    QuestionVector,
    Release,
    SemanticFloor,
    Suggestion,
    Topic,
)
from copilot.models.suggestion import State
from helpdesk.models import Case, Role, Team

_numbers = count(1)


def make_topic(name: str = "Payout timing", *, team: Team | None = None) -> Topic:
    if there := Topic.objects.filter(slug=slugify(name)).first():
        return there
    area, _ = Area.objects.get_or_create(slug="area", defaults={"name": "Area", "team": team})
    return Topic.objects.create(slug=slugify(name), area=area, name=name)


def make_answer(
    name: str = "Payout schedule",
    body: str = "Payouts are sent at 07:00 on the next working day and arrive by 12:00.",
    *,
    topic: Topic | None = None,
    approved_at: datetime | None = None,
    **fields: Any,
) -> AnswerVersion:
    """An answer; a further version of it where there is one of this name."""
    answer, is_new = Answer.objects.get_or_create(
        slug=slugify(name), defaults={"topic": topic or make_topic(), "name": name} | fields
    )
    assert is_new or not fields, f"there is an answer {name!r} already: give this one another name"
    at = approved_at or timezone.now() - timedelta(days=30)
    return AnswerVersion.objects.create(
        answer=answer, number=answer.versions.count() + 1, body=body, created_at=at, approved_at=at
    )


def make_release() -> Release:
    """The live release, made more than a year ago: nothing that tests ask of it is history to it."""
    now = timezone.now()
    if live := Release.objects.first():
        return live
    parts = [
        Artifact.objects.create(kind=kind, sha256=kind, folder=kind, created_at=now)
        for kind in ("encoder", "validity", "topic", "answer")
    ]
    return Release.objects.create(
        state="live", encoder=parts[0], validity=parts[1], topics=parts[2], answers=parts[3],
        created_at=now - timedelta(days=400),
        validity_floor=0.5, topic_floor=0.6, answer_floor=0.6, confidence_floor=0.7,
    )  # fmt: skip


def make_suggestion(
    case: Case, text: str = "Hi Priya,\n\nOpen Settings > Network.", **fields: Any
) -> Suggestion:
    """The suggestion of a case's newest message; offered unless a state is given."""
    now = timezone.now()
    vector = fields.pop("embedding", np.random.default_rng(next(_numbers)).normal(size=384))
    message = case.messages.order_by("sent_at", "pk").last()
    Suggestion.objects.filter(message=message).delete()
    fields = {
        "state": State.OFFERED, "arm": "offer", "release": make_release(), "confidence": 0.962,
        "topic": make_topic("Connecting the reader"),
        "validity_probability": 0.99, "topic_probability": 0.94, "answer_probability": 0.9, "encoder_ms": 3.3,
        "question": message.body, "created_at": now, "queued_at": now, "finished_at": now,
    } | fields  # fmt: skip
    if fields["state"] in {State.OFFERED, State.SHADOW}:
        fields = {"answer": fields.get("answer") or make_answer(), "text": text} | fields
    made = Suggestion.objects.create(case=case, message=message, **fields)
    if made.release and made.question:
        QuestionVector.objects.create(suggestion=made, encoder=made.release.encoder, embedding=vector)
    return made


def make_alternative(suggestion: Suggestion, text: str, *, rank: int = 1, **fields: Any) -> Alternative:
    answer = make_answer(**{"name": f"Alternative {rank}"} | fields)
    return Alternative.objects.create(
        suggestion=suggestion, rank=rank, text=text, answer=answer, probability=0.4 / rank
    )


def make_experiment(
    *treatments: Treatment, runs: bool = True, days_ago: int = 1, **fields: Any
) -> Experiment:
    """An experiment of half the cases with a suggestion and half without one; it runs since yesterday."""
    from tests.making import make_user

    now = timezone.now() - timedelta(days=days_ago)
    number = next(_numbers)
    half = (Treatment("offer", 500_000, "offer"), Treatment("shadow", 500_000, "shadow"))
    plan = {
        "name": "Is it worth it?", "hypothesis": "Agents are faster with a suggestion.", "salt": f"salt-{number}",
        "n_planned": 2000, "treatments": treatments or half,
    } | fields  # fmt: skip
    by = make_user(f"scientist-{number}", role=Role.DATA_SCIENTIST)
    made = experimenting.draft(experimenting.Plan(**plan), by=by, now=now)
    return experimenting.start(made, by=by, now=now) if runs else made


def make_match_version(
    *, encoder: Artifact | None = None, floor: float | None = None, is_current: bool = False, **fields: Any
) -> MatchVersion:
    """A version of the matching of this code; with a floor for English, it knows semantic matches."""
    first = match_versions.current()
    if is_current:
        MatchVersion.objects.filter(pk=first.pk).update(is_current=False)
    fields = {
        "norm_version": NORM_VERSION, "rules_version": RULES_VERSION, "created_at": timezone.now(),
        "encoder": encoder, "is_current": is_current,
    } | fields  # fmt: skip
    version = MatchVersion.objects.create(**fields)
    if floor is not None:
        SemanticFloor.objects.create(
            version=version,
            language="en",
            floor=floor,
            n_pairs=300,
            n_above=40,
            n_right=40,
            n_same=80,
            n_found=20,
            n_found_right=19,
        )
    return version
