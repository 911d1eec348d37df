"""Makers of what the copilot offers, for tests of its pages."""

from itertools import count
from typing import Any

import numpy as np
from django.utils import timezone

from copilot.models import Alternative, Answer, AnswerVersion, Area, Artifact, Release, Suggestion, Topic
from copilot.models.suggestion import State
from helpdesk.models import Case

_numbers = count(1)


def make_topic(name: str = "Connecting the reader", **fields: Any) -> Topic:
    area, _ = Area.objects.get_or_create(slug="readers", defaults={"name": "Card readers"})
    return Topic.objects.get_or_create(
        slug=name.lower().replace(" ", "-"), defaults={"area": area, "name": name, **fields}
    )[0]


def make_answer(
    name: str = "Wi-Fi for the Stand", body: str = "Open Settings > Network.", **fields: Any
) -> AnswerVersion:
    topic = fields.pop("topic", None) or make_topic()
    answer = Answer.objects.create(topic=topic, slug=f"answer-{next(_numbers)}", name=name, **fields)
    now = timezone.now()
    return AnswerVersion.objects.create(answer=answer, number=1, body=body, created_at=now, approved_at=now)


def make_release() -> Release:
    now = timezone.now()
    if live := Release.objects.first():
        return live
    parts = [
        Artifact.objects.create(kind=kind, sha256=kind, folder=kind, created_at=now)
        for kind in ("encoder", "validity", "topic", "answer")
    ]
    return Release.objects.create(
        state="live", encoder=parts[0], validity=parts[1], topics=parts[2], answers=parts[3], created_at=now,
        validity_floor=0.5, topic_floor=0.6, answer_floor=0.6, confidence_floor=0.7,
    )  # fmt: skip


def make_suggestion(
    case: Case, text: str = "Hi Priya,\n\nOpen Settings > Network.", **fields: Any
) -> Suggestion:
    """The suggestion of a case's newest message; offered unless a state is given."""
    now = timezone.now()
    vector = np.random.default_rng(next(_numbers)).normal(size=384).astype("float32")
    message = case.messages.order_by("sent_at", "pk").last()
    Suggestion.objects.filter(message=message).delete()
    fields = {
        "state": State.OFFERED, "arm": "offer", "release": make_release(), "topic": make_topic(), "confidence": 0.962,
        "validity_probability": 0.99, "topic_probability": 0.94, "answer_probability": 0.9, "encoder_ms": 3.3,
        "question": message.body, "embedding": vector, "created_at": now, "queued_at": now, "finished_at": now,
    } | fields  # fmt: skip
    if fields["state"] in {State.OFFERED, State.SHADOW}:
        fields = {"answer": fields.get("answer") or make_answer(), "text": text} | fields
    return Suggestion.objects.create(case=case, message=message, **fields)


def make_alternative(suggestion: Suggestion, text: str, *, rank: int = 1, **fields: Any) -> Alternative:
    return Alternative.objects.create(
        suggestion=suggestion, rank=rank, text=text, answer=make_answer(**fields), probability=0.4 / rank
    )
