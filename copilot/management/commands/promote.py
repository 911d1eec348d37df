"""Make a release the live one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot import embedding, evaluating, releases
from copilot.datasets import DatasetError
from copilot.evaluation.comparison import ComparisonError
from copilot.evaluation.gate import Finding
from copilot.pipeline.types import HeadError


class Command(BaseCommand):
    help = (
        "Compare a release with the live one on a dataset's test split and, if the gate finds nothing against it, make "
        "it live. Running workers follow with their next task. What agents miss until then is said."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("release", type=int)
        parser.add_argument("--dataset", help="to compare on; by default what the release was trained on")
        parser.add_argument("--reason", default="")
        parser.add_argument(
            "--override", action="store_true", help="promote it although the gate refuses; needs a reason"
        )

    def handle(
        self, *args: Any, release: int, dataset: str | None, reason: str, override: bool, **options: Any
    ) -> None:
        now = timezone.now()
        try:
            candidate, live = releases.get(release), releases.live()
            findings: tuple[Finding, ...] = ()
            if live and live != candidate:
                name = dataset or evaluating.dataset_of(candidate)
                findings = evaluating.findings(candidate, live, name, now=now)
            for finding in findings:
                self.stdout.write(f"  {'passed' if finding.passed else 'FAILED'}  {finding.text}")
            releases.promote(
                candidate,
                against=live,
                findings=findings,
                actor=None,
                now=now,
                reason=reason,
                override=override,
            )
        except (ComparisonError, DatasetError, HeadError, releases.ReleaseError) as error:
            raise CommandError(str(error)) from error
        if loss := embedding.progress_of(candidate).loss:
            self.stdout.write(self.style.WARNING(loss))
        self.stdout.write(self.style.SUCCESS(f"{candidate.name} is live."))
