"""Simulated agents at their desks: each opens a case, does what their habit says (see `acting`), and what follows.

1. Who answers, what they have before them, and what they do with it.
2. The events of the page, the reply, and the time it took.
3. What comes of it: a rating, a call for help, a correction, the customer again. What would lie in the future has not
   happened yet.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone

from copilot import recording
from copilot.catalog import CatalogMoment
from copilot.config.demo.clock import Clock
from copilot.config.demo.world import World
from copilot.config.simulation.acting import Act, Offer, Scene, act
from copilot.config.simulation.asking import Asked, chance_of
from copilot.config.simulation.behaviour import Behaviour
from copilot.models import Suggestion
from copilot.models.suggestion import State
from copilot.worded import for_agent, word_for
from helpdesk import escalating
from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import ActiveTime, Case, Message, Role, User
from helpdesk.rating import rate
from helpdesk.replying import UNFILLED, send_reply

PREFIX = "simulated:"  # of every external id, which tells the simulated from the real
FILLING = "AB-2041"  # what agents type for a variable that nobody filled
CALL_FOR_HELP = "Nobody here knows the answer"


@dataclass(frozen=True)
class Turn:
    """A message that is to be answered: `answer` is the one that fits, `accepted` those that would do.

    `place` counts the turns of a case: that of a customer who comes back is the second.
    """

    number: int
    message: Message
    topic: str
    answer: str
    accepted: frozenset[str]
    place: int = 1

    @classmethod
    def of(cls, asked: Asked, message: Message) -> "Turn":
        gold, second = asked.written.gold, asked.written.second
        accepted = frozenset(opinion.answer for opinion in (gold, second) if opinion and opinion.answer)
        return cls(asked.number, message, gold.topic or "", gold.answer or "", accepted)


@dataclass(frozen=True)
class Truth:
    """What really happened in one turn: what the agent had before them, what they did, and when it was sent."""

    turn: Turn
    suggestion: int
    week: int
    agent: User
    arm: str
    scene: Scene
    act: Act
    opened_at: datetime
    sent_at: datetime

    @property
    def suggested(self) -> str:
        """The answer of a suggestion that had a text."""
        return self.scene.offer.answer if self.scene.offer else ""

    @property
    def is_suggested_right(self) -> bool:
        return bool(self.scene.offer and self.scene.offer.is_right)


@dataclass
class Desk:
    """The agents of a simulated world, and what each was shown so far."""

    world: World
    behaviour: Behaviour
    clock: Clock
    seed: int
    seen: Counter[tuple[str, str]]

    def answer(self, week: int, turn: Turn, suggestion: Suggestion | None, moment: CatalogMoment) -> Truth:
        """Let an agent open a case and deal with it."""
        case, chance = turn.message.case, chance_of(self.seed, "case", turn.number, turn.place)
        agent = self._agent(case, chance)
        opened_at = turn.message.sent_at + self._waits(chance)
        offer = _offer(suggestion, turn, agent, opened_at)
        scene = Scene(
            week=1 + (turn.message.sent_at - self.clock.start_of_week(1)) / timedelta(weeks=1),
            answer=turn.answer,
            catalog_text=self._text_of(turn.answer, case, moment, agent),
            own=self._own_words(turn.answer, agent, chance),
            offer=offer,
            n_seen=self.seen[agent.username, turn.answer],
            knows_change=opened_at >= self._hears(agent),
        )
        done = act(scene, self.behaviour.habit_of[agent.username], self.behaviour, chance)
        if offer and offer.is_shown and done.is_viewed:
            self.seen[agent.username, offer.answer] += 1
        sent_at = min(opened_at + timedelta(seconds=done.seconds), self.clock.now)
        truth = Truth(
            turn, suggestion.pk if suggestion else 0, week, agent, suggestion.arm if suggestion else "",
            scene, done, opened_at, sent_at,
        )  # fmt: skip
        self._do(truth, suggestion if offer and offer.is_shown else None, chance)
        return truth

    def comes_back(self, truth: Truth) -> Turn | None:
        """Let a customer come back within days, in the same case; return the turn that begins then."""
        after, chance = self.behaviour.after, chance_of(self.seed, "back", truth.turn.number)
        at = truth.sent_at + timedelta(days=chance.uniform(1, after.back_within))
        if chance.random() >= after.comes_back[_was(truth.act)] or at + timedelta(hours=5) > self.clock.now:
            return None
        case, name = truth.turn.message.case, f"{truth.turn.message.external_id}:2"
        again = IncomingMessage(
            channel=case.channel, external_id=name, case_external_id=case.external_id,
            body=chance.choice(self.behaviour.again), sent_at=at,
            customer=IncomingCustomer(email=case.customer.email, name=case.customer.name),
        )  # fmt: skip
        receive_messages([again], now=at, announce=False)
        rows = Message.objects.select_related("case__customer", "case__team__guidance")
        message = rows.get(channel=case.channel, external_id=name)
        return replace(truth.turn, message=message, topic="", answer="", accepted=frozenset(), place=2)

    def _do(self, truth: Truth, shown: Suggestion | None, chance: random.Random) -> None:
        """Report the events, send the reply, note the time it took, and let come of it what comes."""
        case, agent, done = truth.turn.message.case, truth.agent, truth.act
        if shown is not None:
            for order, (at, event) in enumerate(_events(truth, shown)):
                recording.record_report(
                    suggestion=shown, actor=agent, at=at, client_seq=f"{order}", page="simulated", page_order=order,
                    **event,
                )  # fmt: skip
        calls = self.behaviour.after.escalates["known" if truth.turn.answer else "elsewhere"]
        if is_escalated := chance.random() < calls:
            escalating.escalate(case=case, team=None, reason=CALL_FOR_HELP, actor=agent, now=truth.opened_at)
        self._send(truth, done.body, name=f"{truth.turn.place}", at=truth.sent_at)
        if is_escalated:
            escalating.settle(case=case, actor=agent, now=truth.sent_at)
        day = timezone.localdate(truth.opened_at)  # of a case that comes back it is another one
        ActiveTime.objects.create(case=case, agent=agent, day=day, milliseconds=round(1000 * done.seconds))
        self._rate(truth, chance)
        self._set_right(truth, chance)

    def _send(self, truth: Truth, body: str, *, name: str, at: datetime) -> None:
        case = truth.turn.message.case
        send_reply(
            case=case, author=truth.agent, body=body, client_key=f"{PREFIX}{case.pk}:{name}", now=at, close=True,
            announce=False,
        )  # fmt: skip

    def _rate(self, truth: Truth, chance: random.Random) -> None:
        after, case = self.behaviour.after, truth.turn.message.case
        is_rated, at = (
            chance.random() < after.rates,
            truth.sent_at + timedelta(hours=1 + chance.random() * 30),
        )
        [stars] = chance.choices(range(1, 6), weights=after.stars[_was(truth.act)])
        if is_rated and truth.turn.place == 1 and at <= self.clock.now:
            rate(case=case, channel=case.channel, external_id=f"{PREFIX}{case.pk}", score=stars, now=at)

    def _set_right(self, truth: Truth, chance: random.Random) -> None:
        """Let an agent who wrote what is out of date notice it within a day, and write again."""
        if truth.act.is_right or chance.random() >= self.behaviour.after.notices:
            return
        at = truth.sent_at + timedelta(hours=chance.uniform(0.5, 20))
        corrected = self.behaviour.change.corrected(truth.suggested or truth.turn.answer, truth.act.body)
        if at <= self.clock.now and corrected != truth.act.body:
            self._send(truth, f"{self.behaviour.sorry}\n\n{corrected}", name="corrected", at=at)

    def _waits(self, chance: random.Random) -> timedelta:
        """Return how long a case waits until it is opened."""
        opening = self.behaviour.opening
        if chance.random() < opening.at_once:
            return timedelta(seconds=opening.seconds * chance.random())
        return timedelta(
            minutes=min(opening.minutes * math.exp(chance.gauss(0, opening.spread)), opening.longest)
        )

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
    def _agents(self) -> dict[str, list[User]]:
        """The agents of each team, in an order that their names decide."""
        agents = User.objects.filter(role=Role.AGENT, username__in=self.behaviour.habit_of)
        found: dict[str, list[User]] = {}
        for agent in agents.select_related("team").order_by("username"):
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


def _offer(suggestion: Suggestion | None, turn: Turn, agent: User, opened_at: datetime) -> Offer | None:
    """Return the suggestion's text as this agent would insert it, if it has one."""
    if suggestion is None or suggestion.answer is None or suggestion.finished_at is None:
        return None
    if suggestion.state not in {State.OFFERED, State.SHADOW}:
        return None
    answer = suggestion.answer.answer.slug
    return Offer(
        answer,
        _filled(suggestion.text, agent),
        is_right=answer in turn.accepted,
        is_shown=suggestion.state == State.OFFERED,
        is_ready=suggestion.finished_at <= opened_at,
    )


def _filled(text: str, agent: User) -> str:
    return UNFILLED.sub(FILLING, for_agent(text, agent))


def _was(done: Act) -> str:
    return "right" if done.is_right else "wrong"


def _events(truth: Truth, shown: Suggestion) -> Iterator[tuple[datetime, dict[str, object]]]:
    """Yield what the page reports, in order; nothing more of a suggestion that came after the reply."""
    done = truth.act
    begins_at = max(truth.opened_at, shown.finished_at or truth.opened_at)
    yield truth.opened_at, {"type": "opened" if begins_at == truth.opened_at else "awaited"}
    if begins_at >= truth.sent_at:
        return
    found: list[dict[str, object]] = [{"type": "displayed", "typed_before": 40 if done.is_late else 0}]
    if done.is_viewed:
        found.append({"type": "viewed"})
    if done.is_inserted:
        found.append({"type": "inserted"})
    if done.is_removed:
        found.append({"type": "insertion_undone"})
    if done.dismissed_for:
        found.append({"type": "dismissed", "dismiss_reason": done.dismissed_for})
    for order, event in enumerate(found):
        yield begins_at + (truth.sent_at - begins_at) * (order / 8), event
