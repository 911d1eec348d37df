"""The releases and what became of them."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import localtime

from copilot.models import Promotion, Release


class Command(BaseCommand):
    help = "List the releases, newest first, and who promoted which of them when and why."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = list(Release.objects.all())
        if not rows:
            self.stdout.write("No release yet: `manage.py train all --dataset NAME` makes one.")
        for row in rows:
            self.stdout.write(
                f"{row.pk:>4}  {row.state:<9}  {localtime(row.created_at):%Y-%m-%d %H:%M}  {row.note}"
            )
        history = list(Promotion.objects.select_related("actor"))
        if history:
            self.stdout.write("\nHistory")
        for promotion in history:
            self.stdout.write(f"  {localtime(promotion.at):%Y-%m-%d %H:%M}  {_told(promotion)}")


def _told(promotion: Promotion) -> str:
    act = "rolled back to" if promotion.is_rollback else "promoted"
    who = promotion.actor or "the command line"
    override = ", overriding the gate" if promotion.is_override else ""
    reason = f": {promotion.reason}" if promotion.reason else ""
    return f"{who} {act} release {promotion.release_id}{override}{reason}"
