"""The experiment of simulated weeks: a share of the cases is answered without the card, so that its effect shows."""

from django.db import transaction

from copilot import experimenting
from copilot.config.demo.clock import WEEKS, Clock
from copilot.config.simulation.behaviour import Trial
from copilot.experimenting import Plan, Treatment
from copilot.experiments import MILLION
from copilot.models import Arm, Experiment
from helpdesk.models import Role, User

SALT = "simulated-"  # with which that of a simulated experiment begins


def experiment_of(trial: Trial, *, seed: int, clock: Clock) -> Experiment:
    """Return the experiment that divides a simulation's cases, stored now if it is not there.

    It is over from the beginning, so that it never divides real cases: who simulates asks it themselves.
    """
    salt = f"{SALT}{seed}"
    if stored := Experiment.objects.filter(salt=salt).prefetch_related("variants").first():
        return stored
    hidden = round(trial.hidden * MILLION)
    plan = Plan(
        name="Does the card help?",
        hypothesis="Where agents see a suggestion they are done sooner, and no more customers come back.",
        salt=salt,
        n_planned=trial.planned,
        treatments=[
            Treatment("Hidden", hidden, Arm.SHADOW),
            Treatment("Shown", MILLION - hidden, Arm.OFFER),
        ],
    )
    started_at, by = (
        clock.start_of_week(trial.from_week),
        User.objects.filter(role=Role.DATA_SCIENTIST).earliest("pk"),
    )
    with transaction.atomic():
        drafted = experimenting.draft(plan, by=by, now=started_at)
        Experiment.objects.filter(pk=drafted.pk).update(
            state=Experiment.State.ENDED, started_by=by, started_at=started_at, ended_by=by,
            ended_at=clock.start_of_week(WEEKS + 1), end_reason="The simulated weeks are over.",
        )  # fmt: skip
    return Experiment.objects.prefetch_related("variants").get(pk=drafted.pk)
