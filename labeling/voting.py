"""Functions say what they think of messages: rules together in one pass, every other kind by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.functions import artifact, code, llm, neighbour, outcome, specs
from labeling.functions.engine import Engine
from labeling.functions.errors import FunctionError
from labeling.functions.rows import Rows
from labeling.models import FunctionVersion


@dataclass(frozen=True, eq=False)
class Said:
    """What one function said: `places` of the rows on which it voted, ascending; `classes` point into `labels`."""

    places: NDArray[np.int64]
    classes: NDArray[np.int64]
    labels: tuple[str, ...]


def say(versions: Sequence[FunctionVersion], rows: Rows) -> list[Said | FunctionError]:
    """Run functions over rows; one that can't vote gives its error, and the others go on."""
    rules = [version for version in versions if version.kind in specs.RULES]
    said: dict[int, Said | FunctionError] = dict(
        zip((version.pk for version in rules), _say_by_rules(rules, rows), strict=True)
    )
    said |= {version.pk: _say_alone(version, rows) for version in versions if version.kind not in specs.RULES}
    return [said[version.pk] for version in versions]


def _say_alone(version: FunctionVersion, rows: Rows) -> Said | FunctionError:
    try:
        given = _labels(version, rows)
    except FunctionError as error:
        return error
    labels = sorted({label for label in given if label})
    class_of = {label: number for number, label in enumerate(labels)}
    places = [place for place, label in enumerate(given) if label]
    classes = [class_of[label] for label in given if label]
    return Said(np.array(places, np.int64), np.array(classes, np.int64), tuple(labels))


def _labels(version: FunctionVersion, rows: Rows) -> Sequence[str | None]:
    """Return for each row the label that a version of no rule votes for, or None."""
    task, spec = version.function.task, version.spec
    if version.kind == specs.Kind.NEIGHBOUR:
        return neighbour.vote(spec, label=version.label, rows=rows)
    if version.kind == specs.Kind.OUTCOME:
        return outcome.vote(outcome.read(spec), task=task, label=version.label, rows=rows)
    if version.kind == specs.Kind.CODE:
        return code.vote(spec, rows=rows)
    if version.kind == specs.Kind.ARTIFACT:
        return artifact.vote(spec, task=task, rows=rows)
    return llm.vote(spec, sha256=version.sha256, rows=rows)


def _say_by_rules(versions: Sequence[FunctionVersion], rows: Rows) -> list[Said | FunctionError]:
    try:
        hits = Engine([specs.rule_of(version) for version in versions]).fires(rows)
    except FunctionError as error:
        if len(versions) == 1:
            return [error]
        return [said for version in versions for said in _say_by_rules([version], rows)]  # which one is it?
    return [
        Said(places, np.zeros(len(places), np.int64), (version.label,))
        for version, places in zip(versions, hits, strict=True)
    ]
