"""A flag on a case: escalated when, by whom, to which team and why."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('helpdesk', '0010_case_merge'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='escalated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='escalated_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='case',
            name='escalated_to',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='helpdesk.team'),
        ),
        migrations.AddField(
            model_name='case',
            name='escalation_reason',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='type',
            field=models.CharField(choices=[('assigned', 'assigned'), ('status', 'status changed'), ('priority', 'priority changed'), ('tagged', 'tagged'), ('untagged', 'tag removed'), ('merged', 'merged into this'), ('escalated', 'escalated'), ('settled', 'escalation settled')], max_length=10),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', False)), fields=['-last_activity_at', '-id'], name='case_escalated_by_activity'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('escalated_at__isnull', False), models.Q(('escalated_by__isnull', True), ('escalated_to__isnull', True), ('escalation_reason', '')), _connector='OR'), name='case_escalated_at_some_time'),
        ),
    ]
