"""One act on many cases at once."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from helpdesk import access, casework
from helpdesk.models import User


class Act(TextChoices):
    CLOSE = "close", "Closed"
    REOPEN = "reopen", "Reopened"
    ASSIGN = "assign", "Assigned"
    TAG = "tag", "Tagged"


def act_on(
    *,
    case_ids: Iterable[int],
    act: Act,
    actor: User,
    now: datetime,
    assignee: User | None = None,
    tag: str = "",
) -> tuple[int, list[str]]:
    """Do the same to each case that the actor may see; return how many, and why the others could not be done."""
    done, problems = 0, []
    for case in access.cases_for(actor).filter(pk__in=list(case_ids)):
        try:
            if act == Act.CLOSE:
                casework.close(case=case, actor=actor, now=now)
            elif act == Act.REOPEN:
                casework.reopen(case=case, actor=actor, now=now)
            elif act == Act.ASSIGN:
                casework.assign(case=case, assignee=assignee, actor=actor, now=now)
            else:
                casework.tag(case=case, name=tag, actor=actor, now=now)
        except ValidationError as error:
            problems += [f"#{case.number}: {message}" for message in error.messages]
        else:
            done += 1
    return done, problems
