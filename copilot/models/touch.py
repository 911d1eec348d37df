"""Which days' figures have to be made anew."""

from django.db import models


class Touch(models.Model):
    """Something happened to a turn, or to a case, of this moment's day; gone once the day is rolled.

    The database itself writes it in the transaction of what happened (see `copilot/monitor/touching.py`): so nothing
    that is stored can be missed, whatever its own times say and whoever stores it. `at` is when the turn's message was
    taken in or the case opened, cut to a quarter of an hour: in no time zone does a day begin within one.
    """

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"touch {self.pk} of {self.at}"
