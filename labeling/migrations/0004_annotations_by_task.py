import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def split(apps, schema_editor):
    """One row for all three tasks becomes one for each that it says something of."""
    Combined = apps.get_model("labeling", "CombinedAnnotation")
    Annotation = apps.get_model("labeling", "Annotation")
    made = []
    for row in Combined.objects.select_related("topic", "answer").prefetch_related("also").iterator(chunk_size=2000):
        said = [("validity", row.reason)]
        if row.topic:
            answer = row.answer.slug if row.answer else "none"
            said = [("validity", "question"), ("topic", row.topic.slug), ("answer", answer)]
        also = [topic.slug for topic in row.also.all()]
        made += [
            Annotation(
                message_id=row.message_id, author_id=row.author_id, task=task, label=label, group=row.group,
                also=also if task == "topic" else [], is_gold=row.is_gold, made_at=row.made_at,
            )
            for task, label in said
        ]
    Annotation.objects.bulk_create(made, batch_size=2000)


class Migration(migrations.Migration):

    dependencies = [
        ("copilot", "0008_suggestion_n_topics"),
        ("helpdesk", "0004_case_by_activity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("labeling", "0003_trainings_add_topics"),
    ]

    operations = [
        migrations.RemoveConstraint("annotation", "annotation_once"),
        migrations.RemoveConstraint("annotation", "annotation_one_gold"),
        migrations.RemoveConstraint("annotation", "annotation_reason_or_topic"),
        migrations.RenameModel("Annotation", "CombinedAnnotation"),
        migrations.CreateModel(
            name="Annotation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.CharField(choices=[("validity", "Is it a question we may answer?"), ("topic", "What is it about?"), ("answer", "Which answer is right?")], max_length=10)),
                ("label", models.SlugField(max_length=80)),
                ("also", django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(max_length=80), blank=True, default=list, help_text="Further labels that hold.", size=None)),
                ("mode", models.CharField(choices=[("blind", "Blind: nothing was predicted on the screen"), ("confirm", "A prediction was on the screen"), ("adjudication", "Decided between people who disagreed")], default="blind", max_length=12)),
                ("is_gold", models.BooleanField(default=False)),
                ("note", models.TextField(blank=True)),
                ("group", models.SlugField(blank=True, help_text="The slice it was collected for.", max_length=40)),
                ("picked_by", models.SlugField(blank=True, help_text="The rule that put it before a person.", max_length=20)),
                ("inclusion_probability", models.FloatField(blank=True, help_text="With which it was drawn at random; empty if a rule picked it.", null=True)),
                ("seconds", models.FloatField(blank=True, help_text="From the screen to the label.", null=True)),
                ("made_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("stale_at", models.DateTimeField(blank=True, help_text="Since when it is no longer believed and should be asked again.", null=True)),
                ("answer_version", models.ForeignKey(blank=True, help_text="What the answer said when it was chosen.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="copilot.answerversion")),
                ("author", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="annotations", to=settings.AUTH_USER_MODEL)),
                ("message", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="annotations", to="helpdesk.message")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["task", "label"], name="annotation_by_label"),
                    models.Index(fields=["author", "-made_at"], name="annotation_by_author"),
                ],
                "constraints": [
                    models.UniqueConstraint(condition=Q(undone_at=None), fields=("message", "task", "author"), name="annotation_once"),
                    models.UniqueConstraint(condition=Q(is_gold=True, undone_at=None), fields=("message", "task"), name="annotation_one_gold"),
                    models.CheckConstraint(condition=Q(is_gold=False) | ~Q(mode="confirm"), name="annotation_gold_is_blind"),
                    models.CheckConstraint(condition=Q(inclusion_probability=None) | Q(inclusion_probability__gt=0, inclusion_probability__lte=1), name="annotation_inclusion_is_a_probability"),
                ],
            },
        ),
        migrations.RunPython(split, migrations.RunPython.noop),
        migrations.DeleteModel("CombinedAnnotation"),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("message", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="item", serialize=False, to="helpdesk.message")),
                ("text", models.TextField()),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("channel", models.SlugField(max_length=40)),
                ("sent_at", models.DateTimeField()),
                ("key", models.CharField(help_text="Of its words: items with the same one say the same.", max_length=12)),
                ("draw", models.FloatField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["draw"], name="item_by_draw"),
                    models.Index(fields=["-sent_at"], name="item_by_time"),
                    models.Index(fields=["key"], name="item_by_key"),
                ],
            },
        ),
    ]
