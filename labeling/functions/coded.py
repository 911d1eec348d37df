"""Functions in Python that a specification may name: reviewed in git, listed here, never typed into a browser.

Each takes one message and returns a label of its task, or None; it is named by what it notices.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LETTERS_NEEDED = 12  # below, a name or a place decides


@dataclass(frozen=True)
class Row:
    """One message as a function in Python reads it."""

    text: str
    subject: str
    language: str
    channel: str
    case: Mapping[str, Any]
    customer: Mapping[str, Any]


def written_in_another_script(row: Row) -> str | None:
    """Most letters are no Latin ones: nobody here reads it."""
    letters = [letter for letter in row.text if letter.isalpha()]
    if len(letters) < LETTERS_NEEDED:
        return None
    n_latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    return "other_language" if n_latin < len(letters) / 2 else None


def only_symbols(row: Row) -> str | None:
    """Not a single letter, and no number long enough to be an order's: there is no request in it."""
    if any(letter.isalpha() for letter in row.text) or re.search(r"\d{4}", row.text):
        return None
    return "no_request"


ALLOWED: Mapping[str, tuple[str, Callable[[Row], str | None]]] = {  # by name: the task, and the function
    "written_in_another_script": ("validity", written_in_another_script),
    "only_symbols": ("validity", only_symbols),
}
