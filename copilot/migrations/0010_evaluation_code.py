"""An evaluation names the code that made it; of those from before nobody knows."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0009_shadow_version'),
    ]

    operations = [
        migrations.AddField(
            model_name='evaluation',
            name='code',
            field=models.CharField(blank=True, default='', help_text='The version of the code that made it.', max_length=100),
            preserve_default=False,
        ),
    ]
