"""The demo world gets into the database: catalog, people, cases over twelve weeks, and what experts think of them.

Loading twice changes nothing.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from copilot.config.demo.clock import WEEKS, Clock, first_of, sent_at_of
from copilot.config.demo.curating import load_curation
from copilot.config.demo.labels import load_labels
from copilot.config.demo.settling import settle
from copilot.config.demo.world import PREFIX, World
from copilot.models import Answer, AnswerVersion, Area, Guidance, Term, Topic
from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import Message, Role, Team, User
from labeling.models import Task

PASSWORD = "tillwren"  # noqa: S105  of a world that never leaves its machine


def is_loaded(world: World) -> bool:
    """Return whether nothing of the world is missing."""
    messages = Message.objects.filter(external_id__startswith=PREFIX)
    return messages.filter(annotations__task=Task.VALIDITY, annotations__is_gold=True).count() == len(
        world.messages
    )


@transaction.atomic
def load_world(world: World, *, now: datetime) -> None:
    """Load what is not there yet, all of it or nothing."""
    clock = clock_of_world(now)
    people = _load_people(world)
    _load_catalog(world, people, clock)
    _load_cases(world, people, clock)
    load_labels(world, people, clock)
    load_curation(world, people, clock)


def clock_of_world(now: datetime) -> Clock:
    """Return the clock of the demo world; one that was loaded before keeps its time."""
    first = AnswerVersion.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return Clock(first + timedelta(weeks=WEEKS + 1) if first else now)


def _load_people(world: World) -> dict[str, User]:
    teams = {}
    for entry in world.people["teams"]:
        team, _ = Team.objects.get_or_create(slug=entry["slug"], defaults={"name": entry["name"]})
        voice = {name: entry[name] for name in ("greeting", "closing", "rules")}
        Guidance.objects.get_or_create(team=team, defaults=voice)
        teams[team.slug] = team
    password = make_password(PASSWORD)
    for entry in world.people["people"]:
        first_name, _, last_name = entry["name"].partition(" ")
        is_admin = entry["role"] == Role.ADMIN
        User.objects.get_or_create(
            username=entry["username"],
            defaults={
                "first_name": first_name,
                "last_name": last_name,
                "email": f"{entry['username']}@tillwren.example",
                "role": entry["role"],
                "team": teams.get(entry.get("team")),
                "password": password,
                "is_staff": is_admin,
                "is_superuser": is_admin,
            },
        )
    Term.objects.bulk_create((Term(name=name) for name in world.people["terms"]), ignore_conflicts=True)
    return {user.username: user for user in User.objects.select_related("team")}


def _load_catalog(world: World, people: dict[str, User], clock: Clock) -> None:
    today = timezone.localdate(clock.now)
    before = clock.start_of_week(0)
    for written in world.areas:
        entry = written["area"]
        area, _ = Area.objects.get_or_create(
            slug=entry["slug"],
            defaults={"name": entry["name"], "team": Team.objects.get(slug=entry["team"])},
        )
        for topic in written["topics"]:
            Topic.objects.get_or_create(
                slug=topic["slug"],
                defaults={"area": area, "name": topic["name"], "guideline": topic.get("guideline", "")},
            )
        for answer in written["answers"]:
            expires = answer.get("expires_in_days")
            row, is_new = Answer.objects.get_or_create(
                slug=answer["slug"],
                defaults={
                    "topic": Topic.objects.get(slug=answer["topic"]),
                    "name": answer["name"],
                    "owner": people[answer["owner"]],
                    "visibility": answer.get("visibility", "public"),
                    "review_on": today + timedelta(days=answer["review_in_days"]),
                    "expires_on": today + timedelta(days=expires) if expires is not None else None,
                },
            )
            if is_new:
                versions = answer.get("versions") or [{"from_week": 0, "body": answer["body"]}]
                for number, version in enumerate(versions, start=1):
                    at = before if number == 1 else clock.start_of_week(version["from_week"])
                    AnswerVersion.objects.create(
                        answer=row, number=number, body=version["body"].strip(), author=row.owner,
                        created_at=at, approved_at=at,
                    )  # fmt: skip
    for slug, answer in world.answers.items():
        others = answer.get("conflicts_with")
        if others:
            Answer.objects.get(slug=slug).conflicts_with.add(*Answer.objects.filter(slug__in=others))


def _load_cases(world: World, people: dict[str, User], clock: Clock) -> None:
    loaded = set(Message.objects.filter(external_id__startswith=PREFIX).values_list("external_id", flat=True))
    fresh = [message for message in world.messages if f"{PREFIX}{message.id}" not in loaded]
    if not fresh:
        return
    by_id = {message.id: message for message in world.messages}
    customers = {customer["slug"]: customer for customer in world.customers}
    facts: dict[str, dict[str, str]] = defaultdict(dict)
    for message in world.messages:
        facts[first_of(message, by_id).id] |= message.facts
    ordered = sorted(fresh, key=lambda message: sent_at_of(message, by_id, clock))
    receive_messages(
        [
            IncomingMessage(
                channel=message.channel,
                external_id=f"{PREFIX}{message.id}",
                body=message.body,
                customer=IncomingCustomer(
                    email=customers[message.customer]["email"],
                    name=customers[message.customer]["name"],
                    attributes=_attributes(customers[message.customer]),
                ),
                sent_at=sent_at_of(message, by_id, clock),
                subject=message.subject,
                case_external_id=f"{PREFIX}{first_of(message, by_id).id}",
                case_attributes=facts[first_of(message, by_id).id],
            )
            for message in ordered
        ],
        now=clock.now,
        announce=False,
    )
    rows = {
        row.external_id.removeprefix(PREFIX): row
        for row in Message.objects.filter(external_id__startswith=PREFIX).select_related("case__customer")
    }
    settle(world, ordered, rows, people, clock)


def _attributes(customer: dict[str, object]) -> dict[str, object]:
    return dict(customer.get("attributes") or {})  # type: ignore[call-overload]
