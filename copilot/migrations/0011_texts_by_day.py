"""Products named and templates sent, by day; lengths in narrower bins; and a term that comes or goes touches every day.

The rows of lengths go, since their bins were others, until their days are rolled anew by the rules that 0012 notes.
"""

from django.db import migrations, models

from copilot.migrations._touches import watching

FUNCTION = """
CREATE FUNCTION copilot_touch_every_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO copilot_touch (at) SELECT DISTINCT date_bin('15 minutes', created_at, 'epoch')
    FROM copilot_suggestion WHERE EXISTS (SELECT FROM changed);
    RETURN NULL;
END $$
"""
EVERY_DAY_ANEW = """
DELETE FROM copilot_inputday WHERE part IN ('length', 'product', 'template')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0010_evaluation_code'),
    ]

    operations = [
        migrations.AlterField(
            model_name='inputday',
            name='part',
            field=models.CharField(choices=[('length', 'Length'), ('channel', 'Channel'), ('kind', 'Question or what else'), ('unseen', 'Unlike all before'), ('product', 'Product that is named'), ('template', 'Template that is sent')], max_length=10),
        ),
        migrations.AlterField(
            model_name='inputday',
            name='value',
            field=models.CharField(max_length=80),
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION copilot_touch_every_day"),
        watching('copilot_term', 'copilot_touch_every_day'),
        migrations.RunSQL(EVERY_DAY_ANEW, EVERY_DAY_ANEW),
    ]
