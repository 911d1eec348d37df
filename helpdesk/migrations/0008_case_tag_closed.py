"""A tag on a case knows whether the case is closed: the few open cases of a tag need not be looked for among all."""

from django.db import migrations, models

TRIGGERS = """
DROP TRIGGER tells_tags_activity ON helpdesk_case;

CREATE OR REPLACE FUNCTION helpdesk_case_tag_takes_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT last_activity_at, status = 'closed' INTO NEW.last_activity_at, NEW.closed
  FROM helpdesk_case WHERE id = NEW.case_id FOR SHARE;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION helpdesk_case_tells_tags_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE helpdesk_case_tags SET last_activity_at = NEW.last_activity_at, closed = NEW.status = 'closed'
  WHERE case_id = NEW.id;
  RETURN NULL;
END $$;

CREATE TRIGGER tells_tags_activity AFTER UPDATE OF last_activity_at, status ON helpdesk_case
FOR EACH ROW WHEN (OLD.last_activity_at <> NEW.last_activity_at OR (OLD.status = 'closed') <> (NEW.status = 'closed'))
EXECUTE FUNCTION helpdesk_case_tells_tags_activity();
"""
EARLIER_TRIGGERS = """
DROP TRIGGER tells_tags_activity ON helpdesk_case;

CREATE OR REPLACE FUNCTION helpdesk_case_tag_takes_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT last_activity_at INTO NEW.last_activity_at FROM helpdesk_case WHERE id = NEW.case_id FOR SHARE;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION helpdesk_case_tells_tags_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE helpdesk_case_tags SET last_activity_at = NEW.last_activity_at WHERE case_id = NEW.id;
  RETURN NULL;
END $$;

CREATE TRIGGER tells_tags_activity AFTER UPDATE OF last_activity_at ON helpdesk_case
FOR EACH ROW WHEN (OLD.last_activity_at <> NEW.last_activity_at) EXECUTE FUNCTION helpdesk_case_tells_tags_activity();
"""
FILL = """
UPDATE helpdesk_case_tags SET closed = false
FROM helpdesk_case WHERE helpdesk_case.id = case_id AND status <> 'closed'
"""
# As for cases: an index answers alone only for rows that a vacuum has seen since they changed.
KEEP_VISIBLE = "ALTER TABLE helpdesk_case_tags SET (autovacuum_vacuum_scale_factor = 0.01)"


class Migration(migrations.Migration):
    dependencies = [
        ("helpdesk", "0007_case_closed_covered"),
    ]

    operations = [
        # Closed unless told otherwise: so are nearly all that are there, and only the others are written.
        migrations.AddField(
            model_name="casetag",
            name="closed",
            field=models.BooleanField(db_default=True, editable=False),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="casetag",
            index=models.Index(
                condition=models.Q(("closed", False)),
                fields=["tag", "case"],
                name="case_tag_open",
            ),
        ),
        migrations.RunSQL(TRIGGERS, EARLIER_TRIGGERS),
        migrations.RunSQL("ANALYZE helpdesk_case_tags", migrations.RunSQL.noop),
        migrations.RunSQL(
            KEEP_VISIBLE, "ALTER TABLE helpdesk_case_tags RESET (autovacuum_vacuum_scale_factor)"
        ),
    ]
