"""What a page about cases is asked for, as it stands in its address: a span of weeks, a channel, a topic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from copilot.monitor.filters import WORD, Filters, read_filters


@dataclass(frozen=True)
class CaseFilters:
    """A span of whole weeks that ends today, and what of it is asked for; nothing is left out by default."""

    of_turns: Filters
    channel: str = ""

    @property
    def today(self) -> date:
        return self.of_turns.today

    @property
    def days(self) -> int:
        return self.of_turns.days

    @property
    def topic(self) -> str:
        return self.of_turns.topic

    @property
    def first(self) -> date:
        return self.of_turns.first

    @property
    def query(self) -> str:
        """The address's query that asks for the same."""
        asked = {"days": self.days, "channel": self.channel, "topic": self.topic}
        return urlencode({name: value for name, value in asked.items() if value})

    def of(self, rows: "QuerySet[Any]", *, has_topic: bool = True) -> "QuerySet[Any]":
        """Return the rows of figures that are asked for."""
        found = rows.filter(day__gte=self.first, day__lte=self.today)
        if self.channel:
            found = found.filter(channel=self.channel)
        if self.topic and has_topic:
            found = found.filter(topic__slug=self.topic)
        return found


def read_case_filters(asked: Mapping[str, str], *, today: date) -> CaseFilters:
    """Read an address's query; what it can't mean is left at its default.

    >>> read_case_filters({"days": "28", "channel": "a b"}, today=date(2026, 3, 2)).query
    'days=28'
    """
    channel = asked.get("channel", "")
    return CaseFilters(
        of_turns=read_filters(asked, today=today),
        channel=channel if WORD.fullmatch(channel) else "",
    )
