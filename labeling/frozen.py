"""Freezes from order to end: each by one process at a time, and never left half done."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from copilot import datasets
from copilot.datasets import DatasetError
from helpdesk.models import User
from labeling import weak_examples
from labeling.freezing import Frozen, Recipe, Takes, Tell, freeze
from labeling.jobs import CancelledError, Jobs
from labeling.models import Act, FrozenDataset

State = FrozenDataset.State
JOBS = Jobs(FrozenDataset, locks=20_252, task="labeling.tasks.freeze")
LONGEST_NAME = 100


class FreezeRefusedError(Exception):
    """A dataset can't be frozen; the message says why and what to do."""


def order(
    *, name: str, recipe: Recipe, by: User | None, now: datetime, replaces: bool = False
) -> FrozenDataset:
    """Store a freeze that is to be done; one that `replaces` may take the name of a dataset that is there.

    Raises:
        FreezeRefusedError: the name is taken or no name, it is being frozen, or no share is left for testing.
    """
    if not name or Path(name).name != name or name.startswith(".") or len(name) > LONGEST_NAME:
        raise FreezeRefusedError(f"{name!r} is no name for a dataset: choose a word such as autumn")
    if not 0 < recipe.test_share < 1:
        raise FreezeRefusedError(f"the test split is {recipe.test_share}: a share between 0 and 1 is needed")
    if not replaces and (Path(settings.DATASETS_ROOT) / name / datasets.CARD).exists():
        raise FreezeRefusedError(f"there is a dataset {name}: what was frozen stays, so choose another name")
    try:
        with transaction.atomic():
            return FrozenDataset.objects.create(
                name=name,
                takes=recipe.takes,
                seed=recipe.seed,
                test_share=recipe.test_share,
                ordered_by=by,
                ordered_at=now,
            )
    except IntegrityError:
        raise FreezeRefusedError(f"{name} is being frozen already: wait for it") from None


def run(freeze_id: int, *, tell: Tell = lambda step, share: None) -> FrozenDataset:
    """Do a freeze that waits, and store what came of it; does nothing if another process has it.

    An unforeseen error is stored and raised again.
    """
    with JOBS.taken(freeze_id) as is_ours:
        if not is_ours:
            return FrozenDataset.objects.get(pk=freeze_id)
        row = FrozenDataset.objects.get(pk=freeze_id)
        recipe = Recipe(takes=Takes(row.takes), seed=row.seed, test_share=row.test_share)
        try:
            made = freeze(
                row.name,
                now=timezone.now(),
                recipe=recipe,
                weak=None if recipe.takes is Takes.GOLD else weak_examples.stored(),
                flagged=set(Act.objects.open_flags().values_list("message", flat=True)),
                tell=_noting(freeze_id, tell),
            )
        except CancelledError:
            JOBS.end(freeze_id, State.CANCELLED)
        except DatasetError as error:
            JOBS.end(freeze_id, State.FAILED, problem=str(error))
        except BaseException as error:
            JOBS.fail(freeze_id, error)
            raise
        else:
            JOBS.end(freeze_id, State.FINISHED, **_figures(made))
    return FrozenDataset.objects.get(pk=freeze_id)


def _figures(made: Frozen) -> dict[str, object]:
    return {
        "sha256": made.sha256,
        "manifest_sha256": made.manifest.sha256,
        "n_train": len(made.manifest.training),
        "n_test": len(made.manifest.test),
        "n_left_out": made.n_left_out,
    }


def _noting(freeze_id: int, tell: Tell) -> Tell:
    """Write each sign of life to the freeze's row, and end it if somebody asked for that."""

    def note(step: str, share: float) -> None:
        JOBS.note(freeze_id, step, share)
        tell(step, share)

    return note
