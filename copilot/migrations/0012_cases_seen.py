"""Cases know whether a suggestion was in sight. What is rolled up counts none until its days are made anew, which the
new rules in `RollupState` see to.
"""

from django.db import migrations, models

SEEN = {
    'n_replied_seen': 'Of those replied to: a suggestion was in sight before the first reply.',
    'n_decided_seen': 'Of those closed or censored: a suggestion was in sight before it was closed, or within seven days.',
    'n_timed_seen': 'The same, of those timed.',
    'n_followed_seen': 'The same, of those followed.',
    'n_rated_seen': 'The same, of those rated.',
}

# The day of the case, which may be an earlier one than the suggestion's.
TOUCHES = """
CREATE FUNCTION copilot_touch_seen_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch')
    FROM helpdesk_case WHERE id IN (
        SELECT case_id FROM copilot_suggestion WHERE id IN (
            SELECT suggestion_id FROM changed
            WHERE type IN ('viewed', 'inserted', 'alternative_inserted', 'dismissed')));
    RETURN NULL;
END $$;
CREATE TRIGGER touches_case_day_insert AFTER INSERT ON copilot_suggestionevent REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION copilot_touch_seen_cases();
CREATE TRIGGER touches_case_day_delete AFTER DELETE ON copilot_suggestionevent REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION copilot_touch_seen_cases();
"""
NO_TOUCHES = """
DROP TRIGGER touches_case_day_delete ON copilot_suggestionevent;
DROP TRIGGER touches_case_day_insert ON copilot_suggestionevent;
DROP FUNCTION copilot_touch_seen_cases;
"""


class Migration(migrations.Migration):

    dependencies = [('copilot', '0011_texts_by_day')]

    operations = [
        *[
            migrations.AddField(model, name, models.PositiveIntegerField(default=0, help_text=words))
            for model in ('caseday', 'caseweek')
            for name, words in SEEN.items()
        ],
        migrations.AddField(
            'rollupstate',
            'rules',
            models.CharField(blank=True, default='', help_text='The versions of what is counted how.', max_length=60),
            preserve_default=False,
        ),
        migrations.RunSQL(TOUCHES, NO_TOUCHES),
    ]
