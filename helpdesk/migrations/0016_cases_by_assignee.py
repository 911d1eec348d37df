"""An agent's own cases, closed ones too, found without reading all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("helpdesk", "0015_closed_and_not_merged")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("assignee__isnull", False)), fields=["assignee"], name="case_by_assignee"
            ),
        ),
    ]
