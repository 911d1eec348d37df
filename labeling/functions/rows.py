"""What a function reads: messages as columns, so that a rule is run down one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, eq=False)
class Rows:
    """Messages, a column each; `ids` ascend. Columns that no rule reads may be left empty.

    `cases` and `customers` are their attributes.
    """

    ids: Sequence[int]
    texts: Sequence[str]
    subjects: Sequence[str] = ()
    languages: Sequence[str] = ()
    channels: Sequence[str] = ()
    cases: Sequence[Mapping[str, Any]] = ()
    customers: Sequence[Mapping[str, Any]] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of_text(cls, text: str, *, subject: str = "", language: str = "", channel: str = "") -> "Rows":
        """Read one message as it comes in."""
        return cls(
            ids=[0],
            texts=[text],
            subjects=[subject],
            languages=[language],
            channels=[channel],
            cases=[NOTHING],
            customers=[NOTHING],
        )
