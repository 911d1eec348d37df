"""A tag on a case knows when the case was last active: a list of a tag has an order that an index can answer."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

# The lock makes a case's next activity wait for a tag that is being put on it, and the tag for the activity.
TRIGGERS = """
CREATE FUNCTION helpdesk_case_tag_takes_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT last_activity_at INTO NEW.last_activity_at FROM helpdesk_case WHERE id = NEW.case_id FOR SHARE;
  RETURN NEW;
END $$;

CREATE FUNCTION helpdesk_case_tells_tags_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE helpdesk_case_tags SET last_activity_at = NEW.last_activity_at WHERE case_id = NEW.id;
  RETURN NULL;
END $$;

CREATE TRIGGER takes_activity BEFORE INSERT ON helpdesk_case_tags
FOR EACH ROW EXECUTE FUNCTION helpdesk_case_tag_takes_activity();

CREATE TRIGGER tells_tags_activity AFTER UPDATE OF last_activity_at ON helpdesk_case
FOR EACH ROW WHEN (OLD.last_activity_at <> NEW.last_activity_at) EXECUTE FUNCTION helpdesk_case_tells_tags_activity();
"""
NO_TRIGGERS = """
DROP TRIGGER tells_tags_activity ON helpdesk_case;
DROP TRIGGER takes_activity ON helpdesk_case_tags;
DROP FUNCTION helpdesk_case_tells_tags_activity, helpdesk_case_tag_takes_activity;
"""
FILL = """
UPDATE helpdesk_case_tags SET last_activity_at = helpdesk_case.last_activity_at
FROM helpdesk_case WHERE helpdesk_case.id = case_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("helpdesk", "0005_case_lists_covered"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="CaseTag",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tagged",
                                to="helpdesk.case",
                            ),
                        ),
                        (
                            "tag",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tagged",
                                to="helpdesk.tag",
                            ),
                        ),
                    ],
                    options={"db_table": "helpdesk_case_tags", "unique_together": {("case", "tag")}},
                ),
                migrations.AlterField(
                    model_name="case",
                    name="tags",
                    field=models.ManyToManyField(
                        blank=True, related_name="cases", through="helpdesk.CaseTag", to="helpdesk.tag"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="casetag",
            name="last_activity_at",
            field=models.DateTimeField(db_default=Now(), editable=False),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="casetag",
            index=models.Index(fields=["tag", "-last_activity_at", "-case"], name="case_tag_by_activity"),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
