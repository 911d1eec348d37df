"""Replies compared with suggestions, from the figures of days: match rates."""

from collections.abc import Callable

from django.db.models import QuerySet

from copilot import match_versions
from copilot.models import Match, Topic, TopicWeek
from copilot.monitor.answer_reading import RATE
from copilot.monitor.columns import ARMS, Numbers, arm_number, of_weeks, parts_of
from copilot.monitor.figures import Figure
from copilot.monitor.reading import Agents, grouped
from copilot.monitor.shares import design_effect, share

KINDS = tuple(Match.Kind)
COLUMNS = (*(f"n_{kind}" for kind in KINDS), "n_matches", "n_compared", "n_replayed", "n_short", "n_pending")
Count = Callable[[Agents], Numbers]


def by_arm_and_topic(weeks: "QuerySet[TopicWeek]") -> dict[str, dict[str, Agents]]:
    """Return matches and compared turns by arm, name of the topic ("" of none) and agent."""
    arms, topics, agents, *sums = of_weeks(weeks, arm_number(), "topic", names=RATE)
    named = {0: ""} | dict(Topic.objects.values_list("pk", "name"))
    names = sorted({*named.values()})
    places = parts_of(topics, {number: names.index(name) for number, name in named.items()})
    by_arm = {}
    for at, arm in enumerate(ARMS):
        own = arms == at
        counts = {name: n[own] for name, n in zip(RATE, sums, strict=True)}
        by_arm[arm.value] = {
            names[place]: each for place, each in grouped(places[own], agents[own], counts).items()
        }
    return by_arm


def compared(agents: Agents) -> Numbers:
    """Return how many turns were compared: their reply has words enough."""
    return agents["n_compared"]


def matched(agents: Agents) -> Numbers:
    """Return how many of them match: a changed fact is a conflict, never a match."""
    return agents["n_matches"]


def version(releases: str = "all releases") -> str:
    """Name what match rates depend on."""
    return f"match version {match_versions.current().pk}, {releases}"


def match_rate(name: str, agents: Agents, *, version: str, deff: float | None = None) -> Figure:
    """Return the share of compared turns that match; `deff` is the `last_deff` of `share`."""
    return share(name, matched(agents), compared(agents), last_deff=deff, version=version)


def deff_of(agents: Agents) -> float | None:
    """Return how much agents differ in their match rates; None where they don't tell."""
    return design_effect(matched(agents), compared(agents))


def replayed(agents: Agents) -> str:
    """Say how many turns were suggested for afterwards, by a release that may have learned from them."""
    n, of_all = int(agents["n_replayed"].sum()), int(_all(agents).sum())
    if not n:
        return ""
    which = f"All {of_all:,}" if n >= of_all else f"{n:,} of the {of_all:,}"
    return (
        f"{which} turns were replayed afterwards by a release trained later than their messages. It may have learned "
        "from these very replies, so their rate flatters."
    )


def left_out(agents: Agents) -> str:
    """Say which turns with a suggestion are not compared."""
    n_short, n_pending = (int(agents[name].sum()) for name in ("n_short", "n_pending"))
    short = "1 short reply" if n_short == 1 else f"{n_short:,} short replies"
    said = f"Left out: {short} (under 8 words) and turns without a suggestion."
    if n_pending:
        waits = (
            "1 reply in other words waits" if n_pending == 1 else f"{n_pending:,} replies in other words wait"
        )
        said += f" {waits} for a worker to say whether the meaning is the same: no match until then."
    return said


def _all(agents: Agents) -> Numbers:
    """Count compared turns with those that are too short: what was replayed is counted among all."""
    return compared(agents) + agents["n_short"]
