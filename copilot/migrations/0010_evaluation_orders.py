"""Evaluations asked for on a page, so that what fails is said there."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("copilot", "0009_question_vectors")]
    operations = [
        migrations.CreateModel(
            name="EvaluationOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dataset", models.CharField(max_length=100)),
                ("ordered_at", models.DateTimeField()),
                ("problem", models.TextField(blank=True)),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evaluation_orders",
                        to="copilot.release",
                    ),
                ),
            ],
            options={
                "ordering": ["release"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("release", "dataset"), name="evaluation_order_once_by_dataset"
                    )
                ],
            },
        ),
    ]
