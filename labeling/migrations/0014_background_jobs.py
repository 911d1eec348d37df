"""All jobs have the same fields: each can be cancelled, and an import says its share as the others do."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, FloatField
from django.db.models.functions import Cast


def tell_shares(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    imports = apps.get_model("labeling", "TextImport").objects
    imports.filter(n_bytes__gt=0).update(share=Cast(F("n_bytes_read"), FloatField()) / F("n_bytes"))
    imports.filter(state="finished").update(share=1.0)


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0013_weak_labels'),
    ]

    operations = [
        migrations.AddField(
            model_name='frozendataset',
            name='is_cancel_asked',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='textimport',
            name='is_cancel_asked',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='textimport',
            name='share',
            field=models.FloatField(default=0.0, help_text='Of the whole that is done, 0 to 1.'),
        ),
        migrations.AddField(
            model_name='textimport',
            name='step',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='weaklabelrun',
            name='is_cancel_asked',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='frozendataset',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('finished', 'Finished'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], default='waiting', max_length=10),
        ),
        migrations.AlterField(
            model_name='textimport',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('finished', 'Finished'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], default='waiting', max_length=10),
        ),
        migrations.AlterField(
            model_name='weaklabelrun',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('finished', 'Finished'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], default='waiting', max_length=10),
        ),
        migrations.RunPython(tell_shares, migrations.RunPython.noop),
    ]
