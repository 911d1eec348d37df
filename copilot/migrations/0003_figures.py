from django.db import migrations

from copilot.migrations import _figures


class Migration(migrations.Migration):

    dependencies = [('copilot', '0002_cases_seen')]

    operations = _figures.OPERATIONS
