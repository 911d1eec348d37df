"""Specifications are read key by key: what is unknown, missing or of the wrong type is named."""

from collections.abc import Collection, Mapping
from typing import Any

from labeling.functions.errors import SpecError

MOST_WORDS = 200
LONGEST = 200  # characters of one word or value


def check_keys(spec: object, known: Collection[str]) -> Mapping[str, Any]:
    """Return a specification all of whose keys are known.

    >>> check_keys({"any": ["refund"], "wrod": True}, {"any", "word"})
    Traceback (most recent call last):
    labeling.functions.errors.SpecError: unknown key 'wrod': known are any, word
    """
    if not isinstance(spec, Mapping):
        raise SpecError(f"a specification is a set of keys with values, got {type(spec).__name__}")
    for key in spec:
        if key not in known:
            raise SpecError(f"unknown key {key!r}: known are {', '.join(sorted(known))}")
    return spec


def texts_at(spec: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return a list of texts, without blanks and doubles; empty if the key is not there."""
    found = spec.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise SpecError(f"{key} is to be a list of texts")
    texts = tuple(dict.fromkeys(" ".join(each.split()) for each in found if each.strip()))
    if len(texts) > MOST_WORDS:
        raise SpecError(f"{key} has {len(texts)} entries: {MOST_WORDS} are the most, make two functions")
    if too_long := next((each for each in texts if len(each) > LONGEST), None):
        raise SpecError(f"{key} has an entry of {len(too_long)} characters: {LONGEST} are the most")
    return texts


def choice_at(spec: Mapping[str, Any], key: str, choices: Collection[str], *, default: str = "") -> str:
    """Return one of the choices."""
    found = spec.get(key, default)
    if found not in choices:
        raise SpecError(f"{key} is {found!r}: choose one of {', '.join(choices)}")
    return str(found)


def number_at(spec: Mapping[str, Any], key: str, *, low: float, high: float, default: float) -> float:
    """Return a number within limits."""
    found = spec.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
        raise SpecError(f"{key} is {found!r}: a number from {low:g} to {high:g} is needed")
    return found


def text_at(spec: Mapping[str, Any], key: str, *, default: str | None = None) -> str:
    """Return a text that is not blank."""
    found = spec.get(key, default)
    if not isinstance(found, str) or not found.strip():
        raise SpecError(f"{key} is needed: a text")
    return found
