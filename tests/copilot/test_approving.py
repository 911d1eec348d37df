"""Versions: who may approve what, what passes for a wording, and what two people at once do."""

from datetime import datetime

import pytest

from copilot import approving
from copilot.approving import ApprovalError
from copilot.catalog import catalog_at
from copilot.models import AnswerVersion, CatalogChange
from helpdesk.models import Role, User
from tests.copilot.making import make_answer
from tests.making import make_user

pytestmark = pytest.mark.django_db

OLD = "You can send it back within 30 days."
WORDED = "Send it back within 30 days, if you like."
MEANT = "You can send it back within 14 days."


@pytest.fixture
def tomasz() -> User:
    """Another expert."""
    return make_user("tomasz", role=Role.SME)


def draft(body: str, change: str, author: User, now: datetime) -> AnswerVersion:
    answer = (
        make_answer("Returns", OLD).answer
        if not AnswerVersion.objects.exists()
        else AnswerVersion.objects.first().answer
    )
    return approving.draft(answer=answer, body=body, change=change, author=author, now=now)


def test_a_draft_is_offered_only_once_approved(nadia: User, now: datetime) -> None:
    version = draft(WORDED, "wording", nadia, now)
    assert [answer.text for answer in catalog_at(now).catalog.answers] == [OLD]
    approving.approve(version, by=nadia, now=now)
    assert [answer.text for answer in catalog_at(now).catalog.answers] == [WORDED]
    version.refresh_from_db()
    assert version.approved_by == nadia
    assert [answer.name for answer in catalog_at(now).catalog.answers] == ["Returns"]


def test_a_wording_makes_no_label_stale(nadia: User, now: datetime) -> None:
    approving.approve(draft(WORDED, "wording", nadia, now), by=nadia, now=now)
    assert not CatalogChange.objects.exists()


def test_a_meaning_wants_a_second_person(nadia: User, tomasz: User, now: datetime) -> None:
    version = draft(MEANT, "meaning", nadia, now)
    with pytest.raises(ApprovalError, match="another person than its author"):
        approving.approve(version, by=nadia, now=now)
    approving.approve(version, by=tomasz, now=now)
    change = CatalogChange.objects.get()
    assert (change.kind, change.by, change.since) == ("meaning", tomasz, now)
    assert [answer.slug for answer in change.answers.all()] == ["returns"]


def test_an_administrator_approves_alone(now: datetime) -> None:
    admin = make_user("ada", role=Role.ADMIN)
    approving.approve(draft(MEANT, "meaning", admin, now), by=admin, now=now)


def test_an_agent_approves_nothing(nadia: User, ana: User, now: datetime) -> None:
    with pytest.raises(ApprovalError):
        approving.approve(draft(WORDED, "wording", nadia, now), by=ana, now=now)


def test_other_facts_are_no_wording(nadia: User, now: datetime) -> None:
    with pytest.raises(ApprovalError, match="facts differ .30 day became 14 day.: say that the meaning"):
        draft(MEANT, "wording", nadia, now)


def test_the_same_text_is_no_version(nadia: User, now: datetime) -> None:
    with pytest.raises(ApprovalError, match="version 1 says exactly that"):
        draft(f" {OLD}\n", "wording", nadia, now)


def test_the_first_version_of_an_answer_wants_a_second_person(
    nadia: User, tomasz: User, now: datetime
) -> None:
    answer = make_answer("Returns", OLD).answer
    answer.versions.all().delete()
    version = approving.draft(answer=answer, body=OLD, change="wording", author=nadia, now=now)
    assert version.change == "meaning"
    approving.approve(version, by=tomasz, now=now)
    assert CatalogChange.objects.get().kind == "added"


def test_an_older_draft_does_not_follow_a_newer_version(nadia: User, tomasz: User, now: datetime) -> None:
    older, newer = draft(WORDED, "wording", nadia, now), draft(MEANT, "meaning", nadia, now)
    approving.approve(newer, by=tomasz, now=now)
    with pytest.raises(ApprovalError, match="version 3 is in force since this was drafted"):
        approving.approve(older, by=tomasz, now=now)


def test_a_draft_is_decided_once(nadia: User, tomasz: User, now: datetime) -> None:
    version = draft(WORDED, "wording", nadia, now)
    approving.decline(version, now=now)
    for act in (
        lambda: approving.decline(version, now=now),
        lambda: approving.approve(version, by=tomasz, now=now),
    ):
        with pytest.raises(ApprovalError, match="waits no longer"):
            act()
    assert not AnswerVersion.objects.waiting().exists()
