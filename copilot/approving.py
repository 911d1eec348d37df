"""Answers get new versions: somebody drafts one, somebody approves it, and from then on it is offered.

Who may approve: a wording any expert, its author too; a changed meaning, or a new answer, another person than its
author, or an administrator.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from copilot import changing
from copilot.matching import compare
from copilot.matching.facts import SCOPED
from copilot.measure import known_terms
from copilot.models import Answer, AnswerVersion
from copilot.models.catalog import AnswerVersionQuerySet
from helpdesk.models import Role, User

Change = AnswerVersion.Change


class ApprovalError(Exception):
    """A version can't be drafted or approved; the message says why and what to do."""


def latest(answer: Answer) -> AnswerVersion | None:
    """Return the version in force."""
    return answer.versions.filter(approved_at__isnull=False).order_by("-number").first()


def draft(
    *, answer: Answer, body: str, change: str, author: User, now: datetime, note: str = ""
) -> AnswerVersion:
    """Store a new version that waits for approval.

    Raises:
        ApprovalError: it says what is said already, or is called a wording although facts differ.
    """
    with transaction.atomic():
        Answer.objects.select_for_update().get(pk=answer.pk)  # two drafts at once get two numbers
        current = latest(answer)
        if current and current.body.strip() == body.strip():
            raise ApprovalError(f"version {current.number} says exactly that: change the text, or leave it")
        if current and change == Change.WORDING:
            check_wording(current.body, body, terms=known_terms())
        number = (answer.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        return AnswerVersion.objects.create(
            answer=answer, number=number, body=body.strip(), author=author, created_at=now, note=note,
            change=change if current else Change.MEANING,
        )  # fmt: skip


def check_wording(old: str, new: str, *, terms: frozenset[str]) -> None:
    """Raise ApprovalError if the facts of two texts differ: then the meaning has changed, whatever the author says.

    Figures, money, dates, codes, links and names of products count; that one may and another must do something is left
    to who approves.
    """
    delta = compare(old, new, terms=terms).delta
    gone, come = (
        ", ".join(fact.value for fact in facts if fact.kind not in SCOPED)
        for facts in (delta.only_suggested, delta.only_sent)
    )
    if gone or come:
        raise ApprovalError(
            f"facts differ ({gone or 'nothing'} became {come or 'nothing'}): say that the meaning has changed"
        )


def may_approve(version: AnswerVersion, by: User) -> bool:
    """Whether a person may approve a version that waits."""
    if not by.labels_messages:
        return False
    is_free = version.change == Change.WORDING or version.author_id != by.pk
    return is_free or by.role == Role.ADMIN or by.is_superuser


def approve(version: AnswerVersion, *, by: User, now: datetime) -> None:
    """Put a version in force; where its meaning is new, labels that chose the answer are asked again.

    Raises:
        ApprovalError: the person may not, it waits no longer, or a later version is in force.
    """
    if not may_approve(version, by):
        raise ApprovalError(
            "a changed meaning is approved by another person than its author: ask a colleague"
        )
    with transaction.atomic():
        answer = Answer.objects.select_for_update().get(pk=version.answer_id)
        current = latest(answer)
        if current and current.number > version.number:
            raise ApprovalError(f"version {current.number} is in force since this was drafted: edit that one")
        if not _waiting(version).update(approved_at=now, approved_by=by):
            raise ApprovalError("it waits no longer: somebody approved or declined it")
        if version.change == Change.MEANING:
            changing.note_meaning(answer, is_new=current is None, by=by, now=now, note=version.note)


def decline(version: AnswerVersion, *, now: datetime) -> None:
    """Put a draft aside for good.

    Raises:
        ApprovalError: it waits no longer.
    """
    if not _waiting(version).update(declined_at=now):
        raise ApprovalError("it waits no longer: somebody approved or declined it")


def _waiting(version: AnswerVersion) -> AnswerVersionQuerySet:
    return AnswerVersion.objects.filter(pk=version.pk, approved_at=None, declined_at=None)
