"""Matches that were not inserted are counted apart, once their days are rolled anew by the rules that 0012 notes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0005_first_match_version'),
    ]

    operations = [
        migrations.AddField(
            model_name='agentday',
            name='n_by_hand',
            field=models.PositiveIntegerField(default=0, help_text="Matches of what was offered and not inserted: written, or from the agent's own notes."),
        ),
        migrations.AddField(
            model_name='turnday',
            name='n_by_hand',
            field=models.PositiveIntegerField(default=0, help_text="Matches of what was offered and not inserted: written, or from the agent's own notes."),
        ),
        migrations.AlterField(
            model_name='agentday',
            name='kept_characters',
            field=models.BigIntegerField(help_text='Of suggestions that were sent.'),
        ),
        migrations.AlterField(
            model_name='agentday',
            name='n_frame_only',
            field=models.PositiveIntegerField(help_text='Sent with another greeting, closing or signature alone.'),
        ),
        migrations.AlterField(
            model_name='agentday',
            name='retained_millionths',
            field=models.BigIntegerField(help_text='Sum over suggestions that were sent: the share of each that was kept.'),
        ),
        migrations.AlterField(
            model_name='agentday',
            name='share_millionths',
            field=models.BigIntegerField(help_text='The same: the share of the reply that came from it.'),
        ),
        migrations.AlterField(
            model_name='turnday',
            name='kept_characters',
            field=models.BigIntegerField(help_text='Of suggestions that were sent.'),
        ),
        migrations.AlterField(
            model_name='turnday',
            name='n_frame_only',
            field=models.PositiveIntegerField(help_text='Sent with another greeting, closing or signature alone.'),
        ),
        migrations.AlterField(
            model_name='turnday',
            name='retained_millionths',
            field=models.BigIntegerField(help_text='Sum over suggestions that were sent: the share of each that was kept.'),
        ),
        migrations.AlterField(
            model_name='turnday',
            name='share_millionths',
            field=models.BigIntegerField(help_text='The same: the share of the reply that came from it.'),
        ),
    ]
