"""What agents do to cases besides answering: assign, tag, prioritise, snooze, close, reopen."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.db.models import Q, QuerySet

from helpdesk import access, history, live
from helpdesk.models import Case, CaseEvent, Priority, Status, Tag, Team, User

SIGHT = {"team", "assignee"}  # fields that decide which agents see a case


def assign(*, case: Case, assignee: User | None, actor: User, now: datetime) -> None:
    """Give a case to somebody who may see and answer it, or to nobody.

    Raises:
        ValidationError: that person does not answer cases, or not this team's.
    """
    if assignee and not assignee.answers_cases:
        raise ValidationError({"assignee": f"{assignee} does not answer cases."})
    if assignee and case.team_id and not assignee.sees_every_case and assignee.team_id != case.team_id:
        raise ValidationError({"assignee": f"{assignee} is not in team {case.team}."})
    _change(case, CaseEvent.Type.ASSIGNED, actor=actor, now=now, assignee=assignee)


def move(*, case: Case, team: Team | None, actor: User, now: datetime) -> None:
    """Give a case to another team; its assignee stays only if of that team."""
    keeps = case.assignee and (
        team is None or case.assignee.team_id == team.pk or case.assignee.sees_every_case
    )
    _change(
        case,
        CaseEvent.Type.ASSIGNED,
        actor=actor,
        now=now,
        team=team,
        assignee=case.assignee if keeps else None,
    )


def prioritise(*, case: Case, priority: Priority, actor: User, now: datetime) -> None:
    _change(case, CaseEvent.Type.PRIORITY, actor=actor, now=now, priority=priority)


def close(*, case: Case, actor: User | None, now: datetime) -> None:
    _change(case, CaseEvent.Type.STATUS, actor=actor, now=now, status=Status.CLOSED, snoozed_until=None)


def reopen(*, case: Case, actor: User | None, now: datetime) -> None:
    _change(case, CaseEvent.Type.STATUS, actor=actor, now=now, status=Status.OPEN, snoozed_until=None)


def snooze(*, case: Case, until: datetime, actor: User, now: datetime) -> None:
    """Put a case aside until a time, or until its customer writes.

    Raises:
        ValidationError: the time has passed already.
    """
    if until <= now:
        raise ValidationError({"until": "Choose a time that is still to come."})
    _change(case, CaseEvent.Type.STATUS, actor=actor, now=now, status=Status.SNOOZED, snoozed_until=until)


def wake_snoozed(*, now: datetime) -> int:
    """Open the cases whose time has come, and return how many."""
    due = list(Case.objects.filter(status=Status.SNOOZED, snoozed_until__lte=now)[:1000])
    for case in due:
        reopen(case=case, actor=None, now=now)
    return len(due)


def tag(*, case: Case, name: str, actor: User, now: datetime) -> Tag:
    """Put a tag on a case, made if it is new.

    Raises:
        ValidationError: the name holds more than letters, digits, `-` and `_`, or over 60 of them.
    """
    name = "-".join(name.lower().split())
    try:
        validate_slug(name)
    except ValidationError as error:
        raise ValidationError({"tag": "A tag is made of letters, digits, - and _."}) from error
    if len(name) > 60:
        raise ValidationError({"tag": "A tag has at most 60 characters."})
    with transaction.atomic():
        found, _ = Tag.objects.get_or_create(name=name)
        if not case.tags.filter(pk=found.pk).exists():
            case.tags.add(found)
            record_event(case, CaseEvent.Type.TAGGED, actor=actor, now=now, after=name)
    return found


def untag(*, case: Case, name: str, actor: User, now: datetime) -> None:
    with transaction.atomic():
        found = case.tags.filter(name=name).first()
        if found:
            case.tags.remove(found)
            record_event(case, CaseEvent.Type.UNTAGGED, actor=actor, now=now, before=name)


def note_languages(cases: Iterable[Case]) -> None:
    """Keep the languages that somebody recognised, of cases that have none."""
    spoken: defaultdict[str, list[int]] = defaultdict(list)
    for case in cases:
        spoken[case.language].append(case.pk)
    for language, numbers in spoken.items():
        if language:
            Case.objects.filter(pk__in=numbers, language="").update(language=language)


def possible_assignees(case: Case) -> QuerySet[User]:
    """Return those to whom a case may be given, by name."""
    may = Q(role="admin") | Q(is_superuser=True) | Q(role="agent")
    if case.team_id:
        may &= Q(team=case.team_id) | Q(role="admin") | Q(is_superuser=True)
    return User.objects.filter(may, is_active=True).order_by("first_name", "last_name")


def _change(case: Case, kind: CaseEvent.Type, *, actor: User | None, now: datetime, **values: object) -> None:
    """Set fields of one case and record what changed; nothing is written when nothing changes."""
    with transaction.atomic():
        row = Case.objects.select_related("team", "assignee").lock(case.pk)
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        status = row.status
        saw = _seeing(row) if SIGHT & changed.keys() else set()
        for name in changed:
            before = _told(row, name)
            setattr(row, name, changed[name])
            if name != "snoozed_until":
                record_event(row, kind, actor=actor, now=now, before=before, after=_told(row, name))
            setattr(case, name, changed[name])
        if changed:
            row.save(update_fields=list(changed))
            live.tell_losers(saw and saw - _seeing(row))
            history.note_status(case=row, before=status, actor=actor, at=now)


def _seeing(case: Case) -> set[int]:
    return set(access.agents_who_see(case).values_list("pk", flat=True))


def _told(case: Case, name: str) -> str:
    display = getattr(case, f"get_{name}_display", None)
    return str(display() if display else getattr(case, name) or "nobody")


def record_event(
    case: Case, kind: CaseEvent.Type, *, actor: User | None, now: datetime, before: str = "", after: str = ""
) -> None:
    """Append what was done to a case, and tell the open pages."""
    CaseEvent.objects.create(
        case=case, type=kind, actor=actor, at=now, before=before[:200], after=after[:200]
    )
    live.tell([case.pk])
