"""Declarative functions as YAML: written to a file that is reviewed in git, and read back the same.

What needs something of this machine (exemplars, outcomes, a trained head) stays here; the file says nothing of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from django.db import transaction

from helpdesk.models import User
from labeling import writing
from labeling.functions import specs
from labeling.functions.errors import SpecError
from labeling.models import FunctionVersion, LabelingFunction, Task

KEYS = ("name", "task", "kind", "label", "note", "owner", "state", "spec")
NEEDED = ("name", "task", "kind", "spec")
STATES = (
    LabelingFunction.State.DRAFT,
    LabelingFunction.State.TRIAL,
)  # active is earned here, on these messages
LARGEST = 2_000_000  # characters of a file
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Imported:
    """How many functions of a file were new, got a next version, and were the same already."""

    n_new: int
    n_changed: int
    n_same: int


def exported(task: str | None = None) -> str:
    """Write the declarative functions that are not retired, by task and name."""
    versions = FunctionVersion.objects.newest().filter(kind__in=specs.RULES)
    if task:
        versions = versions.filter(function__task=task)
    kept = versions.exclude(function__state=LabelingFunction.State.RETIRED).select_related("function__owner")
    entries = [_entry(version) for version in kept]
    order = list(Task.values)
    entries.sort(key=lambda entry: (order.index(entry["task"]), entry["name"]))
    return yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=110)


def import_from(text: str, *, by: User | None, now: datetime) -> Imported:
    """Make or edit the functions of a file: all of them or, where one is wrong, none.

    Raises:
        SpecError: the file or an entry can't be used; the message names which and why.
    """
    counts = {"new": 0, "changed": 0, "same": 0}
    owners = {user.username: user for user in User.objects.filter(is_active=True)}
    with transaction.atomic():
        for number, entry in enumerate(_read(text), start=1):
            try:
                counts[_store(entry, owners, by=by, now=now)] += 1
            except SpecError as error:
                name = entry.get("name", "without a name") if isinstance(entry, Mapping) else "no function"
                raise SpecError(f"entry {number} ({name}): {error}") from None
    return Imported(n_new=counts["new"], n_changed=counts["changed"], n_same=counts["same"])


def _entry(version: FunctionVersion) -> dict[str, Any]:
    function = version.function
    state = function.state if function.state in STATES else LabelingFunction.State.TRIAL
    entry = {
        "name": function.slug,
        "task": function.task,
        "kind": version.kind,
        "label": version.label,
        "note": function.note,
        "owner": function.owner.username if function.owner else "",
        "state": str(state),
        "spec": version.spec,
    }
    return {key: value for key, value in entry.items() if value}


def _read(text: str) -> list[Any]:
    if len(text) > LARGEST:
        raise SpecError(f"the file has {len(text)} characters: {LARGEST} are the most, split it")
    try:
        entries = yaml.load(text, Loader=LOADER)  # noqa: S506  a safe one
    except yaml.YAMLError as error:
        raise SpecError(f"the file is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, list):
        raise SpecError("the file is to be a list of functions, each with name, task, kind, label and spec")
    return entries


def _store(entry: Any, owners: Mapping[str, User], *, by: User | None, now: datetime) -> str:
    """Store one entry, and return whether it was new, changed or the same."""
    said = _checked(entry)
    if said.get("owner") and said["owner"] not in owners:
        raise SpecError(f"owner {said['owner']!r} is nobody here: leave it out to own it yourself")
    owner = owners.get(said.get("owner", ""), by)
    known = LabelingFunction.objects.filter(slug=said["name"]).first()
    written: dict[str, Any] = {"kind": said["kind"], "label": said.get("label", ""), "spec": said["spec"]}
    written |= {"note": said.get("note", ""), "change": "imported", "by": by, "now": now}
    if known is None:
        version = writing.create(slug=said["name"], task=said["task"], **written)
        LabelingFunction.objects.filter(pk=version.function_id).update(
            owner=owner, state=said.get("state", "draft")
        )
        return "new"
    if known.task != said["task"]:
        raise SpecError(f"it is a function of {known.task} here, not of {said['task']}: give it another name")
    before = known.versions.latest("number")
    return "same" if writing.edit(known, **written) == before else "changed"


def _checked(entry: Any) -> dict[str, Any]:
    """Return an entry with all keys that are needed and no others."""
    if not isinstance(entry, dict):
        raise SpecError(f"keys with values are needed, got {type(entry).__name__}")
    if unknown := [str(key) for key in entry if key not in KEYS]:
        raise SpecError(f"unknown key {unknown[0]!r}: known are {', '.join(KEYS)}")
    if missing := [key for key in NEEDED if not entry.get(key)]:
        raise SpecError(f"{missing[0]} is needed")
    if wrong := [key for key in KEYS if key != "spec" and not isinstance(entry.get(key, ""), str)]:
        raise SpecError(f"{wrong[0]} is to be a text")
    if entry["kind"] not in specs.RULES:
        raise SpecError(
            f"kind {entry['kind']!r} is not written in files: choose one of {', '.join(specs.RULES)}"
        )
    if entry.get("state", "draft") not in STATES:
        raise SpecError(
            f"state is {entry['state']!r}: choose draft or trial; a function becomes active by its worth"
        )
    return entry
