"""Freeze the labels into a dataset."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from copilot import datasets, evaluating
from labeling import frozen
from labeling.describing import left_out_of
from labeling.freezing import TEST_SHARE, Recipe, Takes
from labeling.models import FrozenDataset


class Command(BaseCommand):
    help = (
        "Freeze the labels and the catalog into a dataset that training reads, with a manifest of all that went in. "
        "The test split is the gold of the latest cases, whatever is learned from."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "name", help="the dataset's folder below DATASETS_ROOT; it is replaced if it is there"
        )
        parser.add_argument("--take", choices=list(Takes), default=Takes.GOLD, help="what is learned from")
        parser.add_argument("--seed", type=int, default=1, help="of the label model")
        parser.add_argument("--test-share", type=float, default=TEST_SHARE, help="of the cases: the latest")

    def handle(self, *args: Any, name: str, take: str, seed: int, test_share: float, **options: Any) -> None:
        recipe = Recipe(takes=Takes(take), seed=seed, test_share=test_share)
        try:
            ordered = frozen.order(name=name, recipe=recipe, by=None, now=timezone.now(), replaces=True)
        except frozen.FreezeRefusedError as error:
            raise CommandError(str(error)) from error
        row = frozen.run(ordered.pk)
        if row.state != FrozenDataset.State.FINISHED:
            raise CommandError(row.problem)
        folder = evaluating.folder_of(name)
        for why, n in left_out_of(datasets.read_card(folder)).items():
            self.stdout.write(f"{n} left out: {why}.")
        self.stdout.write(
            f"{row.n_train} to learn from, {row.n_test} to test, manifest {row.manifest_sha256[:12]}"
        )
        self.stdout.write(str(folder))
