"""The one door to a function's specification: checked by its kind, with a label of its task, and named by a hash."""

import hashlib
import json
from collections.abc import Callable, Mapping

from labeling.functions import field, keyword, regex
from labeling.functions.engine import Rule
from labeling.functions.errors import SpecError
from labeling.labels import UnknownLabelError, check_label
from labeling.models import FunctionVersion, Task

Kind = FunctionVersion.Kind
VERSION = 1  # of how specifications are read: a change here has all votes computed again

RULES: Mapping[str, Callable[[object], Rule]] = {
    Kind.KEYWORD: keyword.read,
    Kind.REGEX: regex.read,
    Kind.FIELD: lambda spec: Rule(test=field.read(spec)),
}
CHECKS: Mapping[str, Callable[[str, object], object]] = {
    **{kind: lambda task, spec, read=read: read(spec) for kind, read in RULES.items()},  # type: ignore[misc]
}
ONE_LABEL = frozenset({*RULES})  # kinds that vote for the one label of their version


def check(*, task: str, kind: str, label: str, spec: object) -> None:
    """Raise SpecError unless a function may be saved so; everything is checked here and nowhere later."""
    if task not in Task.values:
        raise SpecError(f"task is {task!r}: choose one of {', '.join(Task.values)}")
    if kind not in CHECKS:
        raise SpecError(f"kind is {kind!r}: choose one of {', '.join(CHECKS)}")
    CHECKS[kind](task, spec)
    if kind in ONE_LABEL:
        try:
            check_label(task, label)
        except UnknownLabelError as error:
            raise SpecError(f"label: {error}") from None
    elif label:
        raise SpecError(f"label is {label!r}: a function of kind {kind} chooses labels itself, leave it out")


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
