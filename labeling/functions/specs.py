"""The one door to a function's specification: checked by its kind, with a label of its task, and named by a hash."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from labeling.functions import artifact, code, field, keyword, llm, neighbour, outcome, regex
from labeling.functions.engine import Rule
from labeling.functions.errors import SpecError
from labeling.labels import UnknownLabelError, check_label, labels_of
from labeling.models import FunctionVersion, Task

Kind = FunctionVersion.Kind
Spec = dict[str, Any]
VERSION = 1  # of how specifications are read: a change here has all votes computed again

RULES: Mapping[str, Callable[[object], Rule]] = {
    Kind.KEYWORD: keyword.read,
    Kind.REGEX: regex.read,
    Kind.FIELD: lambda spec: Rule(test=field.read(spec)),
}
KINDS = (*RULES, Kind.NEIGHBOUR, Kind.OUTCOME, Kind.CODE, Kind.ARTIFACT, Kind.LLM)
ONE_LABEL = frozenset({*RULES, Kind.NEIGHBOUR})  # kinds that vote for the one label of their version
MAY_HAVE_LABEL = frozenset({*ONE_LABEL, Kind.OUTCOME})


def check(*, task: str, kind: str, label: str, spec: object) -> Spec:
    """Return the specification as it is stored: what it means now and may not mean later is written into it.

    Raises:
        SpecError: a function may not be saved so. Everything is checked here and nowhere later.
    """
    if task not in Task.values:
        raise SpecError(f"task is {task!r}: choose one of {', '.join(Task.values)}")
    if kind not in KINDS:
        raise SpecError(f"kind is {kind!r}: choose one of {', '.join(KINDS)}")
    kept = _checked(task, kind, spec)
    if label or kind in ONE_LABEL:
        _check_label(task, kind, label)
    return kept


def hash_of(*, task: str, kind: str, label: str, spec: object) -> str:
    """Name what a function says, whoever says it: equal hashes vote alike.

    >>> one = hash_of(task="topic", kind="keyword", label="fees", spec={"any": ["fee"], "none": []})
    >>> one == hash_of(task="topic", kind="keyword", label="fees", spec={"none": [], "any": ["fee"]})
    True
    """
    said = json.dumps([VERSION, task, kind, label, spec], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def rule_of(version: FunctionVersion) -> Rule:
    """Return the rule of a version whose kind has one."""
    return RULES[version.kind](version.spec)


def lag_of(version: FunctionVersion) -> timedelta:
    """Return how old a message must be before a version reads it."""
    return outcome.read(version.spec).lag if version.kind == Kind.OUTCOME else timedelta(0)


def reads_attributes(version: FunctionVersion) -> bool:
    """Whether a version reads what is known of case and customer."""
    if version.kind == Kind.FIELD:
        return str(version.spec["path"]).startswith(field.ATTRIBUTES)
    return version.kind == Kind.CODE


def _checked(task: str, kind: str, spec: object) -> Spec:
    if kind == Kind.NEIGHBOUR:
        return neighbour.read(spec)
    if kind == Kind.CODE:
        return dict(code.read(spec, task=task))
    if kind == Kind.ARTIFACT:
        return artifact.read(spec)
    if kind == Kind.LLM:
        return llm.read(spec, known_labels=[label.slug for label in labels_of(task)])
    read: Callable[[object], object] = outcome.read if kind == Kind.OUTCOME else RULES[kind]
    read(spec)
    assert isinstance(spec, Mapping)  # noqa: S101  it could not have been read
    return dict(spec)


def _check_label(task: str, kind: str, label: str) -> None:
    if kind not in MAY_HAVE_LABEL:
        raise SpecError(f"label is {label!r}: a function of kind {kind} chooses labels itself, leave it out")
    try:
        check_label(task, label)
    except UnknownLabelError as error:
        raise SpecError(f"label: {error}") from None
