"""The first match version, as long as nothing is compared by it, is of the rules of today: opposites are no match."""

from django.db import migrations

OF_TODAY = """
UPDATE copilot_matchversion SET rules_version = 2
WHERE rules_version = 1 AND encoder_id IS NULL AND NOT EXISTS (
    SELECT FROM copilot_match WHERE copilot_match.version_id = copilot_matchversion.id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('copilot', '0004_replayed_apart'),
    ]

    operations = [
        migrations.RunSQL(OF_TODAY, migrations.RunSQL.noop),
    ]
