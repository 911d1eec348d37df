"""When things happened in the demo world: derived from each message's id, the same on every machine."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

from copilot.config.demo.world import WrittenMessage

WEEKS = 12


@dataclass(frozen=True)
class Clock:
    """When things happened, counted back from the moment the world is loaded."""

    now: datetime

    def start_of_week(self, week: int) -> datetime:
        """Return the beginning of week 1 to 12; week 12 ends now."""
        return self.now - timedelta(weeks=WEEKS + 1 - week)

    def week_of(self, at: datetime) -> float:
        """Return in which week a moment lies, and how far in it: week 1 begins at 1.0."""
        return 1 + (at - self.start_of_week(1)) / timedelta(weeks=1)

    def of(self, message_id: str, week: int) -> datetime:
        """Return a moment of a week in shop hours, always the same for the same id."""
        day, minute = number_of(message_id, "day") % 7, number_of(message_id, "minute") % (13 * 60)
        at = self.start_of_week(week) + timedelta(days=day)
        local = datetime.combine(timezone.localdate(at), time(8), tzinfo=timezone.get_current_timezone())
        moment = local + timedelta(minutes=minute)
        # The last hours of week 12 are still to come: what falls there happened just now.
        return min(moment, self.now - timedelta(minutes=1 + number_of(message_id, "recent") % 240))


def first_of(message: WrittenMessage, by_id: dict[str, WrittenMessage]) -> WrittenMessage:
    """Return the message that opened a message's case."""
    while message.follows:
        message = by_id[message.follows]
    return message


def sent_at_of(message: WrittenMessage, by_id: dict[str, WrittenMessage], clock: Clock) -> datetime:
    """Return when a customer sent a message."""
    at = clock.of(message.id, message.week)
    if message.follows:
        # After the reply it follows, however the two fell within their weeks.
        at = max(at, replied_at_of(by_id[message.follows], by_id, clock) + timedelta(minutes=20))
    return min(at, clock.now)


def replied_at_of(message: WrittenMessage, by_id: dict[str, WrittenMessage], clock: Clock) -> datetime:
    """Return when an agent answered a message that was answered."""
    return sent_at_of(message, by_id, clock) + timedelta(minutes=4 + number_of(message.id, "reply") % 170)


def number_of(*words: str) -> int:
    """A number that is always the same for the same words."""
    return int.from_bytes(hashlib.sha256("/".join(words).encode()).digest()[:6])
