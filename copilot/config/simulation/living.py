"""Simulated weeks go through the real intake, pipeline and reply functions, with a clock of their own.

1. The messages of a day come in; the release of that week computes their suggestions, or there is none yet.
2. An agent opens each case some time later and does what their habit says (see `acting`): events, then the reply.
3. The truth about each turn is handed out, for those who check figures against it.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.db import connection
from django.utils import timezone

from copilot import expecting, recording, suggesting
from copilot.catalog import CatalogMoment, catalog_at
from copilot.config.demo.clock import WEEKS, Clock
from copilot.config.demo.world import World
from copilot.config.simulation.acting import Act, Offer, Scene, act
from copilot.config.simulation.asking import Asked, asked_in, by_day, chance_of
from copilot.config.simulation.behaviour import Behaviour
from copilot.models import Area, Release, Suggestion
from copilot.models.suggestion import State
from copilot.worded import for_agent, word_for
from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import ActiveTime, Case, Message, Role, Team, User
from helpdesk.rating import rate
from helpdesk.replying import UNFILLED, send_reply

PREFIX = "simulated:"  # of every external id, which tells the simulated from the real
FILLING = "AB-2041"  # what agents type for a variable that nobody filled
OPENS_AFTER = (5.0, 90.0)  # minutes
COMPUTED_IN = 120  # milliseconds
SET_CLOCK = """
UPDATE copilot_suggestion s
SET created_at = m.sent_at, queued_at = m.sent_at, finished_at = m.sent_at + %s * interval '1 millisecond'
FROM helpdesk_message m WHERE m.id = s.message_id AND s.id = ANY(%s)
"""


@dataclass(frozen=True)
class Truth:
    """What really happened in one turn; `suggested` is the answer of a suggestion that had a text."""

    suggestion: int
    week: int
    agent: str
    arm: str
    answer: str
    suggested: str
    is_suggested_right: bool
    act: Act


@dataclass
class Life:
    """One simulated world while it is lived. Without a release in a week the copilot is not there yet."""

    world: World
    behaviour: Behaviour
    clock: Clock
    releases: Mapping[int, Release]
    seed: int
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def weeks(self, n_cases: int) -> Iterator[list[Truth]]:
        """Live week after week, and yield what was true in each."""
        first = 0
        for week in range(1, WEEKS + 1):
            n = n_cases * week // WEEKS - n_cases * (week - 1) // WEEKS
            chance = chance_of(self.seed, week)
            asked = asked_in(
                week,
                n=n,
                first=first,
                world=self.world,
                behaviour=self.behaviour,
                clock=self.clock,
                chance=chance,
            )
            first += n
            yield [truth for day in by_day(asked) for truth in self._day(week, day)]

    def _day(self, week: int, asked: Sequence[Asked]) -> list[Truth]:
        moment = catalog_at(asked[0].at)
        messages = self._receive(asked)
        suggestions = self._suggest(week, list(messages.values()), moment)
        found = []
        for each in asked:
            message = messages.get(each.number)
            if message is not None:
                found.append(self._answer(week, each, message.case, suggestions.get(message.pk), moment))
        return found

    def _receive(self, asked: Sequence[Asked]) -> dict[int, Message]:
        customers = {customer["slug"]: customer for customer in self.world.customers}
        receipts = receive_messages(
            [
                IncomingMessage(
                    channel=each.written.channel,
                    external_id=f"{PREFIX}{self.seed}:{each.number}",
                    case_external_id=f"{PREFIX}{self.seed}:{each.number}",
                    body=each.written.body,
                    subject=each.written.subject,
                    customer=IncomingCustomer(
                        email=customers[each.written.customer]["email"],
                        name=customers[each.written.customer]["name"],
                    ),
                    sent_at=each.at,
                    case_attributes=each.written.facts,
                )
                for each in asked
            ],
            now=asked[-1].at,
            announce=False,
        )
        numbers = {
            receipt.message_id: each.number
            for receipt, each in zip(receipts, asked, strict=True)
            if receipt.message_id and receipt.created
        }
        rows = Message.objects.select_related("case__customer", "case__team__guidance").in_bulk(list(numbers))
        by_number = {numbers[pk]: message for pk, message in rows.items()}
        self._give_teams(asked, by_number)
        return by_number

    def _give_teams(self, asked: Sequence[Asked], messages: Mapping[int, Message]) -> None:
        """A case belongs to the team of its topic; what is no question is anybody's."""
        changed = []
        for each in asked:
            if each.number in messages and each.written.gold.topic:
                case = messages[each.number].case
                case.team = self._teams[self.world.topics[each.written.gold.topic]]
                changed.append(case)
        Case.objects.bulk_update(changed, ["team"], batch_size=500)

    def _suggest(
        self, week: int, messages: Sequence[Message], moment: CatalogMoment
    ) -> dict[int, Suggestion]:
        """Compute and store the suggestions of messages; return them by the message."""
        release = self.releases.get(week)
        if release is None or not messages:
            return {}
        pending = [
            row for row in expecting.store_pending(messages, now=messages[0].sent_at) if row.is_pending
        ]
        ids = [row.pk for row in pending]
        rows = list(
            Suggestion.objects.filter(pk__in=ids).select_related("message", *suggesting.CASE_FOR_WORDING)
        )
        suggesting.suggest_by(release, rows, moment, now=messages[0].sent_at)
        with connection.cursor() as cursor:
            cursor.execute(SET_CLOCK, [COMPUTED_IN, ids])
        stored = Suggestion.objects.filter(pk__in=ids).select_related("answer__answer", "message", "case")
        return {row.message_id: row for row in stored}

    def _answer(
        self, week: int, asked: Asked, case: Case, suggestion: Suggestion | None, moment: CatalogMoment
    ) -> Truth:
        """Let an agent open a case and deal with it."""
        chance = chance_of(self.seed, "case", asked.number)
        agent = self._agent(case, chance)
        offer = _offer(suggestion, asked, agent)
        gold = asked.written.gold.answer
        opened_at = asked.at + timedelta(minutes=chance.uniform(*OPENS_AFTER))
        scene = Scene(
            week=1 + (asked.at - self.clock.start_of_week(1)) / timedelta(weeks=1),
            answer=gold,
            catalog_text=self._text_of(gold, case, moment, agent),
            own=self._own_words(gold, agent, chance),
            offer=offer,
            n_seen=self.seen[agent.username, gold],
            knows_change=opened_at >= self._hears(agent),
        )
        done = act(scene, self.behaviour.habit_of[agent.username], self.behaviour, chance)
        if offer and offer.is_shown and done.is_viewed:
            self.seen[agent.username, offer.answer] += 1
        self._do(case, suggestion if offer and offer.is_shown else None, agent, done, opened_at, chance)
        arm = suggestion.arm if suggestion else ""
        suggested = offer.answer if offer else ""
        return Truth(
            suggestion.pk if suggestion else 0, week, agent.username, arm, gold, suggested,
            bool(offer and offer.is_right), done,
        )  # fmt: skip

    def _do(
        self,
        case: Case,
        shown: Suggestion | None,
        agent: User,
        done: Act,
        opened_at: datetime,
        chance: random.Random,
    ) -> None:
        """Report the events, send the reply, and note the time it took."""
        sent_at = opened_at + timedelta(seconds=done.seconds)
        if shown is not None:
            for order, event in enumerate(_events(done)):
                at = opened_at + (sent_at - opened_at) * min(order / 8, 0.9)
                recording.record_report(
                    suggestion=shown, actor=agent, at=at, client_seq=f"{order}", page="simulated", page_order=order,
                    **event,
                )  # fmt: skip
        send_reply(
            case=case, author=agent, body=done.body, client_key=f"{PREFIX}{case.pk}", now=sent_at, close=True
        )
        ActiveTime.objects.create(
            case=case, agent=agent, day=timezone.localdate(opened_at), milliseconds=round(1000 * done.seconds)
        )
        self._rate(case, done, sent_at, chance)

    def _rate(self, case: Case, done: Act, at: datetime, chance: random.Random) -> None:
        after = self.behaviour.after
        if chance.random() < after.rates:
            [stars] = chance.choices(range(1, 6), weights=after.stars["right" if done.is_right else "wrong"])
            rate(
                case=case, channel=case.channel, external_id=f"{PREFIX}{case.pk}", score=stars,
                now=at + timedelta(hours=1 + chance.random() * 30),
            )  # fmt: skip

    def _agent(self, case: Case, chance: random.Random) -> User:
        """Return who answers: some far more often than others."""
        team = self._agents.get(case.team.slug) if case.team else None
        agents = team or [agent for agents in self._agents.values() for agent in agents]
        return agents[math.floor(chance.random() ** self.behaviour.uneven * len(agents))]

    def _text_of(self, answer: str, case: Case, moment: CatalogMoment, agent: User) -> str:
        """Return what somebody who looks an answer up would send."""
        version = next((each for each in moment.versions.values() if each.answer.slug == answer), None)
        return _filled(word_for(case, version, agent)[0].text, agent) if version else ""

    def _own_words(self, answer: str, agent: User, chance: random.Random) -> str:
        """Return what an agent would write without help: somebody's real words on the same answer, where there are."""
        written = self._replies.get(answer) or self.behaviour.elsewhere
        return _filled(chance.choice(written).replace("{agent}", agent.first_name), agent)

    def _hears(self, agent: User) -> datetime:
        """Return when an agent hears of the change."""
        change = self.behaviour.change
        days = chance_of(self.seed, "hears", agent.username).uniform(change.from_days, change.to_days)
        return self.clock.start_of_week(change.week) + timedelta(days=days)

    @cached_property
    def _teams(self) -> dict[str, Team | None]:
        return {area.slug: area.team for area in Area.objects.select_related("team__guidance")}

    @cached_property
    def _agents(self) -> dict[str, list[User]]:
        """The agents of each team, in an order that their names decide."""
        agents = User.objects.filter(role=Role.AGENT, username__in=self.behaviour.habit_of).select_related(
            "team"
        )
        found: dict[str, list[User]] = {}
        for agent in agents.order_by("username"):
            found.setdefault(agent.team.slug if agent.team else "", []).append(agent)
        return found

    @cached_property
    def _replies(self) -> dict[str, list[str]]:
        """What agents of the demo world wrote in words of their own, by the answer that fitted."""
        found: dict[str, list[str]] = {}
        for written in self.world.messages:
            if written.reply and written.reply.kind == "own" and written.gold.answer:
                found.setdefault(written.gold.answer, []).append(written.reply.body)
        return found


def _offer(suggestion: Suggestion | None, asked: Asked, agent: User) -> Offer | None:
    """Return the suggestion's text as this agent would insert it, if it has one."""
    if (
        suggestion is None
        or suggestion.answer is None
        or suggestion.state not in {State.OFFERED, State.SHADOW}
    ):
        return None
    right = {opinion.answer for opinion in (asked.written.gold, asked.written.second) if opinion}
    answer = suggestion.answer.answer.slug
    text = _filled(suggestion.text, agent)
    return Offer(answer, text, answer in right, suggestion.state == State.OFFERED)


def _filled(text: str, agent: User) -> str:
    return UNFILLED.sub(FILLING, for_agent(text, agent))


def _events(done: Act) -> list[dict[str, object]]:
    """Return what the page reports, in order."""
    found: list[dict[str, object]] = [{"type": "displayed", "typed_before": 40 if done.is_late else 0}]
    if done.is_viewed:
        found.append({"type": "viewed"})
    if done.is_inserted:
        found.append({"type": "inserted"})
    if done.is_removed:
        found.append({"type": "insertion_undone"})
    if done.dismissed_for:
        found.append({"type": "dismissed", "dismiss_reason": done.dismissed_for})
    return found
