"""What happened in the turns of a simulated world, as it is stored by the real functions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from copilot.config.demo.world import WrittenMessage
from copilot.config.simulation.acting import Act, Scene
from copilot.config.simulation.asking import Asked
from copilot.models import Suggestion
from copilot.recording import Report
from copilot.simulated import PREFIX
from helpdesk.models import ActiveTime, Message, User
from helpdesk.replying import OutgoingReply


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
        gold = asked.written.gold
        return cls(asked.number, message, gold.topic or "", gold.answer or "", accepted_of(asked.written))


def accepted_of(written: WrittenMessage) -> frozenset[str]:
    """Return the answers that would do: those of which either expert thought."""
    return frozenset(
        opinion.answer for opinion in (written.gold, written.second) if opinion and opinion.answer
    )


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

    def reply(self, body: str) -> OutgoingReply:
        case = self.turn.message.case
        return OutgoingReply(
            case, self.agent, body, f"{PREFIX}{case.pk}:{self.turn.place}", self.sent_at, close=True
        )

    def active_time(self) -> ActiveTime:
        day = timezone.localdate(self.opened_at)  # of a case that comes back it is another one
        milliseconds = round(1000 * self.act.seconds)
        return ActiveTime(case=self.turn.message.case, agent=self.agent, day=day, milliseconds=milliseconds)


@dataclass(frozen=True)
class Worked:
    """A turn that an agent dealt with, and what comes of it: a call for help, stars at a time, a correction."""

    truth: Truth
    is_escalated: bool
    rating: tuple[int, datetime] | None
    set_right: OutgoingReply | None


def reports(truth: Truth, shown: Suggestion) -> Iterator[Report]:
    """Yield what the page reports, in order; nothing more of a suggestion that came after the reply."""
    done = truth.act
    begins_at = max(truth.opened_at, shown.finished_at or truth.opened_at)
    found: list[tuple[str, dict[str, object]]] = [("displayed", {"typed_before": 40 if done.is_late else 0})]
    if done.is_viewed:
        found.append(("viewed", {}))
    if done.is_inserted:
        found.append(("inserted", {}))
    if done.is_removed:
        found.append(("insertion_undone", {}))
    if done.dismissed_for:
        found.append(("dismissed", {"dismiss_reason": done.dismissed_for}))
    lasts = truth.sent_at - begins_at
    opened = "opened" if begins_at == truth.opened_at else "awaited"
    said: list[tuple[datetime, str, dict[str, object]]] = [(truth.opened_at, opened, {})]
    if begins_at < truth.sent_at:
        said += [(begins_at + lasts * (order / 8), kind, event) for order, (kind, event) in enumerate(found)]
    for order, (at, kind, event) in enumerate(said):
        page = {"page": "simulated", "page_order": order}
        yield Report(shown, truth.agent, at, kind, f"{order}", page | event)
