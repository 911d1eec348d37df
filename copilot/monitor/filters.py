"""What a page of the monitor is asked for, as it stands in its address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet

from copilot.models.agent_day import AgentDay
from copilot.models.rollup import TurnDay

SPANS = {"28": "4 weeks", "84": "12 weeks", "364": "A year"}
PERS = ("day", "week")
MOST_BY_DAY = 84  # days: the marks of more would lie on each other, and nobody reads so many rows
# From one language to the next by an index: of very many rows there are a few languages.
LANGUAGES = """
WITH RECURSIVE found AS (
    SELECT min(language) AS language FROM copilot_topicday WHERE language > ''
    UNION ALL
    SELECT (SELECT min(language) FROM copilot_topicday WHERE language > found.language) FROM found
    WHERE found.language IS NOT NULL
)
SELECT language FROM found WHERE language IS NOT NULL
"""
WORD = re.compile(r"[-\w]{1,100}")


@dataclass(frozen=True)
class Filters:
    """A span of days that ends today, and what of it is asked for; nothing is left out by default."""

    today: date
    days: int = 84
    per: str = "week"
    release: int | None = None
    topic: str = ""
    language: str = ""

    @property
    def first(self) -> date:
        """The first day; a whole week begins it, so that weeks can be compared."""
        first = self.today - timedelta(days=self.days - 1)
        return first - timedelta(days=first.weekday())

    @property
    def query(self) -> str:
        """The address's query that asks for the same."""
        asked = {"days": self.days, "per": self.per, "release": self.release, "topic": self.topic}
        asked["language"] = self.language
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def releases(self) -> str:
        """Whose suggestions are asked for, as a figure's version names it."""
        return "all releases" if self.release is None else f"release {self.release}"

    def turns(self) -> "QuerySet[TurnDay]":
        """Return the rows of figures that are asked for."""
        found: QuerySet[TurnDay] = self.of_days(TurnDay.objects.all())
        if self.topic:
            found = found.filter(topic__slug=self.topic)
        if self.language:
            found = found.filter(language=self.language)
        return found

    def totals(self) -> "QuerySet[Any]":
        """Return the same for who does not tell topics or languages apart: far fewer rows, if none is asked for."""
        return self.turns() if self.topic or self.language else self.of_days(AgentDay.objects.all())

    def of_days(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Return those of the span, and of the release if one is asked for."""
        found = rows.filter(day__gte=self.first, day__lte=self.today)
        return found if self.release is None else found.filter(release=self.release)

    def of_weeks(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Return those of the span's weeks, and of the release and the language if one is asked for."""
        found = rows.filter(week__gte=self.first, week__lte=self.today)
        if self.language:
            found = found.filter(language=self.language)
        return found if self.release is None else found.filter(release=self.release)


def read_filters(asked: Mapping[str, str], *, today: date) -> Filters:
    """Read an address's query; what it can't mean is left at its default, and a year goes by week.

    >>> read_filters({"days": "28", "release": "x", "per": "hour"}, today=date(2026, 3, 2)).query
    'days=28&per=week'
    >>> read_filters({"days": "364", "per": "day"}, today=date(2026, 3, 2)).query
    'days=364&per=week'
    """
    release = asked.get("release", "")
    days = int(asked["days"]) if asked.get("days") in SPANS else 84
    return Filters(
        today=today,
        days=days,
        per=asked["per"] if asked.get("per") in PERS and days <= MOST_BY_DAY else "week",
        release=int(release) if release.isdecimal() and len(release) < 10 else None,
        topic=_word(asked, "topic"),
        language=_word(asked, "language"),
    )


def languages() -> list[str]:
    """Return the languages of all turns there are figures of."""
    with connection.cursor() as cursor:
        cursor.execute(LANGUAGES)
        return [language for (language,) in cursor.fetchall()]


def _word(asked: Mapping[str, str], name: str) -> str:
    """Return what is asked for if it can be a slug or a language; nothing otherwise."""
    value = asked.get(name, "")
    return value if WORD.fullmatch(value) else ""
