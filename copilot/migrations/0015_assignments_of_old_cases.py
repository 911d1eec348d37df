"""Cases that have a suggestion already get the assignment that the holdout gave them, so that figures know all."""

from typing import Any

from django.conf import settings
from django.db import migrations
from django.db.models import Min

from copilot.experiments import assign_arm

CHUNK = 5000


def assign_old_cases(apps: Any, _: object) -> None:
    Suggestion = apps.get_model("copilot", "Suggestion")
    Assignment = apps.get_model("copilot", "Assignment")
    firsts = Suggestion.objects.values_list("case").annotate(at=Min("created_at")).order_by("case")
    rows = []
    for case, at in firsts.iterator(CHUNK):
        arm = assign_arm(
            salt=settings.COPILOT_EXPERIMENT_SALT, unit=case, shadow_share=settings.COPILOT_HOLDOUT_SHARE
        )
        rows.append(Assignment(case_id=case, arm=arm, is_held_out=arm == "shadow", at=at))
        if len(rows) == CHUNK:
            Assignment.objects.bulk_create(rows)
            rows = []
    Assignment.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("copilot", "0014_experiments_frozen")]
    operations = [migrations.RunPython(assign_old_cases, migrations.RunPython.noop)]
