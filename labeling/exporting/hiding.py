"""Examples without personal data, each with the key that brings it back."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from django.conf import settings

from copilot.datasets import Example
from helpdesk.models import Case
from labeling.batching import in_batches
from labeling.redacting import redact

ROWS_A_LOOK_UP = 1_000


@dataclass(frozen=True)
class Hidden:
    """An example as it may leave the house, and what its placeholders stand for."""

    example: Example
    key: Mapping[str, str]


def hide(examples: Iterable[Example], *, know_cases: bool) -> Iterator[Hidden]:
    """Redact each example's text and subject.

    `know_cases` says that the examples are of our own cases, whose customers' names are then redacted too.
    """
    for batch in in_batches(examples, ROWS_A_LOOK_UP):
        names = _names_of(batch) if know_cases else {}
        for example in batch:
            done = redact(
                [example.text, example.subject],
                names=names.get(example.case, ()),
                regions=settings.PHONE_REGIONS,
            )
            text, subject = done.texts
            yield Hidden(replace(example, text=text, subject=subject) if done.key else example, done.key)


def key_line(hidden: Hidden) -> bytes:
    """Write a line of a key file: which example it is of, and what its placeholders stand for."""
    row = {"message": hidden.example.message, "key": dict(hidden.key)}
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _names_of(examples: Iterable[Example]) -> dict[str, list[str]]:
    numbers = {
        int(example.case) for example in examples if example.case.isdecimal() and len(example.case) < 19
    }
    rows = Case.objects.filter(pk__in=numbers).values_list("pk", "customer__name")
    names: dict[str, list[str]] = defaultdict(list)
    for pk, name in rows:
        names[str(pk)].append(name)
    return names
