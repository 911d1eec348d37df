"""Conflicts: replies much like the suggestion that state another fact. One of both is wrong; a person says which.

The newest are read as they are, not rolled up: each is looked at. They are grouped by the answer and what differs, so
that an answer that went out of date is one group, whoever noticed.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from copilot.differing import Piece, differences
from copilot.models import Answer, AnswerVersion, Match
from copilot.monitor.charts import Chart
from copilot.monitor.figures import Figure, Unit
from copilot.monitor.filters import Filters
from copilot.monitor.match_rates import version
from copilot.monitor.rolling import span_of
from copilot.monitor.tables import Column, Table, kept
from copilot.worded import for_agent
from helpdesk import access
from helpdesk.models import Case, User

MOST = 200  # conflicts on the page, the newest
EACH = 5  # of a group whose texts are shown


@dataclass(frozen=True)
class Conflict:
    """One reply beside what was suggested; nothing to compare where a text is erased."""

    case: Case
    sent_at: datetime
    was_shown: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Group:
    """Conflicts of one answer in which the same facts differ, the newest first.

    `is_replaced` if a newer version than the one that was suggested is in force: it may be settled.
    """

    answer: Answer
    suggested: tuple[str, ...]
    sent: tuple[str, ...]
    conflicts: Sequence[Conflict]
    n: int
    is_replaced: bool

    @property
    def differing(self) -> str:
        """Write the facts of both sides, as they are compared.

        >>> Group(Answer(), ("30 day",), ("14 day",), (), 1, False).differing
        '30 day → 14 day'
        """
        return f"{', '.join(self.suggested) or 'nothing'} → {', '.join(self.sent) or 'nothing'}"

    @property
    def newest(self) -> datetime:
        return self.conflicts[0].sent_at


@dataclass(frozen=True)
class Conflicts:
    """What the page shows; `is_cut` if older ones are left out."""

    n: int
    is_cut: bool
    finding: str
    groups: Sequence[Group]
    charts: tuple[Chart, ...]


def conflicts(filters: Filters, *, reader: User, now: datetime) -> Conflicts:
    """Return the conflicts of the cases that somebody may read, for what an address asks."""
    matches = _matches(filters, reader)
    is_cut, matches = len(matches) > MOST, matches[:MOST]
    newest = Answer.objects.with_version_at(now).in_bulk({_answer(match).pk for match in matches})
    found: defaultdict[tuple[int, tuple[str, ...], tuple[str, ...]], list[Match]] = defaultdict(list)
    for match in matches:
        found[_answer(match).pk, _facts(match, "suggested"), _facts(match, "sent")].append(match)
    groups = [
        Group(
            answer=_answer(rows[0]),
            suggested=suggested,
            sent=sent,
            conflicts=[_conflict(match) for match in rows[:EACH]],
            n=len(rows),
            is_replaced=pk in newest and all(row.compared.answer_id != newest[pk].version_id for row in rows),
        )
        for (pk, suggested, sent), rows in found.items()
    ]  # fmt: skip
    return Conflicts(len(matches), is_cut, _finding(groups, len(matches)), groups, (_chart(groups),))


def _matches(filters: Filters, reader: User) -> list[Match]:
    rows = (
        Match.objects.current()
        .filter(kind=Match.Kind.CONFLICT, suggestion__case__in=access.cases_for(reader))
        .filter(suggestion__created_at__gte=span_of(filters.first)[0])
        .select_related("reply__author", "suggestion__case")
        .select_related("suggestion__answer__answer__topic", "closest__answer__answer__topic")
        .defer("reply__search", "suggestion__parts", "suggestion__question")
        .order_by("-recorded_at", "-pk")
    )
    if filters.release is not None:
        rows = rows.filter(
            Q(closest=None, suggestion__release=filters.release) | Q(closest__release=filters.release)
        )
    if filters.topic:
        # Named one by one, since the database knows how often each is suggested, but not how often a topic is.
        versions = AnswerVersion.objects.filter(answer__topic__slug=filters.topic).values_list(
            "pk", flat=True
        )
        chosen = list(versions)
        rows = rows.filter(Q(closest=None, suggestion__answer__in=chosen) | Q(closest__answer__in=chosen))
    if filters.language:
        rows = rows.filter(suggestion__case__language=filters.language)
    return sorted(rows[: MOST + 1], key=lambda match: (match.reply.sent_at, match.pk), reverse=True)


def _answer(match: Match) -> Answer:
    return match.compared.answer.answer  # type: ignore[union-attr]  # who has a text has an answer: a constraint


def _facts(match: Match, side: str) -> tuple[str, ...]:
    return tuple(sorted({fact["value"] for fact in match.delta.get(side, ())}))


def _conflict(match: Match) -> Conflict:
    suggested, sent, author = match.compared.text, match.reply.body, match.reply.author
    if author:
        suggested = for_agent(suggested, author)
    pieces = tuple(differences(suggested, sent)) if suggested and sent else ()
    return Conflict(match.suggestion.case, match.reply.sent_at, match.suggestion.is_offered, pieces)


def _finding(groups: Sequence[Group], n: int) -> str:
    if not groups:
        return "No reply states another fact than its suggestion in this span of time."
    most = max(groups, key=lambda group: group.n)
    replies = f"{n} repl{'y states' if n == 1 else 'ies state'} another fact than the suggestion."
    if most.n == 1:
        return f"{replies} No two of them differ in the same."
    return f"{replies} Most often about “{most.answer.name}”: {most.differing}, {most.n} times."


def _figure(group: Group) -> Figure:
    return Figure(group.differing, group.n, group.n, k=group.n, unit=Unit.COUNT)


def _chart(groups: Sequence[Group]) -> Chart:
    named = version()
    return Chart(
        "conflicts",
        "Conflicts",
        "",
        Table(
            (
                Column("Answer", "answer", lambda row: row.answer.name),
                Column("Suggested", "suggested", lambda row: "; ".join(row.suggested)),
                Column("Sent", "sent", lambda row: "; ".join(row.sent)),
                Column("n", "", lambda row: row.n),
                Column("Newest", "newest", lambda row: f"{timezone.localtime(row.newest):%Y-%m-%d %H:%M}"),
                Column("", "cases", lambda row: " ".join(str(each.case.number) for each in row.conflicts)),
                Column("", "replaced", lambda row: row.is_replaced),
                *kept(_figure, version=named),
            ),
            groups,
        ),
    )
