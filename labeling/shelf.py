"""The datasets that are there, each with what its card tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copilot import datasets, evaluating
from copilot.datasets import DatasetError
from copilot.evaluation.backtest import Rate
from copilot.statistics.intervals import wilson
from labeling.describing import AGE_NAMES, FEW, left_out_of

NEVER = datetime.min.replace(tzinfo=UTC)
TASKS = {"validity": "whether it is a question", "topic": "the topic"}


@dataclass(frozen=True)
class ClassCount:
    """How many rows of a topic or reason there are; `is_thin` says that it can hardly be learned or judged."""

    name: str
    n_train: int
    n_test: int

    @property
    def is_thin(self) -> bool:
        return self.n_train < FEW or not self.n_test


@dataclass(frozen=True)
class Shelved:
    """One dataset; what its card does not say is empty."""

    name: str
    source: str
    sha256: str
    manifest: str
    n_examples: int
    n_train: int
    n_test: int
    frozen_at: datetime | None
    classes: tuple[ClassCount, ...]
    ages: Mapping[str, int]
    agreement: Mapping[str, Rate]
    left_out: Mapping[str, int]
    holes: tuple[str, ...]


def shelved() -> list[Shelved]:
    """Return all datasets, the newest first; a folder whose card can't be read is none."""
    found = []
    for name in evaluating.names():
        try:
            found.append(shelved_as(name))
        except DatasetError:
            continue
    return sorted(found, key=lambda each: (each.frozen_at or NEVER, each.name), reverse=True)


def shelved_as(name: str) -> Shelved:
    """Return the dataset of a name.

    Raises:
        DatasetError: there is none, or its card can't be read.
    """
    return _told(evaluating.folder_of(name))


def _told(folder: Path) -> Shelved:
    card = datasets.read_card(folder)
    frozen_at = card.get("frozen_at")
    classes = [
        ClassCount(str(name), int(counts.get("train", 0)), int(counts.get("test", 0)))
        for name, counts in _part(card, "classes").items()
    ]
    return Shelved(
        name=folder.name,
        source=str(card.get("source", "")),
        sha256=str(card.get("sha256", "")),
        manifest=str(card.get("manifest", "")),
        n_examples=_count(card, "n_examples"),
        n_train=_count(card, "n_train"),
        n_test=_count(card, "n_test"),
        frozen_at=datetime.fromisoformat(frozen_at) if isinstance(frozen_at, str) else None,
        classes=tuple(sorted(classes, key=lambda each: (-each.n_train - each.n_test, each.name))),
        ages={age: n for age in AGE_NAMES if isinstance(n := _part(card, "ages").get(age), int) and n},
        agreement={
            told: _rate(judged["k"], judged["n"])
            for task, told in TASKS.items()
            if (judged := _part(card, "agreement").get(task))
        },
        left_out=left_out_of(card),
        holes=tuple(map(str, holes)) if isinstance(holes := card.get("holes"), list) else (),
    )


def _rate(k: int, n: int) -> Rate:
    return Rate(k=k, n=n, interval=wilson(k, n) if n else None)


def _part(card: Mapping[str, object], name: str) -> Mapping[str, Any]:
    part = card.get(name)
    return part if isinstance(part, dict) else {}


def _count(card: Mapping[str, object], name: str) -> int:
    n = card.get(name)
    return n if isinstance(n, int) else 0
