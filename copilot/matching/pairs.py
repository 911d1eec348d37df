"""Labelled pairs of a suggestion and a reply in other words: what a semantic floor is chosen on, and judged by.

They lie in YAML files: `pairs-choosing*` and `pairs-judging*`, lists of suggestions with the replies that mean the
same, those that change a fact, and those that say something else. No suggestion is in both halves.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml


class Half(StrEnum):
    CHOOSING = "choosing"
    JUDGING = "judging"


class Label(StrEnum):
    """What a reply says beside its suggestion: the same, nearly that but for a fact, or another thing."""

    SAME = "same"
    CHANGED = "changed"
    OTHER = "other"


class PairsError(Exception):
    """A file of labelled pairs can't be used; the message says which and why."""


@dataclass(frozen=True)
class Pair:
    """One labelled pair."""

    half: Half
    language: str
    suggested: str
    sent: str
    label: Label


def read_pairs(folder: Path) -> list[Pair]:
    """Read all labelled pairs of a folder.

    Raises:
        PairsError: a file is not as it should be, or a suggestion is in both halves.
    """
    pairs = [
        pair
        for half in Half
        for path in sorted(folder.glob(f"pairs-{half}*.yaml"))
        for pair in _read(path, half)
    ]
    texts = {half: {pair.suggested for pair in pairs if pair.half is half} for half in Half}
    if both := texts[Half.CHOOSING] & texts[Half.JUDGING]:
        raise PairsError(f"{folder}: in both halves is {min(both)[:40]!r}: what chooses must not judge")
    return pairs


def fingerprint(pairs: Iterable[Pair]) -> str:
    """Return a SHA-256 that names exactly these pairs with their labels."""
    rows = sorted(repr((pair.half, pair.language, pair.suggested, pair.sent, pair.label)) for pair in pairs)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _read(path: Path, half: Half) -> list[Pair]:
    groups = yaml.safe_load(path.read_text("utf-8"))
    try:
        return [
            Pair(half, group["language"], group["suggested"].strip(), sent.strip(), label)
            for group in groups
            for label in Label
            for sent in group[label]
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise PairsError(
            f"{path.name}: {error!r}: each suggestion needs language, suggested, same, changed and other"
        ) from error
