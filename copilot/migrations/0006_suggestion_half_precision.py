"""Vectors of two bytes a number, which halves their memory, and an index that links them more closely.

On very many rows this takes minutes. Give the index room to be built in memory, about 2 KB a suggestion:
`PGOPTIONS='-c maintenance_work_mem=2GB' python manage.py migrate`.
"""

from django.db import migrations
from pgvector.django import HalfVectorField, HnswIndex


class Migration(migrations.Migration):
    dependencies = [("copilot", "0005_shadow_outcome")]
    operations = [
        migrations.RemoveIndex("suggestion", "suggestion_nearest"),
        migrations.AlterField("suggestion", "embedding", HalfVectorField(dimensions=384, null=True)),
        migrations.AddIndex(
            "suggestion",
            HnswIndex(
                name="suggestion_nearest",
                fields=["embedding"],
                m=24,
                ef_construction=128,
                opclasses=["halfvec_cosine_ops"],
            ),
        ),
    ]
