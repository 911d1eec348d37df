"""Patterns in RE2's syntax: what a rule looks for, checked when it is saved.

RE2 takes linear time whatever the pattern, so nobody can write one that hangs a worker; for that it knows no
look-around and no back-references. Its \\b, \\w and \\d are ASCII, so words here have boundaries of their own.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from labeling.functions.errors import SpecError

WHERE = ("text", "subject")  # columns
NO_LETTER = r"[^\p{L}\p{N}\p{M}]"
LONGEST = 2_000  # characters of a regular expression
MEMORY = 8 << 20  # bytes that one compiled pattern may take
TRAPS = (("(?=", "look-ahead"), ("(?!", "look-ahead"), ("(?<=", "look-behind"), ("(?<!", "look-behind"))


@dataclass(frozen=True)
class Pattern:
    """What to find, and in which column; its first group, if there is one, is what is shown as found.

    `is_free` is an expression of somebody's own, which may hold gaps such as `.{0,60}`.
    """

    source: str
    where: str = "text"
    is_free: bool = False


def pattern_of_words(words: Iterable[str], *, where: str = "text") -> Pattern:
    """Find any of the words as a whole, in small or capital letters.

    A side of a word that is a letter or number needs a boundary there; one that is a sign, as in "c++", needs none.
    Accents may be written as one character or as two.

    >>> import re2
    >>> found = re2.search(pattern_of_words(["café", "c++"]).source, "Le CAFÉ, cafés; C++17", re2_options())
    >>> found[1]
    'CAFÉ'
    """
    forms = (unicodedata.normalize(form, word) for word in words for form in ("NFC", "NFD"))
    return Pattern("|".join(dict.fromkeys(map(_bounded, forms))), where)


def _bounded(word: str) -> str:
    escaped = r"[\s\p{Z}]+".join(map(_escaped, word.split()))
    before = rf"(?:\A|{NO_LETTER})" if _is_letter(word[0]) else ""
    after = rf"(?:\z|{NO_LETTER})" if _is_letter(word[-1]) else ""
    return f"{before}({escaped}){after}"


def _escaped(word: str) -> str:
    """Escape a word; either apostrophe stands for both."""
    return "".join("['’]" if letter in "'’" else re2.escape(letter) for letter in word)


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM"


def check_pattern(source: str) -> str:
    """Return a regular expression that RE2 takes.

    Raises:
        SpecError: it is too long, empty, or RE2 refuses it; the message says what to write instead.
    """
    if len(source) > LONGEST:
        raise SpecError(f"pattern has {len(source)} characters: {LONGEST} are the most")
    try:
        compiled = _compiled(source)
    except re2.error as error:
        raise SpecError(f"pattern: {_why(source, error)}") from None
    if compiled.search(""):
        raise SpecError("pattern finds the empty text, so it would fire on every message: say what it needs")
    return source


def _why(source: str, error: Exception) -> str:
    for mark, name in TRAPS:
        if mark in source:
            return f"{mark} is {name}, which takes more than linear time: use the key none for what must not be there"
    why = error.args[0] if error.args else error
    why = why.decode() if isinstance(why, bytes) else str(why)
    if "invalid escape sequence" in why and any(f"\\{digit}" in source for digit in "123456789"):
        return f"{why}: back-references take more than linear time, write out what may repeat"
    return f"{why}: see RE2's syntax"


def span_in(pattern: Pattern, text: str) -> tuple[int, int] | None:
    """Return from where to where a pattern is found first; a group of it that took part is what is shown."""
    found = _compiled(pattern.source).search(text)
    if found is None:
        return None
    groups = [found.span(number) for number in range(1, found.re.groups + 1) if found.span(number)[0] >= 0]
    return groups[0] if groups else found.span()


def re2_options(*, memory: int = MEMORY) -> Any:
    """How every pattern is read: letters small or capital alike, errors raised and not written to stderr."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = memory
    return options


@lru_cache(maxsize=512)
def _compiled(source: str) -> Any:
    return re2.compile(source, re2_options())
