"""Turns that were replayed afterwards stand in rows of their own, once their days are rolled anew by the rules that 0012 notes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0003_closest_suggestion'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='agentday',
            name='agent_day_once',
        ),
        migrations.RemoveConstraint(
            model_name='turnday',
            name='turn_day_once',
        ),
        migrations.AddField(
            model_name='agentday',
            name='is_replayed',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='turnday',
            name='is_replayed',
            field=models.BooleanField(default=False, help_text='Suggested afterwards, by a release that may know the reply.'),
        ),
        migrations.AlterField(
            model_name='agentday',
            name='n_replayed',
            field=models.PositiveIntegerField(help_text='Of replayed turns, those with a compared or short reply.'),
        ),
        migrations.AlterField(
            model_name='turnday',
            name='n_replayed',
            field=models.PositiveIntegerField(help_text='Of replayed turns, those with a compared or short reply.'),
        ),
        migrations.AddConstraint(
            model_name='agentday',
            constraint=models.UniqueConstraint(fields=('day', 'release', 'arm', 'variant', 'agent', 'is_replayed'), name='agent_day_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='turnday',
            constraint=models.UniqueConstraint(fields=('day', 'release', 'arm', 'variant', 'topic', 'language', 'agent', 'is_replayed'), name='turn_day_once', nulls_distinct=False),
        ),
    ]
