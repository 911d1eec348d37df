"""The only doors to a case, by role."""

from functools import reduce
from operator import or_

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from helpdesk.models import Attachment, Case, Role, User
from helpdesk.models.case import IMPORT, CaseQuerySet

PEOPLE = ("team", "assignee", "escalated_by", "escalated_to")  # whom a case's page names


def cases_for(user: User) -> CaseQuerySet:
    """Return the cases this person may read: an agent's are those of their team, of no team, and their own.

    What was imported to be labeled is nothing of an agent's.
    """
    if not user.is_authenticated or not user.is_active:
        return Case.objects.none()
    if user.sees_every_case:
        return Case.objects.all()
    return Case.objects.of_customers().filter(reduce(or_, _ways_to_see(user)))


def sees_few_cases(user: User, *, most: int) -> bool:
    """Whether this person may read about `most` cases or fewer; one who may read many is known for it at once.

    For each way to see a case no more than `most` entries of an index are counted; what was imported counts too.
    """
    n = 0
    for way in [Q()] if user.sees_every_case else _ways_to_see(user):
        n += Case.objects.filter(way).order_by()[: most + 1].count()
        if n > most:
            return False
    return True


def _ways_to_see(user: User) -> list[Q]:
    """What lets an agent see a case."""
    return [Q(team=user.team_id), Q(team=None), Q(assignee=user)]


def agents_who_see(case: Case) -> QuerySet[User]:
    """Return the agents whose `cases_for` holds a case; others see every case, whatever becomes of it."""
    if case.channel == IMPORT:
        return User.objects.none()
    agents = User.objects.filter(is_active=True, is_superuser=False, role=Role.AGENT)
    return agents.filter(Q(team=case.team_id) | Q(pk=case.assignee_id)) if case.team_id else agents


def get_case(user: User, case_id: int) -> Case:
    """Return a case to read; by the number of a merged one, the case in which it goes on.

    Raises:
        Http404: there is none with this number, or it is not this person's to see.
    """
    cases = cases_for(user).select_related("customer", *PEOPLE)
    case = cases.filter(pk=case_id, merged_into=None).first() or cases.filter(merged=case_id).first()
    if case is None:
        raise Http404(f"no case #{case_id} that you may see")
    return case


def get_case_to_answer(user: User, case_id: int) -> Case:
    """Return a case to write to or change.

    Raises:
        Http404: there is none with this number, or it is not this person's to see.
        PermissionDenied: this person's role only reads cases.
    """
    case = get_case(user, case_id)
    if not user.answers_cases:
        raise PermissionDenied(f"{Role(user.role).label}s read cases; only agents answer and change them.")
    return case


def get_attachment(user: User, attachment_id: int) -> Attachment:
    """Return an attachment of a case this person may read.

    Raises:
        Http404: there is none, it was not taken, or its case is not theirs to see.
    """
    found = Attachment.objects.filter(pk=attachment_id, refused="", case__in=cases_for(user)).first()
    if found is None:
        raise Http404("no such attachment that you may see")
    return found
