"""How good the pipeline is on cases it never saw."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from copilot import datasets, releases
from copilot.evaluation.backtest import Backtest, ClassScore, Score, backtest


class Command(BaseCommand):
    help = (
        "Train on four fifths of a dataset's cases, run the pipeline on the last fifth, five times over, and print "
        "how often each stage is right."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", default="demo", help="a folder below DATASETS_ROOT")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, dataset: str, seed: int, **options: Any) -> None:
        from labeling.training.crossfit import crossfit  # scikit-learn is for this command only
        from labeling.training.prepared import N_FOLDS

        release = releases.live()
        if release is None:
            raise CommandError(
                "no release is live: its encoder is what would be evaluated. Train and promote one."
            )
        try:
            data = datasets.read(Path(settings.DATASETS_ROOT) / dataset)
            encoder = releases.pipeline_of(release).encoder
        except (datasets.DatasetError, releases.ReleaseError) as error:
            raise CommandError(str(error)) from error
        languages = tuple(release.languages)
        with tqdm(total=N_FOLDS, desc="Folds", disable=options["json"]) as bar:
            outcomes = crossfit(
                data, encoder=encoder, seed=seed, languages=languages, done=lambda _: bar.update()
            )
        result = backtest(outcomes, data.only(datasets.Split.TRAIN).examples, languages=languages)
        self.stdout.write(json.dumps(asdict(result), indent=2) if options["json"] else _table(result))


def _table(result: Backtest) -> str:
    lines = [f"{result.n} messages, each judged by heads that never saw its case.", ""]
    baseline = {score.name: score for score in result.baseline}
    lines += [
        "Validity                 precision                       recall                          (regex only)"
    ]
    lines += [_class_line(score, baseline.get(score.name)) for score in result.validity]
    lines += ["", "Decided: " + ", ".join(f"{name} {count}" for name, count in result.reasons.items()), ""]
    lines += _score_lines("All", result.overall)
    for name, score in (*result.by_group.items(), *result.by_topic.items()):
        lines += _score_lines(name, score)
    return "\n".join(lines)


def _class_line(score: ClassScore, baseline: ClassScore | None) -> str:
    other = f"{baseline.precision} / {baseline.recall}" if baseline else "never"
    return f"  {score.name:<18} {score.precision!s:<34} {score.recall!s:<34} {other}"


def _score_lines(name: str, score: Score) -> list[str]:
    return [
        f"{name}: first topic right {score.topic}; a kept topic right {score.topic_kept};",
        f"  questions offered an answer {score.coverage}; offered and right {score.offered}; "
        f"right or an alternative is {score.in_four}",
    ]
