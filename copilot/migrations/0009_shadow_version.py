"""A candidate's outcome names the reply and the version that it was compared by.

Those from before have neither: a worker compares them once more, with the first reply after their message, unless their
texts were erased.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def compare_anew(apps: Any, schema_editor: Any) -> None:
    """Name the replies, and leave the rest to the worker that looks for what is pending."""
    after = {'case': OuterRef('case'), 'sent_at__gte': OuterRef('message__sent_at')}
    replies = apps.get_model('helpdesk', 'Reply').objects.filter(**after).order_by('sent_at')
    turns = apps.get_model('copilot', 'Suggestion').objects.filter(pk=OuterRef('suggestion'))
    outcomes = apps.get_model('copilot', 'ShadowOutcome').objects.exclude(kind='')
    outcomes.update(reply=Subquery(turns.values(answer_to_it=Subquery(replies.values('pk')[:1]))))
    answered, erased = outcomes.exclude(reply=None), Q(text='', reason='') | Q(reply__body='')
    current = apps.get_model('copilot', 'MatchVersion').objects.filter(is_current=True).first()
    answered.filter(erased).update(version=current)
    answered.exclude(erased).update(is_pending=True)
    schema_editor.execute('SET CONSTRAINTS ALL IMMEDIATE')  # no index is made while a key waits to be checked


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0008_scope_floor'),
        ('helpdesk', '0001_schema'),
    ]

    operations = [
        migrations.AddField(
            model_name='shadowoutcome',
            name='reply',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='helpdesk.reply'),
        ),
        migrations.AddField(
            model_name='shadowoutcome',
            name='version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='copilot.matchversion'),
        ),
        migrations.AlterField(
            model_name='shadowoutcome',
            name='is_pending',
            field=models.BooleanField(default=False, help_text='Answered; a worker still compares both.'),
        ),
        migrations.AlterField(
            model_name='shadowoutcome',
            name='recorded_at',
            field=models.DateTimeField(help_text='When the reply was noted, or last compared.', null=True),
        ),
        migrations.RunPython(compare_anew, migrations.RunPython.noop),
    ]
