"""What can be chosen above a list of cases: filters, and colleagues to give cases to."""

from helpdesk import access
from helpdesk.models import Priority, Role, Status, Tag, Team, User
from helpdesk.models.people import NAMED_BY

SAMPLED = 1000  # the newest cases, whose channels and languages are offered as filters


def filter_choices(user: User) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen in each filter, as (value, name)."""
    teams = Team.objects.all() if user.sees_every_case else Team.objects.filter(members=user)
    customers = access.cases_for(user).of_customers()
    recent = set(customers.order_by("-pk").values_list("channel", "language")[:SAMPLED])
    return {
        "status": list(Status.choices),
        "priority": [(str(value), name) for value, name in reversed(Priority.choices)],
        "team": list(teams.values_list("slug", "name")),
        "tag": [(name, name) for name in Tag.objects.values_list("name", flat=True)[:200]],
        "channel": [(name, name) for name in sorted({channel for channel, _ in recent})],
        "escalated": [("yes", "Yes")],
        "language": [(name, name) for name in sorted({language for _, language in recent if language})],
    }


def colleagues_of(user: User) -> list[tuple[str, str]]:
    """Return the other agents, to whom cases can be given, as (value, name)."""
    others = User.objects.filter(is_active=True, role=Role.AGENT).exclude(pk=user.pk).only(*NAMED_BY)
    return [(str(person.pk), str(person)) for person in others.order_by("first_name", "last_name")[:200]]
