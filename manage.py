#!/usr/bin/env python
"""Run a management command, on the embedded database unless DATABASE_URL names another."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.config.settings")
    from copilot.config import embedded

    try:
        if embedded.is_wanted(sys.argv):
            embedded.start()
    except embedded.EmbeddedDatabaseError as error:
        sys.exit(f"error: {error}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
