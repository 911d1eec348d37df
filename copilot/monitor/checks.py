"""What is looked for in the figures: each check is a function of the time that returns what it has found.

Shares are of turns that came in on one day, or in one week; the next one begins anew. The match rate's month does, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from copilot.models import Arm, Assignment, Experiment, Release, Suggestion
from copilot.models.agent_day import AgentDay
from copilot.models.input_day import InputDay
from copilot.models.rollup import NOBODY, TurnDay
from copilot.monitor import label_free, labelled, touching
from copilot.monitor.answer_reading import RATE
from copilot.monitor.correcting import by_prediction
from copilot.monitor.decaying import decaying
from copilot.monitor.drift_cost import likely_cost
from copilot.monitor.filters import Filters
from copilot.monitor.funnel import ANSWERED, Cell
from copilot.monitor.labels import labels_of
from copilot.monitor.reading import Sums, by_agent, joined, nobody
from copilot.monitor.rolling import span_of
from copilot.monitor.shares import FEWEST_AGENTS
from copilot.statistics import intervals
from copilot.statistics.alarms import is_above, upper_line
from copilot.statistics.sample_ratio import is_mismatch

REFERENCE = timedelta(days=84)  # with which a month's match rate is compared: the twelve weeks before it
MARGIN = 0.05  # by so much it may fall without anybody being called
LEVEL = 0.025  # of a false alarm in a month, for each of two arms
CHECKED = timedelta(days=28)  # in which the figures must sum
UNSEEN = 0.05  # of questions may be unlike all of a release's first weeks; one in 100 is chance


@dataclass(frozen=True)
class Found:
    """A condition that holds: of what, in one line and in words with its figures."""

    title: str
    evidence: str
    subject: str = ""


@dataclass(frozen=True)
class Share:
    """A share of turns that must not be large: `k` of `n` turns, columns of the figures, over so many days."""

    name: str
    k: tuple[str, ...]
    n: tuple[str, ...]
    limit: float
    days: int
    what_to_do: str
    is_of_agents: bool = False  # what they do has a part in it: of fewer than five of them no figure is told


FAILURES = Share(
    "Failed turns", ("n_failed",), ("n_turns",), 0.02, 1,
    "Look at the reasons below and at the workers' log; roll back if a release can't be loaded.",
)  # fmt: skip
FALLBACKS = Share(
    "Turns where the live release stood in", ("n_fallback",), ("n_turns",), 0.02, 1,
    "The release of a variant can't be loaded, so that its experiment compares the live one with itself: end it.",
)  # fmt: skip
LATENESS = Share(
    "Suggestions that came too late", ("n_late", "n_late_acted"), tuple(f"n_{cell}" for cell in ANSWERED), 0.2, 7,
    "Agents write before the card is there: look at how long the queue is, and whether workers are enough.",
    is_of_agents=True,
)  # fmt: skip


def share_above(share: Share) -> Callable[[datetime], list[Found]]:
    """Return the check whether a share of today's, or of this week's, turns is above its limit."""

    def check(now: datetime) -> list[Found]:
        today = timezone.localdate(now)
        first = _monday(today) if share.days == 7 else today
        sums = _sums(first, today, (*share.k, *share.n))
        k, n = (sum(sums[name] for name in names) for names in (share.k, share.n))
        if not is_above(k, n, limit=share.limit):
            return []
        since = "this week" if share.days == 7 else "today"
        if share.is_of_agents and _n_agents(first, today) < FEWEST_AGENTS:
            evidence = (
                f"More turns {since} than the {100 * share.limit:.0f} % that are allowed, and than chance makes of it "
                f"in one of 1,000 such spans; how many is not shown of fewer than {FEWEST_AGENTS} agents. "
                f"{share.what_to_do}"
            )
            return [Found(share.name, evidence)]
        evidence = (
            f"{k:,} of {n:,} turns {since} ({100 * k / n:.0f} %), where {100 * share.limit:.0f} % are allowed: more "
            f"than chance makes of it in one of 1,000 such spans. {share.what_to_do}"
        )
        return [Found(f"{share.name}: {100 * k / n:.0f} %", evidence)]

    return check


def funnel_does_not_sum(now: datetime) -> list[Found]:
    """Find days whose cells do not sum to their turns, or whose turns are not those that were stored."""
    today = timezone.localdate(now)
    waiting = {day for day, _ in touching.touched()}
    found = []
    for day, stored, n, cells in _days(today - CHECKED, today - timedelta(days=1)):
        if n != cells or (n != stored and day not in waiting):
            found.append(f"{day:%-d %b}: {stored:,} turns stored, {n:,} counted, {cells:,} in the cells")
    if not found:
        return []
    evidence = (
        f"{'; '.join(found[:5])}{'; and more' if len(found) > 5 else ''}. No figure of these days can be trusted. "
        "Run manage.py recompute; if it comes back, something stores turns past the database's triggers."
    )
    return [Found("The funnel does not sum", evidence)]


def sample_ratio_mismatch(now: datetime) -> list[Found]:
    """Find a running experiment, or a holdout of this month, whose cases are in other shares than configured."""
    found = []
    experiment = Experiment.objects.running()
    if experiment and not experiment.divides_agents:
        variants = list(experiment.variants.all())
        counts = dict(
            Assignment.objects.filter(experiment=experiment).values_list("variant").annotate(n=Count("pk"))
        )
        found += _mismatch(
            f"experiment “{experiment.name}”",
            {variant.name: counts.get(variant.pk, 0) for variant in variants},
            [variant.share / 1_000_000 for variant in variants],
            "Its results are not to be read: look for what loses, doubles or moves cases of one variant.",
        )
    held_out = settings.COPILOT_HOLDOUT_SHARE
    if 0 < held_out < 1:
        counted = Assignment.objects.filter(at__gte=_month(now)).aggregate(
            n=Count("pk"), k=Count("pk", filter=Q(is_held_out=True))
        )
        found += _mismatch(
            "the holdout of this month",
            {"held out": counted["k"], "not": counted["n"] - counted["k"]},
            [held_out, 1 - held_out],
            "If COPILOT_HOLDOUT_SHARE was changed this month, that is why, and it ends with the month.",
        )
    return found


def match_rate_has_fallen(now: datetime) -> list[Found]:
    """Find an arm whose match rate of this month is surely below that of the twelve weeks before it, by the margin."""
    month = timezone.localdate(_month(now))
    found = []
    for arm, name in ((Arm.SHADOW, "unseen"), (Arm.OFFER, "shown")):
        turns = AgentDay.objects.filter(arm=arm, is_replayed=False)  # whose release may know the reply
        before = _rates(turns.filter(day__gte=month - REFERENCE, day__lt=month))
        since = _rates(turns.filter(day__gte=month, day__lte=timezone.localdate(now)))
        if (fall := fall_of(before, since)) is not None:
            title = f"The match rate of {name} suggestions has fallen"
            found.append(Found(title, fall, subject=str(arm)))
    return found


def fall_of(before: Sequence[tuple[int, int]], since: Sequence[tuple[int, int]]) -> str | None:
    """Return in words how far a match rate has fallen, by (matches, turns) of each agent; None if it surely has not.

    The line below which this month's rate surely is must lie below the reference's lower limit, less the margin. Of
    fewer than five agents nothing is said.
    """
    if min(len(before), len(since)) < FEWEST_AGENTS:
        return None
    (k0, n0), (k1, n1) = zip(*before, strict=True), zip(*since, strict=True)
    reference = intervals.clustered_rate(k0, n0)
    line = upper_line(k1, n1, planned_n=max(200.0, sum(n0) * 30 / REFERENCE.days), level=LEVEL)
    if line >= reference.low - MARGIN:
        return None
    rate = sum(k1) / sum(n1)
    return (
        f"{100 * rate:.0f} % of {sum(n1):,} turns this month, surely below {100 * line:.0f} %; in the twelve weeks "
        f"before it was {100 * reference.estimate:.0f} % ({100 * reference.low:.0f} to {100 * reference.high:.0f} %) "
        f"of {sum(n0):,}. A fall of {100 * MARGIN:.0f} points is let pass. Look at which topics and answers it comes "
        "from, and whether a release was promoted or a policy changed."
    )


def answers_have_decayed(now: datetime) -> list[Found]:
    """Find the answers of which agents keep less than they used to."""
    return [
        Found(
            f"Agents keep less of “{each.answer.name}”",
            f"{each.evidence} Look at the edits on its page: a fact may be out of date.",
            subject=each.answer.slug,
        )
        for each in decaying(now)
    ]


def questions_are_unseen(now: datetime) -> list[Found]:
    """Find a week in which many questions are unlike all that the live release began with; tell what it costs."""
    today = timezone.localdate(now)
    live = Release.objects.filter(state=Release.State.LIVE).defer("learned_from").first()
    days = InputDay.objects.filter(part=InputDay.Part.UNSEEN, day__gte=_monday(today), day__lte=today)
    sums = days.filter(release=live).aggregate(n_all=Sum("n"), n_unseen=Sum("n", filter=Q(value="yes")))
    k, n = sums["n_unseen"] or 0, sums["n_all"] or 0
    if live is None or not is_above(k, n, limit=UNSEEN):
        return []
    evidence = (
        f"{k:,} of {n:,} questions this week ({100 * k / n:.0f} %) are unlike all of the live release's first weeks, "
        f"where {100 * UNSEEN:.0f} % are allowed. {likely_cost(live, last=today - timedelta(days=1))} Look at the page "
        "Drift: a new product, a failure or spam may need a topic of its own."
    )
    return [Found(f"Unseen questions: {100 * k / n:.0f} %", evidence)]


def confidence_has_parted(now: datetime) -> list[Found]:
    """Find that confidence promises something else of the labelled weeks than blind labels bear out."""
    filters = Filters(today=timezone.localdate(now))
    labels = labels_of(filters)
    _, corrected = by_prediction(labels, labelled.labelled_arms(filters, labels))
    if not (said := labelled.alarm(label_free.bins_by_time(filters), labels, corrected)):
        return []
    evidence = f"{said} Look at Accuracy for the topics, and at Floors; a release that is trained anew calibrates anew."
    return [Found("Confidence and labels part", evidence)]


def _mismatch(of: str, counts: Mapping[str, int], shares: Sequence[float], what_to_do: str) -> list[Found]:
    total = sum(counts.values())
    if not total or not is_mismatch(list(counts.values()), shares):
        return []
    told = ", ".join(
        f"{name} {n:,} ({100 * n / total:.1f} %, configured {100 * share:.1f} %)"
        for (name, n), share in zip(counts.items(), shares, strict=True)
    )
    evidence = f"{told}. Chance makes as much of it in fewer than one of 1,000. {what_to_do}"
    return [Found(f"Cases are not divided as configured: {of}", evidence, subject=of[:100])]


def _sums(first: date, last: date, names: Sequence[str]) -> Sums:
    turns = AgentDay.objects.filter(day__gte=first, day__lte=last)
    sums = turns.aggregate(**{f"sum_{name}": Sum(name) for name in names})
    return {name: sums[f"sum_{name}"] or 0 for name in names}


def _n_agents(first: date, last: date) -> int:
    turns = AgentDay.objects.filter(day__gte=first, day__lte=last).exclude(agent=NOBODY)
    return turns.values("agent").distinct().count()


def _days(first: date, last: date) -> list[tuple[date, int, int, int]]:
    """Return each day with its turns that are stored, those that are counted, and those in the cells."""
    cells = sum((F(f"n_{cell}") for cell in Cell), start=F("n_turns") - F("n_turns"))
    days = TurnDay.objects.filter(day__gte=first, day__lte=last).values_list("day")
    counted = {day: (n, n_cells) for day, n, n_cells in days.annotate(n=Sum("n_turns"), cells=Sum(cells))}
    turns = Suggestion.objects.current().filter(
        created_at__gte=span_of(first)[0], created_at__lt=span_of(last)[1]
    )
    stored = dict(turns.values_list(TruncDate("created_at")).annotate(n=Count("pk")).order_by())
    return [
        (day, stored.get(day, 0), *counted.get(day, (0, 0))) for day in sorted(stored.keys() | counted.keys())
    ]


def _rates(turns: "QuerySet[AgentDay]") -> list[tuple[int, int]]:
    agents = joined([nobody(RATE), *by_agent(turns, names=RATE).values()]).people
    return [(k, n) for k, n in zip(*(agents[name].tolist() for name in RATE), strict=True) if n]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(now: datetime) -> datetime:
    return timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
