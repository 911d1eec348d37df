"""Match rate: how often agents sent what was suggested, or would have been, per day or week and per topic.

Counted are turns with a suggestion of the chosen arm and a substantive reply (metrics.md, section 4); agents are the
clusters of each interval. Abstentions and short replies are not misses: they are left out and told beside.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Case, Count, DateField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate, TruncDay, TruncWeek

from copilot import match_versions
from copilot.models import Arm, Exposure, Match, MatchVersion
from copilot.models.match import MatchQuerySet
from copilot.models.suggestion import State
from copilot.monitor.figures import Figure
from copilot.monitor.shares import design_effect, share

Cluster: TypeAlias = tuple[int | None, int, int]  # agent, matches, turns
SUBSTANTIVE = 8  # tokens of a reply after greeting, closing and quotes are taken off
LONG = Q(n_reply_tokens__gte=SUBSTANTIVE)
BUSY = 10  # turns a day from which single days are worth a look
TRUNCATED = {"day": TruncDay, "week": TruncWeek}
ARMS = ("offer", "shadow")


@dataclass(frozen=True)
class MatchRates:
    """Everything the page shows of one arm and span of time."""

    total: Figure
    per: str
    by_time: tuple[Figure, ...]
    by_topic: tuple[Figure, ...]
    by_kind: dict[str, int]
    n_short: int
    n_pending: int
    n_replayed: int
    match_version: MatchVersion


def match_rates(*, arm: str, since: datetime, per: str = "") -> MatchRates:
    """Return the match rates of an arm since a time, per "day" or "week"; by default per day where days are busy."""
    sent = _by_arm(Match.objects.current().filter(reply__sent_at__gte=since)).filter(arm=arm)
    left_out = sent.aggregate(
        n_short=Count("pk", filter=~LONG), n_pending=Count("pk", filter=LONG & Q(is_pending=True))
    )
    counted = _countable(sent)
    per = per or ("day" if _is_busy(counted) else "week")
    times = _by_agent(counted.annotate(group=TRUNCATED[per]("reply__sent_at", output_field=DateField())))
    topics = _by_agent(counted.annotate(group=F("suggestion__topic__name")))
    everything = [cluster for _, cluster in topics]
    deff = design_effect(*_per_agent(everything))
    current = match_versions.current()
    version = f"match version {current.pk}"
    kinds = {kind: (n, replayed) for kind, n, replayed in _by_kind(counted)}
    return MatchRates(
        total=_rate("All", everything, version=version),
        per=per,
        by_time=tuple(_rates(times, deff, version)),
        by_topic=tuple(sorted(_rates(topics, deff, version), key=lambda rate: -rate.n)),
        by_kind={kind.label: kinds.get(kind.value, (0, 0))[0] for kind in Match.Kind},
        n_replayed=sum(replayed for _, replayed in kinds.values()),
        **left_out,
        match_version=current,
    )


def turns_by_arm(*, since: datetime) -> dict[str, int]:
    """Return how many turns can be counted in each arm since a time."""
    counted = _countable(Match.objects.current().filter(reply__sent_at__gte=since))
    turns = dict(_by_arm(counted).values_list("arm").annotate(n=Count("pk")).order_by())
    return {arm: turns.get(arm, 0) for arm in ARMS}


def _by_arm(matches: MatchQuerySet) -> Any:
    """Tell what the reply's author could see: where an experiment divides agents, that is not the case's to say.

    A suggestion counts for its arm also if a newer message superseded it before the reply was sent.
    """
    hidden = Exposure.objects.filter(
        suggestion=OuterRef("suggestion"), agent=OuterRef("reply__author")
    ).exclude(variant__arm=Arm.OFFER)
    superseded = Q(suggestion__state=State.SUPERSEDED, suggestion__arm=Arm.SHADOW)
    in_shadow = Q(suggestion__state=State.SHADOW) | superseded | Exists(hidden)
    return matches.annotate(arm=Case(When(in_shadow, then=Value("shadow")), default=Value("offer")))


def _countable(matches: MatchQuerySet) -> MatchQuerySet:
    """Those with a substantive reply of which it is settled what they are."""
    return matches.settled().filter(LONG)


def _is_busy(matches: QuerySet[Match]) -> bool:
    days = matches.aggregate(n=Count("pk"), days=Count(TruncDate("reply__sent_at"), distinct=True))
    return days["n"] >= BUSY * days["days"]


def _by_kind(matches: QuerySet[Match]) -> QuerySet[Match, tuple[str, int, int]]:
    """Return (kind, turns, those of them that a release made after its message suggested for)."""
    is_replayed = Q(suggestion__release__created_at__gt=F("suggestion__message__sent_at"))
    return matches.values_list("kind").annotate(n=Count("pk"), replayed=Count("pk", filter=is_replayed))


def _by_agent(matches: QuerySet[Any]) -> list[tuple[object, Cluster]]:
    """Return (group, (agent, matches, turns)), in the order of the groups."""
    rows = matches.values("group", agent=F("reply__author")).annotate(
        n=Count("pk"), n_matches=Count("pk", filter=Q(kind__in=Match.MATCHING))
    )
    return [
        (row["group"], (row["agent"], row["n_matches"], row["n"])) for row in rows.order_by("group", "agent")
    ]


def _rates(rows: Iterable[tuple[object, Cluster]], deff: float | None, version: str) -> Iterator[Figure]:
    groups: defaultdict[object, list[Cluster]] = defaultdict(list)
    for group, cluster in rows:
        groups[group].append(cluster)
    for group, clusters in groups.items():
        yield _rate(str(group or "no topic"), clusters, version=version, deff=deff)


def _rate(name: str, clusters: Iterable[Cluster], *, version: str, deff: float | None = None) -> Figure:
    n_matches, n = _per_agent(clusters)
    return share(name, n_matches, n, last_deff=deff, version=version)


def _per_agent(clusters: Iterable[Cluster]) -> tuple[list[int], list[int]]:
    """Return matches and turns of each agent."""
    sums: defaultdict[int | None, list[int]] = defaultdict(lambda: [0, 0])
    for agent, n_matches, n in clusters:
        sums[agent][0] += n_matches
        sums[agent][1] += n
    return [k for k, _ in sums.values()], [n for _, n in sums.values()]
