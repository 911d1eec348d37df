"""Personal data leaves a text before the text leaves the house: found, replaced by placeholders, put back by a key.

`Ring me on [phone-1], Priya` says as much to a model as the number would. The texts of one row share their numbers,
and each row starts anew, so that no row tells of another and an export needs no memory of what came before. The same
text redacted twice is redacted once.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeAlias

KINDS = ("email", "iban", "card", "phone", "name")
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(KINDS)})-[0-9]+\]")
BLANKS = " \u00a0\u202f"

EMAIL = re.compile(r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
IBAN = re.compile(rf"(?<![^\W_])[A-Za-z]{{2}}[0-9]{{2}}(?:[{BLANKS}-]?[A-Za-z0-9]){{11,30}}")
DIGITS = re.compile(rf"(?<!\d)\d(?:[{BLANKS}.–-]?\d){{12,}}")
GROUP = re.compile(r"\d+")
CARD_LENGTHS = range(13, 20)
CARD_STARTS = frozenset("23456")  # of the networks whose cards people hold
CARD_GROUPS = {(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4)}  # as they stand on cards
PHONE = re.compile(rf"(?<!\w)[+(]{{0,2}}\d[\d(){BLANKS}./–-]{{5,40}}(?<=\d)(?!\w)")
FEWEST_PHONE_DIGITS = 7
LETTERS = re.compile(r"[^\W\d_]+")
BETWEEN_NAMES = re.compile(r"[ '’-]|\s[^\W\d_]\.?\s")
NO_NAMES = frozenset("the and for from mrs miss ltd limited inc llc plc gmbh sarl support team shop".split())

Span: TypeAlias = tuple[int, int]
Find: TypeAlias = Callable[[str], Iterator[Span]]


@dataclass(frozen=True)
class Redacted:
    """Texts without personal data, and by placeholder what stood there."""

    texts: tuple[str, ...]
    key: Mapping[str, str]


@dataclass(frozen=True)
class _Found:
    """A piece of a text that is to be replaced."""

    kind: str
    text: str


def redact(texts: Sequence[str], *, names: Sequence[str] = (), regions: Sequence[str] = ()) -> Redacted:
    """Replace e-mail addresses, IBANs, card numbers, phone numbers and these names in the texts of one row.

    A number is a card's if Luhn's check says so, an IBAN if its check digits do, and a phone's if there are such
    numbers: in one of `regions` (codes such as GB), or anywhere if it starts with + or 00. So an order number stays.

    >>> done = redact(["Hi, Priya here: 4111 1111 1111 1111, not order 4111 1111 1111 1112"], names=["Priya Raman"])
    >>> done.texts
    ('Hi, [name-1] here: [card-1], not order 4111 1111 1111 1112',)
    >>> restored(done.texts[0], done.key)
    'Hi, Priya here: 4111 1111 1111 1111, not order 4111 1111 1111 1112'
    """
    finders = _finders(names, regions)
    pieces = [_pieces(text, finders) for text in texts]
    taken = {mark for text in texts if "[" in text for mark in PLACEHOLDER.findall(text)}
    placeholders: dict[_Found, str] = {}
    numbers: Counter[str] = Counter()
    for found in (piece for text in pieces for piece in text if isinstance(piece, _Found)):
        if found not in placeholders:
            placeholders[found] = _next(found.kind, numbers, taken)
    return Redacted(
        texts=tuple(
            "".join(placeholders[piece] if isinstance(piece, _Found) else piece for piece in text)
            for text in pieces
        ),
        key={placeholder: found.text for found, placeholder in placeholders.items()},
    )


def restored(text: str, key: Mapping[str, str]) -> str:
    """Put back what a redacted row's placeholders stand for; those that its key does not know were always there."""
    return PLACEHOLDER.sub(lambda match: key.get(match[0], match[0]), text)


def _next(kind: str, numbers: Counter[str], taken: set[str]) -> str:
    """Name the next placeholder of a kind that did not stand in the texts before."""
    while True:
        numbers[kind] += 1
        placeholder = f"[{kind}-{numbers[kind]}]"
        if placeholder not in taken:
            return placeholder


def _finders(names: Sequence[str], regions: Sequence[str]) -> tuple[tuple[str, Find], ...]:
    finders: tuple[tuple[str, Find], ...] = (
        ("email", _emails),
        ("iban", _ibans),
        ("card", _cards),
        ("phone", partial(_phones, regions=tuple(regions) or ("ZZ",))),
    )
    words = _words_of(names)
    return (*finders, ("name", partial(_names, words=words))) if words else finders


def _pieces(text: str, finders: Sequence[tuple[str, Find]]) -> list[str | _Found]:
    """Cut a text at what is found, until nothing more is: what stands beside a placeholder is looked at once more."""
    pieces = _cut(text)
    while True:
        before = len(pieces)
        for kind, find in finders:
            pieces = [part for piece in pieces for part in _found(piece, kind, find)]
        if len(pieces) == before:
            return pieces


def _cut(text: str) -> list[str | _Found]:
    """Part a text at placeholders that it brings along; they are left alone, and so no finder looks across them."""
    if "[" not in text:
        return [text]
    pieces: list[str | _Found] = []
    end = 0
    for match in PLACEHOLDER.finditer(text):
        pieces += [text[end : match.start()], _Kept(match[0])]
        end = match.end()
    return [*pieces, text[end:]]


class _Kept(str):
    """A placeholder that stood in the text before."""

    __slots__ = ()


def _found(piece: str | _Found, kind: str, find: Find) -> list[str | _Found]:
    if not isinstance(piece, str) or isinstance(piece, _Kept):
        return [piece]
    parts: list[str | _Found] = []
    end = 0
    for start, stop in find(piece):
        parts += [piece[end:start], _Found(kind, piece[start:stop])]
        end = stop
    return [*parts, piece[end:]] if parts else [piece]


def _emails(text: str) -> Iterator[Span]:
    if "@" in text:
        yield from (match.span() for match in EMAIL.finditer(text))


def _ibans(text: str) -> Iterator[Span]:
    """Where words follow an IBAN, the longest part of the run that has right check digits is meant."""
    from stdnum import iban

    at = 0
    while match := IBAN.search(text, at):
        ends = [match.start() + end.end() for end in re.finditer(r"[A-Za-z0-9](?![A-Za-z0-9])", match[0])]
        found = next(
            (end for end in reversed(ends) if iban.is_valid(text[match.start() : end], check_country=False)),
            None,
        )
        if found:
            yield match.start(), found
        at = found or match.start() + 4


def _cards(text: str) -> Iterator[Span]:
    for match in DIGITS.finditer(text):
        yield from _cards_in(text, [group.span() for group in GROUP.finditer(text, *match.span())])


def _cards_in(text: str, groups: Sequence[Span]) -> Iterator[Span]:
    """Find cards in a run of digits, which may stand beside a date or an order number: the longest first."""
    first = 0
    while first < len(groups):
        for last in range(min(len(groups), first + max(CARD_LENGTHS)), first, -1):
            part = groups[first:last]
            layout = tuple(end - start for start, end in part)
            is_whole = len(part) == len(groups)
            if (is_whole or len(part) == 1 or layout in CARD_GROUPS) and _is_card(
                text[part[0][0] : part[-1][1]]
            ):
                yield part[0][0], part[-1][1]
                first = last
                break
        else:
            first += 1


def _is_card(written: str) -> bool:
    from stdnum import luhn

    digits = "".join(str(int(each)) for each in written if each.isdecimal())
    return len(digits) in CARD_LENGTHS and digits[0] in CARD_STARTS and luhn.is_valid(digits)


def _phones(text: str, *, regions: tuple[str, ...]) -> Iterator[Span]:
    """Ask the phone library about runs of digits only: it takes ten times as long over a whole message."""
    for match in PHONE.finditer(text):
        if sum(each.isdecimal() for each in match[0]) < FEWEST_PHONE_DIGITS:
            continue
        for start, stop in _phones_in(match[0], regions):
            yield match.start() + start, match.start() + stop


@lru_cache(maxsize=4096)  # dates and amounts come again and again
def _phones_in(run: str, regions: tuple[str, ...]) -> tuple[Span, ...]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    spans = {
        (found.start, found.end)
        for region in regions
        for found in PhoneNumberMatcher(run, region, leniency=Leniency.VALID)
    }
    apart: list[Span] = []
    for span in sorted(spans):
        if not apart or span[0] >= apart[-1][1]:
            apart.append(span)
    return tuple(apart)


def _words_of(names: Sequence[str]) -> frozenset[str]:
    """Return the words by which people with these names sign.

    Particles written small ("van der") and what firms are called by are left out, and so are initials. Short words
    keep their case: not every "li" is Ms Li.
    """
    words: set[str] = set()
    for name in names:
        letters = LETTERS.findall(name)
        is_small = name == name.lower()
        for word in letters:
            if len(word) < 2 or word.casefold() in NO_NAMES or not (is_small or word[0].isupper()):
                continue
            words.add(word.casefold() if len(word) > 2 else word)
    return frozenset(words)


def _names(text: str, *, words: frozenset[str]) -> Iterator[Span]:
    """Find names; a first name beside its last name is one."""
    folded = text.casefold()
    if not any(word.casefold() in folded for word in words):
        return
    open_span: Span | None = None
    for match in LETTERS.finditer(text):
        word = match[0]
        if (word.casefold() if len(word) > 2 else word) not in words:
            continue
        if open_span and BETWEEN_NAMES.fullmatch(text, open_span[1], match.start()):
            open_span = (open_span[0], match.end())
            continue
        if open_span:
            yield open_span
        open_span = match.span()
    if open_span:
        yield open_span
