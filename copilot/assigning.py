"""The arm of each case, drawn once when its first message comes in and kept for good.

1. The permanent holdout takes its share of all cases (settings COPILOT_HOLDOUT_SHARE and COPILOT_EXPERIMENT_SALT).
2. The running experiment, if there is one, divides the cases that were opened since it started: by case, or by who
   reads them.
3. The rest is offered suggestions.

Who will read a case is not known when its suggestion is computed. Where an experiment divides agents, every case's is
therefore computed as one to offer, and `variant_for` decides what one agent is shown of it. It hashes the week in which
the *message came in*, not the one in which the card is opened: so it needs no memory, a turn left over a weekend does
not change sides, and a backlog, which a treatment may shorten, has no say in who is treated.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from copilot import contamination
from copilot.experiments import Unit, agent_unit, assign_arm, assign_variant
from copilot.models import Arm, Assignment, Experiment, Exposure, Suggestion, Variant
from helpdesk.models import Case, User


def assign(
    cases: Collection[Case], *, now: datetime, experiment: Experiment | None = None
) -> dict[int, Assignment]:
    """Return the assignment of each case, drawn now for those that have none; call it within intake's transaction.

    The running experiment divides them, or another one that is given.
    """
    known = _known(cases)
    new = [case for case in cases if case.pk not in known]
    if not new:
        return known
    experiment = experiment or Experiment.objects.running()
    drawn = [draw(case, experiment, now=now) for case in new]
    Assignment.objects.bulk_create(drawn, ignore_conflicts=True)
    assigned = _known(cases)
    contamination.note_customers([assigned[case.pk] for case in new], cases=new, now=now)
    return assigned


def draw(case: Case, experiment: Experiment | None, *, now: datetime) -> Assignment:
    """Return the arm of a case, not yet stored; an experiment takes only cases that were opened since it started."""
    if holdout_arm(case.pk) == Arm.SHADOW:
        return Assignment(case=case, arm=Arm.SHADOW, is_held_out=True, at=now)
    if experiment is None or experiment.started_at is None or case.created_at < experiment.started_at:
        return Assignment(case=case, arm=Arm.OFFER, is_held_out=False, at=now)
    if experiment.divides_agents:
        return Assignment(case=case, arm=Arm.OFFER, is_held_out=False, experiment=experiment, at=now)
    variant = _variant(experiment, str(case.pk))
    return Assignment(
        case=case, arm=variant.arm, is_held_out=False, experiment=experiment, variant=variant, at=now
    )


def holdout_arm(case_id: int) -> Arm:
    """Return the arm in which the permanent holdout alone puts a case."""
    return Arm(
        assign_arm(
            salt=settings.COPILOT_EXPERIMENT_SALT, unit=case_id, shadow_share=settings.COPILOT_HOLDOUT_SHARE
        )
    )


def experiments_of_readers(cases: Collection[int]) -> dict[int, Experiment]:
    """Return by case the experiments in which the reader decides what is shown."""
    divided = Assignment.objects.filter(case__in=cases, experiment__isnull=False)
    divided = divided.exclude(experiment__unit=Unit.CASE).select_related("experiment")
    return {row.case_id: row.experiment for row in divided if row.experiment}


def variant_for(agent: User, experiment: Experiment, *, asked_at: datetime) -> Variant:
    """Return the variant of an agent for a turn whose newest message came in at a time."""
    day = timezone.localdate(asked_at, timezone.get_default_timezone())
    return _variant(experiment, agent_unit(unit=Unit(experiment.unit), agent=agent.pk, day=day))


def expose_all(seen: Sequence[tuple[Suggestion, User, datetime]]) -> None:
    """Note which variant agents have of suggestions, at their first act on each; nothing where they are not divided."""
    divided = experiments_of_readers({suggestion.case_id for suggestion, *_ in seen})
    for suggestion, agent, at in seen:
        if experiment := divided.get(suggestion.case_id):
            _expose(suggestion, agent, experiment, now=at)


def _expose(suggestion: Suggestion, agent: User, experiment: Experiment, *, now: datetime) -> None:
    exposure, is_new = Exposure.objects.get_or_create(
        suggestion=suggestion,
        agent=agent,
        defaults={
            "variant": variant_for(agent, experiment, asked_at=suggestion.message.sent_at),
            "at": now,
        },
    )
    if is_new:
        contamination.note_readers(exposure, now=now)


def _variant(experiment: Experiment, unit: str) -> Variant:
    variants = list(experiment.variants.all())
    shares = [variant.share for variant in variants]
    return variants[assign_variant(salt=experiment.salt, unit=unit, shares=shares)]


def _known(cases: Iterable[Case]) -> dict[int, Assignment]:
    found = Assignment.objects.filter(case__in=[case.pk for case in cases]).select_related("variant")
    return {assignment.case_id: assignment for assignment in found}
