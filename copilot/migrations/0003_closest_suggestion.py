"""A turn's match stands with the suggestion of its newest message, and names an older one if that was compared.

Those of superseded suggestions were in no figure: they and what followed them are handed to the turn's suggestion.
"""

import django.db.models.deletion
from django.db import migrations, models


# Constraints are checked at once, so that none waits for the end when the tables are changed.
MOVE = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE copilot_match SET closest_id = suggestion_id, suggestion_id = turn.newest
FROM (
    SELECT t.id, (SELECT n.id FROM copilot_suggestion n JOIN helpdesk_message m ON m.id = n.message_id
                  WHERE n.case_id = s.case_id AND n.state <> 'superseded' AND m.sent_at <= p.sent_at
                  ORDER BY m.sent_at DESC, m.id DESC LIMIT 1) AS newest
    FROM copilot_match t
    JOIN copilot_suggestion s ON s.id = t.suggestion_id AND s.state = 'superseded'
    JOIN helpdesk_reply p ON p.id = t.reply_id
) turn
WHERE turn.id = copilot_match.id AND turn.newest IS NOT NULL AND NOT EXISTS (
    SELECT FROM copilot_match other
    WHERE other.suggestion_id = turn.newest AND other.version_id = copilot_match.version_id);
UPDATE copilot_followup SET suggestion_id = t.suggestion_id
FROM copilot_match t WHERE t.closest_id = copilot_followup.suggestion_id;
SET CONSTRAINTS ALL DEFERRED
"""
TOUCH = """
CREATE OR REPLACE FUNCTION copilot_touch_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch')
    FROM copilot_suggestion WHERE id IN (
        SELECT suggestion_id FROM changed
        UNION SELECT suggestion_id FROM copilot_match WHERE closest_id IN (SELECT suggestion_id FROM changed));
    RETURN NULL;
END $$
"""
TOUCH_BEFORE = """
CREATE OR REPLACE FUNCTION copilot_touch_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch')
    FROM copilot_suggestion WHERE id IN (SELECT suggestion_id FROM changed);
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0002_late_but_seen'),
        ('helpdesk', '0001_schema'),
    ]

    operations = [
        migrations.AddField(
            model_name='match',
            name='closest',
            field=models.ForeignKey(blank=True, db_index=False, help_text='The earlier suggestion of the same turn whose text is compared; empty where it is its own.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='copilot.suggestion'),
        ),
        migrations.AddIndex(
            model_name='match',
            index=models.Index(condition=models.Q(('closest__isnull', False)), fields=['closest'], name='match_by_closest'),
        ),
        migrations.RunSQL(TOUCH, TOUCH_BEFORE),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
    ]
