"""Wrong replies in both arms of an experiment, by people who judged a random sample blind: are agents led astray.

Judged are turns for which a suggestion was computed, shown or hidden; each stands for as many as its chance to be drawn
says.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date

import numpy as np
from django.db.models import BigIntegerField, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from copilot.models import Experiment, Exposure, Judgment, Match, Verdict
from copilot.monitor import effects
from copilot.monitor.agents import agent_hash
from copilot.monitor.effects import Outcome
from copilot.monitor.figures import Figure
from copilot.statistics.weighting import effective_weights

WRONG = Outcome("wrong", "Wrong replies, judged blind", "n_wrong", "n_judged", of="judged replies")


def wrong_replies(experiment: Experiment, variants: tuple[int, int], *, end: date) -> Figure:
    """Return by how much the share of wrong replies differs, of the turns of the weeks before a day.

    People go on judging what is long decided, so that the interval is one that may be looked at every day.
    """
    judged = _judged(experiment, variants, end=end)
    agents = sorted({agent for _, agent, _, _ in judged})
    n_wrong, n_judged = np.zeros((2, len(agents), 2))
    for arm, variant in enumerate(variants):
        of_arm = [row for row in judged if row[0] == variant]
        weights = effective_weights([probability for _, _, probability, _ in of_arm])
        for (_, agent, _, wrong), weight in zip(of_arm, weights, strict=True):
            at = agents.index(agent), arm
            n_wrong[at] += weight * wrong
            n_judged[at] += weight
    sums = {WRONG.k: n_wrong, WRONG.n: n_judged}
    found = effects.at_look(WRONG, sums, WRONG.name, n_planned=experiment.n_planned)
    if not judged:
        return replace(found, note="no reply was judged yet", version="labels")
    told = f"{len(judged):,} judged, worth {found.n:,} of equal weight"
    return replace(found, note="; ".join(part for part in (told, found.note) if part), version="labels")


def _judged(
    experiment: Experiment, variants: tuple[int, int], *, end: date
) -> list[tuple[int, int, float, float]]:
    """Return the variant, the agent, the chance to be drawn and the wrongness of each judged turn, by its number."""
    author = Match.objects.current().filter(suggestion=OuterRef("suggestion")).values("reply__author")[:1]
    own = Exposure.objects.filter(suggestion=OuterRef("suggestion"), agent=OuterRef("author")).values(
        "variant"
    )
    of_variant = Coalesce(
        Subquery(own[:1]), F("suggestion__case__assignment__variant"), output_field=BigIntegerField()
    )
    rows = (
        Judgment.objects.filter(suggestion__case__assignment__experiment=experiment, week__lt=end)
        .exclude(reply_verdict=Verdict.CANT_SAY)
        .annotate(author=Subquery(author))
        .annotate(of_variant=of_variant)
        .filter(of_variant__in=variants)
        .order_by("suggestion", "pk")
    )
    said: defaultdict[tuple[int, int, int, float], list[bool]] = defaultdict(list)
    for suggestion, variant, agent, probability, verdict in rows.values_list(
        "suggestion", "of_variant", "author", "inclusion_probability", "reply_verdict"
    ):
        said[suggestion, variant, agent_hash(agent), probability].append(verdict == Verdict.NO)
    return [
        (variant, agent, probability, sum(wrong) / len(wrong))
        for (_, variant, agent, probability), wrong in said.items()
    ]
