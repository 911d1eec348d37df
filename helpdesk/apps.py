"""The helpdesk as an installed app."""

from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    name = "helpdesk"

    def ready(self) -> None:
        from helpdesk import attaching  # noqa: F401  files go with their rows
