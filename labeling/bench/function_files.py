"""Labeling functions in a file, each with the topic that it votes for, and what they say of texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from labeling.functions.engine import Engine, Rule
from labeling.functions.errors import SpecError
from labeling.functions.rows import Rows
from labeling.functions.specs import RULES
from labeling.models import Task
from labeling.votes import Votes


@dataclass(frozen=True)
class Function:
    """One rule of the file, and the topic that it votes for."""

    name: str
    label: str
    rule: Rule


def read_functions(path: Path) -> list[Function]:
    """Read those that vote for topics from a file of declarative functions, as `manage.py functions` writes it.

    Raises:
        SpecError: an entry can't be used; the message names it.
    """
    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SpecError(f"{path}: can't be read: {error}") from error
    functions = []
    for number, entry in enumerate(entries or [], start=1):
        try:
            if entry.get("task", Task.TOPIC) == Task.TOPIC:
                functions.append(Function(entry["name"], entry["label"], RULES[entry["kind"]](entry["spec"])))
        except (SpecError, AttributeError, KeyError, TypeError) as error:
            raise SpecError(f"{path.name} entry {number}: {error}") from error
    return functions


def votes_of(functions: Sequence[Function], texts: Sequence[str], classes: Sequence[str]) -> Votes:
    """Return what the functions say of the texts."""
    blank = [""] * len(texts)
    rows = Rows(range(len(texts)), texts, subjects=blank)
    hits = Engine([function.rule for function in functions]).fires(rows)
    columns = [
        (np.asarray(places, np.int64), np.full(len(places), classes.index(function.label)))
        for function, places in zip(functions, hits, strict=True)
    ]
    return Votes.from_columns(columns, n=len(texts), k=len(classes))
