"""The copilot as an installed app: it listens to the helpdesk's two signals."""

from django.apps import AppConfig


class CopilotConfig(AppConfig):
    name = "copilot"

    def ready(self) -> None:
        from copilot import listening  # noqa: F401

    def check_ready(self) -> str:
        """Return why no suggestion can be made, or nothing."""
        from copilot.models import Release

        return "" if Release.objects.filter(state=Release.State.LIVE).exists() else "no release is live"
