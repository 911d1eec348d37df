"""Late suggestions know how far they came, and all days are rolled anew by the rules of today."""

from django.db import migrations, models


EVERY_DAY = """
INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch') FROM copilot_suggestion
"""


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0001_schema'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='topicday',
            name='n_waiting',
        ),
        migrations.AddField(
            model_name='agentday',
            name='n_late_acted',
            field=models.PositiveIntegerField(default=0, help_text='The agent was ahead, and inserted or dismissed it all the same.'),
        ),
        migrations.AddField(
            model_name='agentday',
            name='n_late_seen',
            field=models.PositiveIntegerField(default=0, help_text='Late, and in sight.'),
        ),
        migrations.AddField(
            model_name='agentday',
            name='n_late_shown',
            field=models.PositiveIntegerField(default=0, help_text='Late, and on the page of who replied.'),
        ),
        migrations.AddField(
            model_name='turnday',
            name='n_late_acted',
            field=models.PositiveIntegerField(default=0, help_text='The agent was ahead, and inserted or dismissed it all the same.'),
        ),
        migrations.AddField(
            model_name='turnday',
            name='n_late_seen',
            field=models.PositiveIntegerField(default=0, help_text='Late, and in sight.'),
        ),
        migrations.AddField(
            model_name='turnday',
            name='n_late_shown',
            field=models.PositiveIntegerField(default=0, help_text='Late, and on the page of who replied.'),
        ),
        migrations.AlterField(
            model_name='answerday',
            name='n_shown',
            field=models.PositiveIntegerField(help_text='On the page of who replied.'),
        ),
        migrations.RunSQL(EVERY_DAY, migrations.RunSQL.noop),
    ]
