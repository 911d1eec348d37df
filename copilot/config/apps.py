"""The top layer as an installed app, so that its commands are found."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "copilot.config"
    label = "config"

    def ready(self) -> None:
        from copilot.config import celery  # noqa: F401  tasks must find their broker, in every process
