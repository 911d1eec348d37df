from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("helpdesk", "0006_case_tag_activity"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="case",
            name="case_by_status",
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("status", "closed")),
                fields=["-last_activity_at", "-id"],
                include=("status", "team", "assignee", "priority", "channel", "language"),
                name="case_closed_by_activity",
            ),
        ),
    ]
