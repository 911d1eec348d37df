"""Django's `migrate`, which also tells how to go on with a database that is older than the first migrations."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

LAST_WITH_ALL = "4b4da05"  # the last commit that has the migrations that were replaced


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if lacking := find_lacking(connections[options["database"]]):
            raise CommandError(
                f"this database is older than the migrations that are kept: it lacks {', '.join(lacking)}. "
                f"Bring it up to date with the code of commit {LAST_WITH_ALL} first: check that out, run "
                "`python manage.py migrate`, and come back to this commit. Nothing was changed."
            )
        super().handle(*args, **options)


def find_lacking(connection: BaseDatabaseWrapper) -> list[str]:
    """Return what a database lacks of replaced migrations that it has partly applied, and whose files are gone.

    Django would take such a replacement out, and miss what it depends on or never apply it.
    """
    files = MigrationLoader(None)
    applied = MigrationRecorder(connection).applied_migrations()
    begun = [each for each in files.replacements.values() if not applied.keys().isdisjoint(each.replaces)]
    wanted = [key for each in begun for key in each.replaces]
    return [
        ".".join(key) for key in sorted(wanted) if key not in applied and key not in files.disk_migrations
    ]
