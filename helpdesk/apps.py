"""The helpdesk as an installed app."""

from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    name = "helpdesk"
