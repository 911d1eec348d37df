"""How good a release, or the whole of training, is on cases it never saw."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from copilot import datasets, evaluating, releases
from copilot.evaluation.backtest import Backtest, ClassScore, Score, backtest
from copilot.evaluation.quality import MEANING, quality_of
from copilot.evaluation.report import HEADS, lines_of
from copilot.evaluation.rows import FIGURES
from copilot.models import Evaluation, Release
from copilot.pipeline.types import HeadError
from labeling.training.cards import tested

DEMO = "demo"


class Command(BaseCommand):
    help = (
        "Run a release (by default the live one) over a dataset's test split. With --crossfit: train on four fifths of "
        "the training split's cases, run the pipeline on the last fifth, five times over. With --demo: the same on all "
        "of the demo dataset, end to end, beside its latest quarter judged by what came before; both are stored for "
        "the release's quality page."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("release", type=int, nargs="?", help="its number; by default the live one")
        parser.add_argument("--dataset", default=DEMO, help="a folder below DATASETS_ROOT")
        training = parser.add_mutually_exclusive_group()
        training.add_argument("--crossfit", action="store_true", help="judge training rather than a release")
        training.add_argument(
            "--demo", action="store_true", help="what an agent gets, stage by stage, on the demo dataset"
        )
        parser.add_argument("--seed", type=int, default=1, help="of --crossfit and --demo")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(
        self,
        *args: Any,
        release: int | None,
        dataset: str,
        crossfit: bool,
        demo: bool,
        seed: int,
        **options: Any,
    ) -> None:
        is_json = options["json"]
        try:
            chosen = releases.get(release) if release is not None else releases.live()
            if chosen is None:
                raise CommandError("no release is live: name one, or train and promote one.")
            if demo:
                self.stdout.write(_backtested(chosen, seed=seed, is_json=is_json))
            elif crossfit:
                result = _crossfitted(chosen, dataset, seed=seed, is_quiet=is_json)
                self.stdout.write(json.dumps(asdict(result), indent=2) if is_json else _table(result))
            else:
                evaluation = _evaluated(chosen, dataset, is_quiet=is_json)
                figures = tested(evaluation)
                self.stdout.write(json.dumps(figures, indent=2) if is_json else _figures(evaluation, figures))
        except (datasets.DatasetError, HeadError, releases.ReleaseError) as error:
            raise CommandError(str(error)) from error


def _evaluated(release: Release, dataset: str, *, is_quiet: bool) -> Evaluation:
    with tqdm(
        total=100, desc="Rows", disable=is_quiet, bar_format="{desc} {bar:30} {percentage:3.0f} %"
    ) as bar:

        def show(share: float) -> None:
            bar.n = 100 * share
            bar.refresh()

        return evaluating.evaluate(release, dataset, now=timezone.now(), done=show)


def _backtested(release: Release, *, seed: int, is_json: bool) -> str:
    from labeling import backtesting  # scikit-learn is for this option only

    dataset = backtesting.dataset_or_freeze(DEMO, now=timezone.now())
    with tqdm(total=backtesting.N_TRAININGS, desc="Trainings", disable=is_json) as bar:
        evaluations = backtesting.backtest_training(
            release, dataset, name=DEMO, seed=seed, now=timezone.now(), done=lambda: _advance(bar)
        )
    found = {str(evaluation.method): quality_of(evaluating.rows_of(evaluation)) for evaluation in evaluations}
    n_known = {str(evaluation.method): evaluating.n_known(evaluation) for evaluation in evaluations}
    if is_json:
        more = {
            method: {"meaning": MEANING[method], "n_known_to_encoder": n_known[method]} for method in found
        }
        return json.dumps({method: asdict(each) | more[method] for method, each in found.items()}, indent=2)
    flatters = [
        f"{HEADS[method]}: {n} rows taught the encoder itself, so their figures flatter."
        for method, n in n_known.items()
        if n
    ]
    return "\n".join([*lines_of(found), *flatters])


def _crossfitted(release: Release, dataset: str, *, seed: int, is_quiet: bool) -> Backtest:
    from labeling import backtesting  # scikit-learn is for this option only

    data = evaluating.read_dataset(dataset)
    with tqdm(total=backtesting.N_FOLDS, desc="Folds", disable=is_quiet) as bar:
        outcomes = backtesting.crossfitted(release, data, seed=seed, done=lambda: _advance(bar))
    examples = data.only(datasets.Split.TRAIN).examples
    return backtest(outcomes, examples, languages=tuple(release.languages))


def _advance(bar: "tqdm[Any]") -> None:
    bar.update()


def _figures(evaluation: Evaluation, figures: Mapping[str, Any]) -> str:
    lines = [
        f"Release {evaluation.release_id} on the test split of {evaluation.dataset}, {figures['n']} rows",
        "",
    ]
    lines += [f"{figure.label + ':':<44} {_share(figures['figures'][figure.name])}" for figure in FIGURES]
    if calibration := figures["calibration"]:
        lines.append(
            f"Confidence is off by {100 * calibration['error']:.1f} points on average "
            f"(up to {100 * calibration['null']['upper']:.1f} are chance, n = {calibration['n']})"
        )
    spent = ", ".join(f"{stage} {p50}/{p95}" for stage, (p50, p95) in figures["latency_ms"].items())
    lines += [f"One question, p50/p95 ms of {figures['n_timed']}: {spent}", "", "By class"]
    lines += [f"  {name:<42} {_share(rate)}" for name, rate in figures["classes"].items()]
    for name, values in figures["slices"].items():
        lines += ["", f"By {name}"]
        for value, rates in values.items():
            told = "; ".join(f"{figure} {_share(rates[figure])}" for figure in ("topic", "answered"))
            lines.append(f"  {value:<20} {told}")
    return "\n".join(lines)


def _share(rate: Mapping[str, Any]) -> str:
    if not rate["n"]:
        return "no rows"
    return f"{rate['k'] / rate['n']:.1%} of {rate['n']} ({rate['low']:.1%} to {rate['high']:.1%})"


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
