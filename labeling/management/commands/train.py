"""Train the stages of a release on a dataset."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot import releases
from copilot.datasets import DatasetError


class Command(BaseCommand):
    help = "Train every stage on a dataset and make a candidate release of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stage", choices=["all"])
        parser.add_argument(
            "--dataset", required=True, help="a folder below DATASETS_ROOT, as `freeze` wrote it"
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--target-risk",
            type=float,
            help="share of offered answers that may be wrong",
        )
        parser.add_argument("--promote", action="store_true", help="make it the live release at once")

    def handle(
        self, *args: Any, dataset: str, seed: int, target_risk: float | None, promote: bool, **options: Any
    ) -> None:
        # torch and scikit-learn are for this command only
        from labeling.training.releasing import train_release
        from labeling.training.train import TARGET_RISK

        risk = TARGET_RISK if target_risk is None else target_risk
        if not 0 < risk < 1:
            raise CommandError(f"--target-risk is {risk}: a share between 0 and 1 is needed.")
        folder = Path(settings.DATASETS_ROOT) / dataset
        try:
            release = train_release(
                folder,
                seed=seed,
                target_risk=risk,
                now=timezone.now(),
                progress=self.stdout.write,
            )
            if promote:
                releases.promote(release, now=timezone.now())
        except (DatasetError, releases.ReleaseError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{release.name} is {'live' if promote else 'a candidate'}.")
