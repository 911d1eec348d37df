"""Simulated agents at their desks: each opens a case, does what their habit says (see `acting`), and what follows.

1. Who answers, what they have before them, and what they do with it.
2. The events of the page, the reply, and the time it took.
3. What comes of it: a rating, a call for help, a correction, the customer again. What would lie in the future has not
   happened yet.
"""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from copilot import recording
from copilot.catalog import CatalogMoment
from copilot.config.demo.clock import Clock
from copilot.config.demo.world import World
from copilot.config.simulation.acting import Act, Offer, Scene, act
from copilot.config.simulation.asking import chance_of
from copilot.config.simulation.behaviour import Behaviour
from copilot.config.simulation.happening import Truth, Turn, Worked, reports
from copilot.models import Suggestion
from copilot.models.suggestion import State
from copilot.simulated import PREFIX
from copilot.worded import for_agent, word_for
from helpdesk import escalating
from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import ActiveTime, Case, Message, Role, User
from helpdesk.rating import rate
from helpdesk.replying import UNFILLED, OutgoingReply, send_replies

FILLING = "AB-2041"  # what agents type for a variable that nobody filled
CALL_FOR_HELP = "Nobody here knows the answer"


@dataclass
class Desk:
    """The agents of a simulated world, and what each was shown so far."""

    world: World
    behaviour: Behaviour
    clock: Clock
    seed: int
    seen: Counter[tuple[str, str]]

    def answer(
        self, week: int, turns: Sequence[Turn], suggestions: Mapping[int, Suggestion], moment: CatalogMoment
    ) -> list[Truth]:
        """Let agents open cases and deal with them, one after the other; `suggestions` are by message."""
        worked = [self._work(week, turn, suggestions.get(turn.message.pk), moment) for turn in turns]
        self._store(worked, suggestions)
        return [each.truth for each in worked]

    def come_back(self, truths: Sequence[Truth]) -> list[Turn]:
        """Let customers come back within days, in the same case; return the turns that begin then."""
        again = {message.external_id: (truth, message) for truth in truths if (message := self._again(truth))}
        if not again:
            return []
        messages = [message for _, message in again.values()]
        receive_messages(messages, now=max(each.sent_at for each in messages), announce=False)
        rows = Message.objects.select_related("case__customer", "case__team__guidance")
        return [
            replace(
                again[row.external_id][0].turn,
                message=row,
                topic="",
                answer="",
                accepted=frozenset(),
                place=2,
            )
            for row in rows.filter(external_id__in=again).order_by("sent_at", "pk")
        ]

    def _again(self, truth: Truth) -> IncomingMessage | None:
        after, chance = self.behaviour.after, chance_of(self.seed, "back", truth.turn.number)
        at = truth.sent_at + timedelta(days=chance.uniform(1, after.back_within))
        if chance.random() >= after.comes_back[_was(truth.act)] or at + timedelta(hours=5) > self.clock.now:
            return None
        case = truth.turn.message.case
        return IncomingMessage(
            channel=case.channel, external_id=f"{truth.turn.message.external_id}:2",
            case_external_id=case.external_id, body=chance.choice(self.behaviour.again), sent_at=at,
            customer=IncomingCustomer(email=case.customer.email, name=case.customer.name),
        )  # fmt: skip

    def _work(self, week: int, turn: Turn, suggestion: Suggestion | None, moment: CatalogMoment) -> Worked:
        """Let an agent open a case and do what their habit says."""
        case, chance = turn.message.case, chance_of(self.seed, "case", turn.number, turn.place)
        agent = self._agent(case, chance)
        opened_at = turn.message.sent_at + self._waits(chance)
        offer = _offer(suggestion, turn, agent, opened_at)
        scene = Scene(
            week=self.clock.week_of(turn.message.sent_at),
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
        calls = self.behaviour.after.escalates["known" if turn.answer else "elsewhere"]
        is_escalated = chance.random() < calls
        return Worked(truth, is_escalated, self._rating(truth, chance), self._set_right(truth, chance))

    def _store(self, worked: Sequence[Worked], suggestions: Mapping[int, Suggestion]) -> None:
        """Report the events, send the replies, note the time they took, and let come of them what comes."""
        recording.record_reports(
            [
                report
                for each in worked
                if (offer := each.truth.scene.offer) and offer.is_shown
                for report in reports(each.truth, suggestions[each.truth.turn.message.pk])
            ]
        )
        escalated = [each.truth for each in worked if each.is_escalated]
        for truth in escalated:
            escalating.escalate(
                case=truth.turn.message.case, team=None, reason=CALL_FOR_HELP, actor=truth.agent, now=truth.opened_at
            )  # fmt: skip
        first = [each.truth.reply(each.truth.act.body) for each in worked]
        send_replies([*first, *(each.set_right for each in worked if each.set_right)], announce=False)
        for truth in escalated:
            escalating.settle(case=truth.turn.message.case, actor=truth.agent, now=truth.sent_at)
        ActiveTime.objects.bulk_create(each.truth.active_time() for each in worked)
        for each in worked:
            if each.rating:
                stars, at = each.rating
                case = each.truth.turn.message.case
                rate(
                    case=case, channel=case.channel, external_id=f"{PREFIX}{case.pk}", score=stars, now=at
                )  # fmt: skip

    def _rating(self, truth: Truth, chance: random.Random) -> tuple[int, datetime] | None:
        after = self.behaviour.after
        is_rated, at = (
            chance.random() < after.rates,
            truth.sent_at + timedelta(hours=1 + chance.random() * 30),
        )
        [stars] = chance.choices(range(1, 6), weights=after.stars[_was(truth.act)])
        return (stars, at) if is_rated and truth.turn.place == 1 and at <= self.clock.now else None

    def _set_right(self, truth: Truth, chance: random.Random) -> OutgoingReply | None:
        """Let an agent who wrote what is out of date notice it within a day, and write again."""
        if truth.act.is_right or chance.random() >= self.behaviour.after.notices:
            return None
        at = truth.sent_at + timedelta(hours=chance.uniform(0.5, 20))
        corrected = self.behaviour.change.corrected(truth.suggested or truth.turn.answer, truth.act.body)
        if at > self.clock.now or corrected == truth.act.body:
            return None
        return replace(
            truth.reply(f"{self.behaviour.sorry}\n\n{corrected}"),
            client_key=f"{PREFIX}{truth.turn.message.case_id}:corrected", sent_at=at,
        )  # fmt: skip

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
