"""What agents did with the demo world's cases: teams, replies, who keeps them, and how they stand now."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from copilot.catalog import catalog_at
from copilot.config.demo.clock import WEEKS, Clock, number_of, replied_at_of
from copilot.config.demo.world import PREFIX, World, WrittenMessage
from copilot.models import Area
from copilot.worded import word_for
from helpdesk import bodies, history
from helpdesk.models import (
    Case,
    CaseTag,
    Message,
    Priority,
    Reply,
    Role,
    Status,
    StatusChange,
    Tag,
    Team,
    User,
)


def settle(
    world: World,
    messages: Iterable[WrittenMessage],
    rows: dict[str, Message],
    people: dict[str, User],
    clock: Clock,
) -> None:
    """Give the cases to teams, answer them, and leave each as its agents would have; rows are messages by id."""
    by_id = {message.id: message for message in world.messages}
    _give_teams(world, rows, by_id)
    _send_replies(messages, rows, people, by_id, clock)
    _leave(rows, people, clock)


def _give_teams(world: World, rows: dict[str, Message], by_id: dict[str, WrittenMessage]) -> None:
    """A case belongs to the team of its first message's topic; what is no question is anybody's."""
    teams = {area.slug: area.team for area in Area.objects.select_related("team")}
    of_team: defaultdict[Team | None, list[int]] = defaultdict(list)
    for name, row in rows.items():
        written = by_id[name]
        if not written.follows and written.gold.topic:
            row.case.team = teams[world.topics[written.gold.topic]]
            of_team[row.case.team].append(row.case_id)
    for team, cases in of_team.items():
        Case.objects.filter(pk__in=cases).update(team=team)


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
        sent_at = replied_at_of(message, by_id, clock)
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
    place = (number_of(str(case.external_id), "agent") % 1000 / 1000) ** 1.8
    return people[agents[int(place * len(agents))]]


def _leave(rows: dict[str, Message], people: dict[str, User], clock: Clock) -> None:
    """What was answered waits or is closed; of what was not, the old was settled by phone and the new is open."""
    cases = {row.case_id: row.case for row in rows.values()}
    last_reply = {reply.case_id: reply for reply in Reply.objects.filter(case__in=cases).order_by("sent_at")}
    last_message = {row.case_id: row for row in sorted(rows.values(), key=lambda row: row.sent_at)}
    before = {case.pk: case.status for case in cases.values()}
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
        if reply or number_of(case.external_id, "assigned") % 4 == 0:
            case.assignee = reply.author if reply else _agent_for(case, people)
        case.priority = _priority(message.body)
    Case.objects.bulk_create(  # all are there: a fifth of what bulk_update takes
        cases.values(),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["last_activity_at", "awaiting_since", "language", "status", "assignee", "priority"],
    )
    history.note_statuses(
        StatusChange(
            case=case,
            before=before[case.pk],
            after=case.status,
            actor=case.assignee,
            at=case.last_activity_at,
        )
        for case in cases.values()
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
    chosen = []
    for case in cases:
        known = " ".join(str(value) for value in case.customer.attributes.values()).lower()
        for name, word in (("market-stall", "stall"), ("plus-plan", "plus"), ("ireland", "dublin")):
            if word in known:
                chosen.append(CaseTag(case_id=case.pk, tag_id=tags[name].pk))
    CaseTag.objects.bulk_create(chosen, ignore_conflicts=True)
