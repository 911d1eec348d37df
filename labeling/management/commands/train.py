"""Train stages of a release on a dataset."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from copilot import evaluating, releases
from copilot.datasets import DatasetError
from copilot.models import Release
from copilot.pipeline.types import HeadError
from labeling import trainings
from labeling.models import TrainingRun
from labeling.training.steps import Step


class Command(BaseCommand):
    help = (
        "Train a stage on a dataset, with all stages that read it, and make a candidate release of that. What is not "
        "trained is taken from the live release."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stage", choices=TrainingRun.Stage.values)
        parser.add_argument(
            "--dataset", required=True, help="a folder below DATASETS_ROOT, as `freeze` or `dataset` wrote it"
        )
        parser.add_argument(
            "--add",
            metavar="TOPIC",
            default="",
            help="with `topic`: add this topic of the catalog to the live release by the dataset's examples of it, "
            "beside examples of others, and keep everything else as it is",
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--target-risk", type=float, help="share of offered answers that may be wrong")
        parser.add_argument(
            "--promote",
            action="store_true",
            help="make it the live release at once, if the gate lets it pass",
        )

    def handle(
        self,
        *args: Any,
        stage: str,
        dataset: str,
        add: str,
        seed: int,
        target_risk: float | None,
        promote: bool,
        **options: Any,
    ) -> None:
        from labeling.training.train import TARGET_RISK  # scikit-learn is for this command only

        try:
            evaluating.read_dataset(dataset)
            run = trainings.order(
                stage=stage,
                adds=add,
                dataset=dataset,
                seed=seed,
                target_risk=TARGET_RISK if target_risk is None else target_risk,
                by=None,
                now=timezone.now(),
            )
            release = self._train(run)
            if promote:
                self._promote(release, dataset)
        except (DatasetError, HeadError, releases.ReleaseError, trainings.TrainingRefusedError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{release.name} is {'live' if promote else 'a candidate'}.")

    def _train(self, run: TrainingRun) -> Release:
        with tqdm(total=len(Step), bar_format="{desc:<32} {bar:30} {percentage:3.0f} %") as bar:

            def show(step: Step, share: float) -> None:
                bar.set_description_str(step)
                bar.n = step.place + share
                bar.refresh()

            run = trainings.run(run.pk, tell=show)
            bar.set_description_str(run.get_state_display())
        if run.release is None:
            raise CommandError(run.problem or f"{run} was cancelled")
        for topic in run.release.card["topics_not_in_catalog"]:
            self.stdout.write(f"Left out: topic {topic} is retired or not in the catalog.")
        return run.release

    def _promote(self, release: Release, dataset: str) -> None:
        now, live = timezone.now(), releases.live()
        findings = evaluating.findings(release, live, dataset, now=now) if live else ()
        releases.promote(release, against=live, findings=findings, actor=None, now=now)
