"""What the variables of an answer stand for, on one case and for one agent."""

from copilot.models import AnswerVersion
from copilot.pipeline.wording import variables
from helpdesk.models import Case, User

ALWAYS = ("customer.first_name", "customer.name", "customer.email", "case.number", "case.subject", "team.name",
          "agent.first_name", "agent.name")  # fmt: skip
LATEST = 500  # cases whose attributes are looked at


def known_names() -> tuple[str, ...]:
    """Return the names that have stood for something: always, on a recent case, or in an approved answer; sorted."""
    recent = Case.objects.order_by("-pk").values_list("attributes", "customer__attributes")[:LATEST]
    names = {*ALWAYS}
    for case, customer in recent:
        names |= {f"case.{name}" for name in case} | {f"customer.{name}" for name in customer}
    for body in AnswerVersion.objects.filter(approved_at__isnull=False).values_list("body", flat=True):
        names.update(variables(body))
    return tuple(sorted(names))


def values_for(case: Case, agent: User | None = None) -> dict[str, str]:
    """Return the known values by name, such as `customer.first_name`; what is unknown is left out."""
    customer = case.customer
    values = {
        "customer.first_name": customer.first_name,
        "customer.name": customer.name,
        "customer.email": customer.email,
        "case.number": str(case.number),
        "case.subject": case.subject,
        "team.name": case.team.name if case.team else "",
        **{f"customer.{name}": _text(value) for name, value in customer.attributes.items()},
        **{f"case.{name}": _text(value) for name, value in case.attributes.items()},
    }
    if agent:
        values |= agent_values(agent)
    return {name: value for name, value in values.items() if value}


def agent_values(agent: User) -> dict[str, str]:
    """Return the values that depend on who answers."""
    name = agent.get_full_name() or agent.username
    return {"agent.first_name": agent.first_name or name, "agent.name": name}


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
