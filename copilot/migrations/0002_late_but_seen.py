"""Late suggestions know how far they came, once their days are rolled anew by the rules that 0012 notes."""

from django.db import migrations, models


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
    ]
