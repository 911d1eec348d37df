"""Simulated cases leave the database, with all that hangs on them; the figures of their days are made anew."""

from datetime import datetime

from django.db import transaction

from copilot.config.simulation.answering import PREFIX
from copilot.models import Simulation
from copilot.monitor import rolling
from helpdesk.models import Case

CHUNK = 500


def remove(*, now: datetime) -> int:
    """Remove every simulated case and return how many there were; releases and ratings of real cases stay.

    What is interrupted goes on when it is called again.
    """
    days, n = rolling.every_day(), 0
    simulated = Case.objects.filter(external_id__startswith=PREFIX).order_by("pk")
    while ids := list(simulated.values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            Case.objects.filter(pk__in=ids).delete()
        n += len(ids)
    Simulation.objects.all().delete()
    for day in days:
        rolling.roll_day(day, now=now)
    return n
