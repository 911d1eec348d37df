"""The figures as views: see `_figures`."""

from django.db import migrations

from copilot.migrations import _figures


class Migration(migrations.Migration):

    dependencies = [('copilot', '0013_agent_weeks')]

    operations = _figures.OPERATIONS
