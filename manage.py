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
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from environs import EnvError

    try:
        execute_from_command_line(sys.argv)
    except (EnvError, ImproperlyConfigured) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
