"""The labeling app as an installed app."""

from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeling"
