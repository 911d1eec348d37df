"""Vectors in a table of their own, so that a question may have one of each encoder that serves, or may soon.

On very many rows this takes minutes. Give the index room to be built in memory, about 2 KB a suggestion:
`PGOPTIONS='-c maintenance_work_mem=2GB' python manage.py migrate`.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q
from pgvector.django import HalfVectorField, HnswIndex

MOVE_OUT = """
INSERT INTO copilot_questionvector (suggestion_id, encoder_id, embedding)
SELECT suggestion.id, release.encoder_id, suggestion.embedding
FROM copilot_suggestion suggestion JOIN copilot_release release ON release.id = suggestion.release_id
WHERE suggestion.embedding IS NOT NULL AND suggestion.question <> ''
"""
MOVE_BACK = """
UPDATE copilot_suggestion suggestion SET embedding = vector.embedding
FROM copilot_questionvector vector, copilot_release release
WHERE release.id = suggestion.release_id
  AND vector.suggestion_id = suggestion.id AND vector.encoder_id = release.encoder_id
"""


def nearest(name: str) -> HnswIndex:
    return HnswIndex(
        name=name, fields=["embedding"], m=24, ef_construction=128, opclasses=["halfvec_cosine_ops"]
    )


class Migration(migrations.Migration):
    dependencies = [("copilot", "0008_suggestion_n_topics")]
    operations = [
        migrations.RemoveIndex("suggestion", "suggestion_nearest"),
        migrations.CreateModel(
            name="QuestionVector",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("embedding", HalfVectorField(dimensions=384)),
                (
                    "encoder",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="copilot.artifact",
                    ),
                ),
                (
                    "suggestion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vectors",
                        to="copilot.suggestion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("encoder", "suggestion"), name="question_vector_once_by_encoder"
                    )
                ]
            },
        ),
        migrations.RunSQL(MOVE_OUT, MOVE_BACK),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("suggestion", "embedding"),
        migrations.AddIndex("questionvector", nearest("question_vector_nearest")),
        migrations.AddIndex(
            "suggestion",
            models.Index(condition=~Q(question=""), fields=["id"], name="suggestion_with_question"),
        ),
    ]
