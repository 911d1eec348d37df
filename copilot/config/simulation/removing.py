"""Simulated cases leave the database, with all that hangs on them; the figures of their days are made anew."""

from datetime import datetime

from django.db import transaction

from copilot.config.simulation import dividing
from copilot.config.simulation.judging import USERNAME
from copilot.models import Experiment, Judgment, Simulation
from copilot.monitor import rolling
from copilot.simulated import PREFIX
from helpdesk.models import Case, User
from labeling.models import JudgingAct, WeeklySample

CHUNK = 500


def remove(*, now: datetime) -> int:
    """Remove every simulated case and return how many there were; releases and ratings of real cases stay.

    So do judgments of people on real turns; the weeks of which simulated turns were drawn are drawn from anew. What is
    interrupted goes on when it is called again.
    """
    days, n = rolling.every_day(), 0
    _remove_experts()
    simulated = Case.objects.filter(external_id__startswith=PREFIX).order_by("pk")
    while ids := list(simulated.values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            Case.objects.filter(pk__in=ids).delete()
        n += len(ids)
    for day in days:
        rolling.roll_day(day, now=now)
    Experiment.objects.filter(salt__startswith=dividing.SALT).delete()
    Simulation.objects.all().delete()
    return n


@transaction.atomic
def _remove_experts() -> None:
    """Remove what simulated experts said, them, and the samples with simulated turns."""
    WeeklySample.objects.filter(turns__suggestion__message__external_id__startswith=PREFIX).delete()
    Judgment.objects.filter(judge__username__startswith=USERNAME).delete()
    JudgingAct.objects.filter(person__username__startswith=USERNAME).delete()
    User.objects.filter(username__startswith=USERNAME).delete()
