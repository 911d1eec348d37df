"""Two releases side by side."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot import evaluating, releases
from copilot.datasets import DatasetError
from copilot.evaluation.comparison import Calibration, Comparison, ComparisonError
from copilot.pipeline.types import HeadError


class Command(BaseCommand):
    help = "Run two releases over the same test split and print how they differ, with intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", type=int)
        parser.add_argument("new", type=int)
        parser.add_argument("--dataset", help="by default what the new one was trained on")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, old: int, new: int, dataset: str | None, **options: Any) -> None:
        now = timezone.now()
        try:
            before, after = releases.get(old), releases.get(new)
            name = dataset or evaluating.dataset_of(after)
            comparison = evaluating.compare(
                evaluating.evaluate(before, name, now=now), evaluating.evaluate(after, name, now=now)
            )
        except (ComparisonError, DatasetError, HeadError, releases.ReleaseError) as error:
            raise CommandError(str(error)) from error
        title = (
            f"{before.name} and {after.name} on the test split of {name}, {comparison.n} rows "
            f"({comparison.n_left_out} left out)"
        )
        self.stdout.write(_as_json(comparison) if options["json"] else f"{title}\n\n{_table(comparison)}")


def _table(comparison: Comparison) -> str:
    lines = []
    for compared in comparison.figures:
        lines += [
            compared.figure.label,
            f"  old {compared.old}",
            f"  new {compared.new}",
            f"  {compared.in_words}",
        ]
    for name, calibration in zip(("old", "new"), comparison.calibration, strict=True):
        lines.append(f"Calibration, {name}: {_told(calibration)}")
    for name, latency in zip(("old", "new"), comparison.latency, strict=True):
        spent = ", ".join(f"{stage} {p50}/{p95}" for stage, (p50, p95) in latency.items())
        lines.append(f"Latency, {name}, p50/p95 ms: {spent}")
    changed = [
        f"  {name}: {old} -> {new}" for name, (old, new) in comparison.classes.items() if old.k != new.k
    ]
    return "\n".join([*lines, "Classes that changed", *(changed or ["  none"])])


def _told(calibration: Calibration | None) -> str:
    if calibration is None:
        return "no answer was ranked"
    return (
        f"off by {100 * calibration.error:.1f} points on average, up to {100 * calibration.null.upper:.1f} are chance "
        f"(n = {calibration.n})"
    )


def _as_json(comparison: Comparison) -> str:
    return json.dumps(
        {
            "n": comparison.n,
            "n_left_out": comparison.n_left_out,
            "figures": {
                compared.figure.name: {
                    "old": asdict(compared.old),
                    "new": asdict(compared.new),
                    "difference": asdict(compared.difference) if compared.difference else None,
                }
                for compared in comparison.figures
            },
            "classes": {
                name: {"old": asdict(old), "new": asdict(new)}
                for name, (old, new) in comparison.classes.items()
            },
            "calibration": [asdict(each) if each else None for each in comparison.calibration],
            "latency_ms": list(comparison.latency),
        },
        indent=2,
    )
