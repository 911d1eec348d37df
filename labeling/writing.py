"""Functions are written: made, followed by a next version, and moved from state to state."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from helpdesk.models import User
from labeling.functions import specs
from labeling.functions.errors import SpecError
from labeling.models import FunctionVersion, LabelingFunction

State = LabelingFunction.State
RESERVED = frozenset(
    {"new", "preview", "suggest", "export", "import"}
)  # addresses of the pages below functions/


def create(
    *,
    slug: str,
    task: str,
    kind: str,
    label: str,
    spec: dict[str, Any],
    by: User | None,
    now: datetime,
    note: str = "",
    change: str = "",
) -> FunctionVersion:
    """Store a function with its first version, as a draft.

    Raises:
        SpecError: it can't be used, or its name is taken.
    """
    if not slug or slug != slugify(slug):
        raise SpecError(f"name is {slug!r}: use small letters, digits and hyphens")
    if slug in RESERVED:
        raise SpecError(f"name {slug!r} is that of a page: choose another one")
    spec = specs.check(task=task, kind=kind, label=label, spec=spec)
    with transaction.atomic():
        function, is_new = LabelingFunction.objects.get_or_create(
            slug=slug, defaults={"task": task, "owner": by, "note": note, "created_at": now}
        )
        if not is_new:
            raise SpecError(f"name {slug!r} is taken: choose another one")
        return _add(function, kind=kind, label=label, spec=spec, by=by, now=now, change=change)


def edit(
    function: LabelingFunction,
    *,
    kind: str,
    label: str,
    spec: dict[str, Any],
    by: User | None,
    now: datetime,
    note: str,
    change: str = "",
) -> FunctionVersion:
    """Store the note and the next version; what was active must show its worth anew. The same again is stored once.

    Raises:
        SpecError: it can't be used.
    """
    spec = specs.check(task=function.task, kind=kind, label=label, spec=spec)
    with transaction.atomic():
        function = LabelingFunction.objects.select_for_update().get(pk=function.pk)
        if function.note != note:
            function.note = note
            function.save(update_fields=["note"])
        newest = function.versions.latest("number")
        if newest.sha256 == specs.hash_of(task=function.task, kind=kind, label=label, spec=spec):
            return newest
        function.problem = ""
        if function.state == State.ACTIVE:
            function.state = State.TRIAL
        function.save(update_fields=["state", "problem"])
        return _add(function, kind=kind, label=label, spec=spec, by=by, now=now, change=change)


def _add(
    function: LabelingFunction,
    *,
    kind: str,
    label: str,
    spec: dict[str, Any],
    by: User | None,
    now: datetime,
    change: str,
) -> FunctionVersion:
    return FunctionVersion.objects.create(
        function=function,
        number=function.versions.count() + 1,
        kind=kind,
        label=label,
        spec=spec,
        sha256=specs.hash_of(task=function.task, kind=kind, label=label, spec=spec),
        note=change,
        author=by,
        made_at=now,
    )
