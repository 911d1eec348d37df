"""The demo world gets into the database: catalog, people, cases over twelve weeks, and what experts think of them.

Loading twice changes nothing. Times are derived from each message's id, so that two machines load the same world.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from copilot.catalog import catalog_at
from copilot.config.demo.world import Opinion, World, WrittenMessage
from copilot.models import Answer, AnswerVersion, Area, Guidance, Term, Topic
from copilot.worded import word_for
from helpdesk import bodies
from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import Case, Message, Priority, Reply, Role, Status, Tag, Team, User
from labeling.models import Annotation

PASSWORD = "tillwren"  # noqa: S105  of a world that never leaves its machine
WEEKS = 12
PREFIX = "demo:"


@dataclass(frozen=True)
class Clock:
    """When things happened, counted back from the moment the world is loaded."""

    now: datetime

    def start_of_week(self, week: int) -> datetime:
        """Return the beginning of week 1 to 12; week 12 ends now."""
        return self.now - timedelta(weeks=WEEKS + 1 - week)

    def of(self, message_id: str, week: int) -> datetime:
        """Return a moment of a week in shop hours, always the same for the same id."""
        day, minute = _number(message_id, "day") % 7, _number(message_id, "minute") % (13 * 60)
        at = self.start_of_week(week) + timedelta(days=day)
        local = datetime.combine(timezone.localdate(at), time(8), tzinfo=timezone.get_current_timezone())
        moment = local + timedelta(minutes=minute)
        # The last hours of week 12 are still to come: what falls there happened just now.
        return min(moment, self.now - timedelta(minutes=1 + _number(message_id, "recent") % 240))


def is_loaded(world: World) -> bool:
    """Return whether nothing of the world is missing."""
    messages = Message.objects.filter(external_id__startswith=PREFIX)
    return messages.filter(annotations__is_gold=True).count() == len(world.messages)


@transaction.atomic
def load_world(world: World, *, now: datetime) -> None:
    """Load what is not there yet, all of it or nothing."""
    clock = Clock(_first_load(now))
    people = _load_people(world)
    _load_catalog(world, people, clock)
    _load_cases(world, people, clock)
    _load_annotations(world, people, clock)


def _first_load(now: datetime) -> datetime:
    """A world that was loaded before keeps its time."""
    latest = AnswerVersion.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return latest + timedelta(weeks=WEEKS + 1) if latest else now


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
        facts[_first_of(message, by_id).id] |= message.facts
    ordered = sorted(fresh, key=lambda message: _sent_at(message, by_id, clock))
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
                sent_at=_sent_at(message, by_id, clock),
                subject=message.subject,
                case_external_id=f"{PREFIX}{_first_of(message, by_id).id}",
                case_attributes=facts[_first_of(message, by_id).id],
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
    _give_teams(world, rows, by_id)
    _send_replies(ordered, rows, people, by_id, clock)
    _settle(rows, people, clock)


def _attributes(customer: dict[str, object]) -> dict[str, object]:
    return dict(customer.get("attributes") or {})  # type: ignore[call-overload]


def _first_of(message: WrittenMessage, by_id: dict[str, WrittenMessage]) -> WrittenMessage:
    while message.follows:
        message = by_id[message.follows]
    return message


def _sent_at(message: WrittenMessage, by_id: dict[str, WrittenMessage], clock: Clock) -> datetime:
    at = clock.of(message.id, message.week)
    if message.follows:
        # After the reply it follows, however the two fell within their weeks.
        at = max(at, _replied_at(by_id[message.follows], by_id, clock) + timedelta(minutes=20))
    return min(at, clock.now)


def _replied_at(message: WrittenMessage, by_id: dict[str, WrittenMessage], clock: Clock) -> datetime:
    return _sent_at(message, by_id, clock) + timedelta(minutes=4 + _number(message.id, "reply") % 170)


def _give_teams(world: World, rows: dict[str, Message], by_id: dict[str, WrittenMessage]) -> None:
    """A case belongs to the team of its first message's topic; what is no question is anybody's."""
    teams = {area.slug: area.team for area in Area.objects.select_related("team")}
    changed = []
    for name, row in rows.items():
        written = by_id[name]
        if not written.follows and written.gold.topic:
            row.case.team = teams[world.topics[written.gold.topic]]
            changed.append(row.case)
    Case.objects.bulk_update(changed, ["team"], batch_size=500)


def _send_replies(
    messages: Iterable[WrittenMessage],
    rows: dict[str, Message],
    people: dict[str, User],
    by_id: dict[str, WrittenMessage],
    clock: Clock,
) -> None:
    versions = {
        number: {
            version.answer.slug: version
            for version in catalog_at(clock.start_of_week(number + 1)).versions.values()
        }
        for number in range(1, WEEKS + 1)
    }
    replies = []
    for message in messages:
        if message.reply is None:
            continue
        case = rows[message.id].case
        agent = _agent_for(case, people)
        sent_at = _replied_at(message, by_id, clock)
        if sent_at >= clock.now:
            continue
        body = message.reply.body.replace(
            "{agent}",
            agent.get_full_name() if case.team and case.team.slug == "money-desk" else agent.first_name,
        )
        if not body:
            body = word_for(case, versions[message.week][message.gold.answer], agent)[0].text
        replies.append(
            Reply(
                case=case,
                author=agent,
                client_key=f"{PREFIX}{message.id}",
                body=body.strip(),
                sent_at=sent_at,
            )
        )
    Reply.objects.bulk_create(replies, ignore_conflicts=True)


def _agent_for(case: Case, people: dict[str, User]) -> User:
    agents = sorted(
        user.username
        for user in people.values()
        if user.role == Role.AGENT and (not case.team or user.team == case.team)
    )
    # Some answer far more than others, as everywhere.
    place = (_number(str(case.external_id), "agent") % 1000 / 1000) ** 1.8
    return people[agents[int(place * len(agents))]]


def _settle(rows: dict[str, Message], people: dict[str, User], clock: Clock) -> None:
    """What was answered waits or is closed; of what was not, the old was settled by phone and the new is open."""
    cases = {row.case_id: row.case for row in rows.values()}
    last_reply = {reply.case_id: reply for reply in Reply.objects.filter(case__in=cases).order_by("sent_at")}
    last_message = {row.case_id: row for row in sorted(rows.values(), key=lambda row: row.sent_at)}
    for case in cases.values():
        reply, message = last_reply.get(case.pk), last_message[case.pk]
        is_answered = reply is not None and reply.sent_at > message.sent_at
        case.last_activity_at = max(message.sent_at, reply.sent_at if reply else message.sent_at)
        case.awaiting_since = None if is_answered else message.sent_at
        case.language = bodies.language(message.body, allowed=("en", "de", "es", "fr"), fallback="en") or "en"
        is_recent = case.last_activity_at > clock.now - timedelta(days=6)
        case.status = (Status.WAITING if is_answered else Status.OPEN) if is_recent else Status.CLOSED
        if case.status == Status.CLOSED:
            case.awaiting_since = None
        if reply or _number(case.external_id, "assigned") % 4 == 0:
            case.assignee = reply.author if reply else _agent_for(case, people)
        case.priority = _priority(message.body)
    Case.objects.bulk_update(
        cases.values(),
        ["last_activity_at", "awaiting_since", "language", "status", "assignee", "priority"],
        batch_size=500,
    )
    _tag(cases.values())


def _priority(body: str) -> Priority:
    shouted = sum(character.isupper() for character in body) > 0.6 * max(sum(map(str.isalpha, body)), 12)
    if shouted or "urgent" in body.lower():
        return Priority.HIGH
    return Priority.NORMAL


def _tag(cases: Iterable[Case]) -> None:
    tags = {
        name: Tag.objects.get_or_create(name=name)[0] for name in ("market-stall", "plus-plan", "ireland")
    }
    through = Case.tags.through
    chosen = []
    for case in cases:
        known = " ".join(str(value) for value in case.customer.attributes.values()).lower()
        for name, word in (("market-stall", "stall"), ("plus-plan", "plus"), ("ireland", "dublin")):
            if word in known:
                chosen.append(through(case_id=case.pk, tag_id=tags[name].pk))
    through.objects.bulk_create(chosen, ignore_conflicts=True)


def _load_annotations(world: World, people: dict[str, User], clock: Clock) -> None:
    """The gold of each message, and a second expert's opinion beside a fifth of them."""
    rows = dict(Message.objects.filter(external_id__startswith=PREFIX).values_list("external_id", "pk"))
    topics = dict(Topic.objects.values_list("slug", "pk"))
    answers = dict(Answer.objects.values_list("slug", "pk"))
    experts = [people[name] for name in ("nadia", "tomasz", "ife")]

    def annotation(message: WrittenMessage, opinion: Opinion, expert: User, *, is_gold: bool) -> Annotation:
        return Annotation(
            message_id=rows[f"{PREFIX}{message.id}"],
            author=expert,
            reason=opinion.reason,
            topic_id=topics.get(opinion.topic),
            answer_id=answers.get(opinion.answer),
            group=message.group or ("several" if message.also else ""),
            is_gold=is_gold,
            made_at=clock.now,
        )

    made = []
    for message in world.messages:
        place = _number(message.id, "expert")
        made.append(annotation(message, message.gold, experts[place % 3], is_gold=True))
        if message.second:
            made.append(annotation(message, message.second, experts[(place + 1) % 3], is_gold=False))
    Annotation.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)
    golds = dict(Annotation.objects.filter(is_gold=True).values_list("message__external_id", "pk"))
    also = Annotation.also.through
    also.objects.bulk_create(
        (
            also(annotation_id=golds[f"{PREFIX}{message.id}"], topic_id=topics[topic])
            for message in world.messages
            for topic in message.also
        ),
        ignore_conflicts=True,
    )


def _number(*words: str) -> int:
    """A number that is always the same for the same words."""
    return int.from_bytes(hashlib.sha256("/".join(words).encode()).digest()[:6])
