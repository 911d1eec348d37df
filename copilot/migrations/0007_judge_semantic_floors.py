"""A semantic floor is judged by pairs that did not choose it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0006_by_hand'),
    ]

    operations = [
        migrations.AddField(
            model_name='semanticfloor',
            name='n_found',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='semanticfloor',
            name='n_found_right',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='semanticfloor',
            name='n_same',
            field=models.PositiveIntegerField(null=True),
        ),
    ]
