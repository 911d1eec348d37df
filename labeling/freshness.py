"""How fresh the gold of each topic is, what is due, and who owns it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DateTimeField, Min, Q

from copilot.models import Answer, AnswerVersion, Topic
from labeling.models import Annotation, Task

FEWEST = 15  # gold labels of a topic below which the next step is to label more
OF_MESSAGE = "message__annotations"


class Middle(Aggregate):
    """The value in the middle of the sorted ones: a median that is one of them, so that it works for times."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DateTimeField()


@dataclass(frozen=True)
class Freshness:
    """The gold of one topic: labels that say so of a message, and those that say which answer is right for it.

    Ages are in days; None where there is no gold. `n_old` are older than the bar.
    """

    topic: Topic
    n: int
    n_messages: int
    n_stale: int
    n_old: int
    median_age: int | None
    oldest_age: int | None
    due: tuple[Answer, ...]
    n_waiting: int

    @property
    def believed_percent(self) -> int | None:
        return round(100 * (self.n - self.n_stale) / self.n) if self.n else None

    @property
    def owners(self) -> list[str]:
        """Who looks after what is due, each once."""
        return list(dict.fromkeys(str(answer.owner or "nobody") for answer in self.due))

    @property
    def is_thin(self) -> bool:
        return self.n_messages < FEWEST


def freshness_of_topics(*, now: datetime, today: date, old_after: timedelta) -> list[Freshness]:
    """Return a row for each topic in use, the stalest first, then those with most that is due."""
    counts = _counts(now - old_after)
    due = defaultdict(list)
    for answer in (
        Answer.objects.in_use()
        .filter(Q(review_on__lte=today) | Q(expires_on__lte=today))
        .select_related("owner")
    ):
        due[answer.topic_id].append(answer)
    waiting = Counter(AnswerVersion.objects.waiting().values_list("answer__topic", flat=True))
    topics = Topic.objects.filter(retired_at=None).select_related("area")
    rows = [_row(topic, counts.get(topic.slug), due[topic.pk], waiting[topic.pk], now) for topic in topics]
    return sorted(rows, key=lambda row: (-row.n_stale, -len(row.due), -row.n_waiting, row.n, row.topic.name))


def _counts(old_before: datetime) -> dict[str, Mapping[str, Any]]:
    """Count and date the gold by the topic of its message, in one query."""
    labels = Q(**{
        f"{OF_MESSAGE}__is_gold": True,
        f"{OF_MESSAGE}__undone_at": None,
        f"{OF_MESSAGE}__task__in": [Task.TOPIC, Task.ANSWER],
    })  # fmt: skip
    rows = (
        Annotation.objects.gold(Task.TOPIC)
        .filter(labels)
        .values("label")
        .annotate(
            n=Count(OF_MESSAGE),
            n_messages=Count("message", distinct=True),
            n_stale=Count(OF_MESSAGE, filter=Q(**{f"{OF_MESSAGE}__stale_at__isnull": False})),
            n_old=Count(OF_MESSAGE, filter=Q(**{f"{OF_MESSAGE}__made_at__lt": old_before})),
            middle=Middle(f"{OF_MESSAGE}__made_at"),
            oldest=Min(f"{OF_MESSAGE}__made_at"),
        )
        .order_by()
    )
    return {row["label"]: row for row in rows}


def _row(
    topic: Topic, count: Mapping[str, Any] | None, due: Sequence[Answer], n_waiting: int, now: datetime
) -> Freshness:
    found = count or {"n": 0, "n_messages": 0, "n_stale": 0, "n_old": 0, "middle": None, "oldest": None}
    return Freshness(
        topic=topic,
        **{name: found[name] for name in ("n", "n_messages", "n_stale", "n_old")},
        median_age=(now - found["middle"]).days if found["middle"] else None,
        oldest_age=(now - found["oldest"]).days if found["oldest"] else None,
        due=tuple(due),
        n_waiting=n_waiting,
    )
