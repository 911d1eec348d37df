"""Experiments are drafted, started and ended; what was started is never changed, it gets a successor.

The database refuses what must never be (see `copilot/migrations/_frozen.py`); here it is said kindly
and before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from copilot import releases
from copilot.experiments import MILLION
from copilot.models import Arm, Experiment, Release, Variant
from helpdesk.models import User

State = Experiment.State
MOST_RELEASES = releases.MOST_LOADED - 1  # beside the live one: more would be loaded anew with every batch


class ExperimentError(Exception):
    """An experiment can't be made, changed, started or ended; the message says why and what to do."""


@dataclass(frozen=True)
class Treatment:
    """A variant as it is asked for; without a release the live one serves it."""

    name: str
    share: int
    arm: str
    release: Release | None = None


@dataclass(frozen=True)
class Plan:
    """What an experiment is to be, all of which is frozen when it starts."""

    name: str
    hypothesis: str
    salt: str
    n_planned: int
    treatments: Sequence[Treatment]
    unit: str = Experiment.Unit.CASE
    primary_outcome: str = Experiment.Outcome.HANDLE_TIME


def draft(plan: Plan, *, by: User, now: datetime, predecessor: Experiment | None = None) -> Experiment:
    """Store an experiment that does not run yet; `predecessor` is the one that it changes.

    Raises:
        ExperimentError: the plan can't be carried out, or its salt was used before.
    """
    check(plan)
    return _save(Experiment(made_by=by, made_at=now, predecessor=predecessor), plan)


def change(experiment: Experiment, plan: Plan) -> Experiment:
    """Give a draft another plan.

    Raises:
        ExperimentError: it was started, the plan can't be carried out, or its salt was used before.
    """
    check(plan)
    with transaction.atomic():
        row = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if not row.is_draft:
            raise ExperimentError(
                f"{row} was started and stays as it is: make a new experiment that names it as its predecessor"
            )
        row.variants.all().delete()
        return _save(row, plan)


def start(experiment: Experiment, *, by: User, now: datetime) -> Experiment:
    """Let a draft divide the cases that are opened from now on.

    Raises:
        ExperimentError: it is no draft, another one runs, or the release of a variant can't be loaded.
    """
    for variant in experiment.variants.select_related(*(f"release__{part}" for part in releases.PARTS)):
        if variant.release is not None:
            _check_loads(variant.release)
    try:
        with transaction.atomic():
            started = Experiment.objects.filter(pk=experiment.pk, state=State.DRAFT).update(
                state=State.RUNNING, started_by=by, started_at=now
            )
    except IntegrityError as error:
        if (running := Experiment.objects.running()) is None:
            raise ExperimentError(f"{experiment} can't be started: {error}") from error
        raise ExperimentError(f"{running} runs: end it first") from error
    if not started:
        raise ExperimentError(f"{experiment} is no draft: only a draft can be started, and once")
    experiment.refresh_from_db()
    return experiment


def end(experiment: Experiment, *, by: User, now: datetime, reason: str) -> Experiment:
    """Let a running experiment divide no more cases; those that it divided keep their arm for good.

    Raises:
        ExperimentError: it does not run.
    """
    ended = Experiment.objects.filter(pk=experiment.pk, state=State.RUNNING).update(
        state=State.ENDED, ended_by=by, ended_at=now, end_reason=reason.strip()
    )
    if not ended:
        raise ExperimentError(f"{experiment} does not run: only a running one can be ended")
    experiment.refresh_from_db()
    return experiment


def check(plan: Plan) -> None:
    """Say what of a plan can't be carried out.

    Raises:
        ExperimentError: there is something.
    """
    treatments = plan.treatments
    total, names = sum(each.share for each in treatments), {each.name for each in treatments}
    own = {each.release for each in treatments if each.release is not None}
    divides_agents = plan.unit != Experiment.Unit.CASE
    problems = (
        (not 2 <= len(treatments) <= 10, "an experiment compares two variants or more, ten at most"),
        (len(names) < len(treatments), "two variants have the same name: give each its own"),
        (any(each.share <= 0 for each in treatments), "each variant needs a share above 0"),
        (total != MILLION, f"the shares sum to {total:,}, not to a million: change one of them"),
        (plan.n_planned < 1, "say how many cases are planned: it decides when the result may be read"),
        (
            plan.salt == settings.COPILOT_EXPERIMENT_SALT,
            "this salt is the permanent holdout's, whose cases are taken off first: choose another one",
        ),
        (
            any(each.arm == Arm.OFF and each.release for each in treatments),
            "where nothing is computed no release serves: leave the release of an off variant empty",
        ),
        (
            plan.primary_outcome == Experiment.Outcome.MATCHED
            and any(each.arm == Arm.OFF for each in treatments),
            "where nothing is computed no reply can match: choose another outcome, or shadow instead of off",
        ),
        (
            divides_agents and any(each.arm == Arm.OFF or each.release for each in treatments),
            "who reads a case is not known when its suggestion is computed: variants of agents offer or shadow what "
            "the live release suggests; take cases as the unit for anything else",
        ),
        (
            len(own) > MOST_RELEASES,
            f"at most {MOST_RELEASES} releases are loaded beside the live one, not {len(own)}: take fewer",
        ),
    )
    for is_so, problem in problems:
        if is_so:
            raise ExperimentError(problem)


def _save(experiment: Experiment, plan: Plan) -> Experiment:
    for name in ("name", "hypothesis", "salt", "n_planned", "unit", "primary_outcome"):
        setattr(experiment, name, getattr(plan, name))
    try:
        with transaction.atomic():
            experiment.save()
            Variant.objects.bulk_create(
                Variant(
                    experiment=experiment,
                    position=position,
                    name=each.name,
                    share=each.share,
                    arm=each.arm,
                    release=each.release,
                )
                for position, each in enumerate(plan.treatments)
            )
    except IntegrityError as error:
        if Experiment.objects.exclude(pk=experiment.pk).filter(salt=plan.salt).exists():
            raise ExperimentError(
                f"the salt “{plan.salt}” was used before, so the same units would meet again: choose another one"
            ) from error
        raise
    return experiment


def _check_loads(release: Release) -> None:
    try:
        releases.pipeline_of(release)
    except releases.ReleaseError as error:
        raise ExperimentError(f"a variant's release can't be loaded: {error}") from error
