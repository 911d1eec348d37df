"""The labeling app as an installed app: it listens to the catalog's two signals."""

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeling"

    def ready(self) -> None:
        from labeling import listening  # noqa: F401
