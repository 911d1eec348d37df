"""The history of statuses begins, with what cases and their events still tell of earlier times."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Replies and messages that changed a status before left no trace: a case's last status counts from its last activity.
FILL = """
INSERT INTO helpdesk_statuschange (case_id, before, after, actor_id, at)
SELECT case_id, before, after, actor_id, at FROM (
  SELECT *, lag(after, 1, '') OVER (PARTITION BY case_id ORDER BY place) AS before FROM (
    SELECT id AS case_id, 0 AS place, 'open' AS after, NULL::bigint AS actor_id, created_at AS at
    FROM helpdesk_case WHERE channel <> 'import'
    UNION ALL
    SELECT case_id, e.id, CASE after WHEN 'Closed' THEN 'closed' WHEN 'Snoozed' THEN 'snoozed'
                                     WHEN 'Waiting for customer' THEN 'waiting' ELSE 'open' END, actor_id, at
    FROM helpdesk_caseevent e JOIN helpdesk_case c ON c.id = case_id WHERE type = 'status' AND channel <> 'import'
    UNION ALL
    SELECT id, 9223372036854775807, status, NULL, last_activity_at FROM helpdesk_case WHERE channel <> 'import'
  ) AS told
) AS chained WHERE before <> after ORDER BY case_id, place
"""


class Migration(migrations.Migration):

    dependencies = [
        ('helpdesk', '0008_case_tag_closed'),
    ]

    operations = [
        migrations.CreateModel(
            name='StatusChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.CharField(blank=True, choices=[('open', 'Open'), ('waiting', 'Waiting for customer'), ('snoozed', 'Snoozed'), ('closed', 'Closed')], max_length=10)),
                ('after', models.CharField(choices=[('open', 'Open'), ('waiting', 'Waiting for customer'), ('snoozed', 'Snoozed'), ('closed', 'Closed')], max_length=10)),
                ('at', models.DateTimeField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='status_changes', to='helpdesk.case')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['case', 'id'], name='status_change_by_case'), models.Index(fields=['at'], name='status_change_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='status_change_changes_something')],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
