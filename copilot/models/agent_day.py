"""Figures of days summed over topics and languages: what pages read that ask for neither, a tenth of the rows."""

from django.db import models

from copilot.models.experiment import Variant
from copilot.models.release import Release
from copilot.models.rollup import TurnDay
from copilot.models.suggestion import Arm


class AgentDay(models.Model):
    """The sums of `TurnDay` over topics and languages; its counts are the same columns, added below."""

    day = models.DateField()
    release = models.ForeignKey(Release, null=True, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=6, choices=Arm)
    variant = models.ForeignKey(Variant, null=True, on_delete=models.CASCADE, related_name="+")
    agent = models.BigIntegerField(help_text="A hash; 0 is nobody.")
    is_replayed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "release", "arm", "variant", "agent", "is_replayed"],
                nulls_distinct=False,
                name="agent_day_once",
            )
        ]

    def __str__(self) -> str:
        return f"turns of an agent, {self.day}"


KEYS = {"id", "day", "release_id", "arm", "variant_id", "topic_id", "language", "agent", "is_replayed"}
_COUNTED = [field for field in TurnDay._meta.concrete_fields if field.attname not in KEYS]
COUNTS = tuple(field.attname for field in _COUNTED if not field.generated)
for _field in _COUNTED:
    _field.clone().contribute_to_class(AgentDay, _field.attname)
