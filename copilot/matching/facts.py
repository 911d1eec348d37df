"""What a text asserts that a reader could act on: numbers, money, dates, links, names, negations, obligations.

Facts are read from the tokens of `normalising`, left to right. Each becomes one canonical value, so that "£59",
"59.00 pounds" and "59 GBP" are the same fact. Reading is shallow on purpose: it must be quick, the same every time,
and explainable to the agent whose reply it calls a conflict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from copilot.matching import words
from copilot.matching.normalising import Token, TokenKind
from copilot.matching.quantities import (
    CLOCK_UNIT,
    CODE_UNIT,
    MONEY,
    TIMES,
    Amount,
    clock,
    is_number,
    numeric_date,
    read_amounts,
    read_date,
    read_unit,
    text_at,
)

STEM = 5  # letters by which words count as the same: "return", "returned"
SCOPE = 8  # tokens after a negation in which the word it denies is looked for


class FactKind(StrEnum):
    """The kinds of metrics section 3, and words with an opposite. Those of `SCOPED` depend on their sentence."""

    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    CODE = "code"
    LINK = "link"
    TERM = "term"
    PERIOD = "period"
    NEGATION = "negation"
    MODAL = "modal"
    OPPOSITE = "opposite"


SCOPED = frozenset({FactKind.PERIOD, FactKind.NEGATION, FactKind.MODAL})


@dataclass(frozen=True, order=True)
class Fact:
    """One assertion in canonical form, such as NUMBER "30 day", MONEY "GBP 59", NEGATION "not retur"."""

    kind: FactKind
    value: str


class Mention(NamedTuple):
    """A fact where it stands: `word` is the number of words before it.

    A mention that is not `firm` may stand for the fact but does not assert it: "can" beside "may", "an hour" beside
    "1 hour". It answers a firm one on the other side, and is no difference by itself.
    """

    fact: Fact
    word: int
    sentence: int
    firm: bool = True


def mentions(tokens: Sequence[Token], *, terms: frozenset[str] = frozenset()) -> list[Mention]:
    """Return every fact of a text in order. `terms` are names of products and plans, as they are written.

    >>> from copilot.matching.normalising import normal
    >>> text = "You can't return a Wren Mini after 30 days. Instant payouts cost 1 % and arrive on Monday at 7am."
    >>> found = mentions(normal(text).tokens, terms=frozenset({"Wren Mini"}))
    >>> [mention.fact.value for mention in found if mention.firm]
    ['not retur', 'wren mini', '30 day', '1 percent', 'monday', '07:00']
    """
    names = _by_first_word(terms)
    found: list[Mention] = []
    at = 0
    while at < len(tokens):
        text = tokens[at].text
        if text in names and (end := _read_term(tokens, at, names, found)):
            at = end
        elif tokens[at].kind is TokenKind.WORD and text not in KNOWN and not text.endswith("n't"):
            at += 1  # nine of ten tokens end here
        else:
            at = _read(tokens, at, found)
    return found


def stem(word: str) -> str:
    """Return what a word has in common with its inflections.

    >>> stem("returned") == stem("returns") == stem("return")
    True
    """
    return word[:STEM]


def _read(tokens: Sequence[Token], at: int, found: list[Mention]) -> int:
    """Read what starts at a token and return where reading goes on."""
    token = tokens[at]
    match token.kind:
        case TokenKind.WORD:
            return _read_word(tokens, at, found)
        case TokenKind.NUMBER | TokenKind.SYMBOL:
            return _read_quantity(tokens, at, found) or at + 1
        case TokenKind.LINK:
            _add(found, token, FactKind.LINK, token.text)
        case TokenKind.CODE:
            _add(found, token, FactKind.CODE, _code(token.text))
        case TokenKind.DATE:
            _add(found, token, FactKind.DATE, numeric_date(token.text))
        case TokenKind.TIME:
            _add(found, token, FactKind.TIME, clock(token.text, text_at(tokens, at + 1)))
        case TokenKind.PLACEHOLDER:
            pass
    return at + 1


def _read_word(tokens: Sequence[Token], at: int, found: list[Mention]) -> int:
    token = tokens[at]
    text = token.text
    if text in words.HOURS:
        _add(found, token, FactKind.TIME, words.HOURS[text])
        return at + 1
    if end := _idiom_end(tokens, at):
        return end
    if end := _read_quantity(tokens, at, found):
        return end
    if text in words.NEGATIONS or text.endswith("n't"):
        if not (text == "no" and is_number(tokens, at + 1)):  # "order no. 5"
            _add(found, token, FactKind.NEGATION, f"not {_denied(tokens, at)}".strip())
    elif text in words.NEGATED:
        denied = words.NEGATED[text] or _denied(tokens, at)
        _add(found, token, FactKind.NEGATION, f"not {stem(denied)}".strip())
    _read_modal(tokens, at, found)
    return at + 1


def _read_quantity(tokens: Sequence[Token], at: int, found: list[Mention]) -> int:
    """Read a date, a number or a period and return where reading goes on; 0 if none starts here."""
    return (
        _read_date(tokens, at, found) or _read_amounts(tokens, at, found) or _read_period(tokens, at, found)
    )


def _read_modal(tokens: Sequence[Token], at: int, found: list[Mention]) -> None:
    token = tokens[at]
    text = token.text
    if text in words.MUST or (text in words.MUST_BEFORE_TO and text_at(tokens, at + 1) == "to"):
        _add(found, token, FactKind.MODAL, "must")
    elif text in words.SHOULD:
        _add(found, token, FactKind.MODAL, "should")
    elif text in words.MAY or text in words.CAN:
        _add(found, token, FactKind.MODAL, "may", firm=text in words.MAY)


def _read_period(tokens: Sequence[Token], at: int, found: list[Mention]) -> int:
    """Read times without a figure: "an hour", "monthly", "tomorrow", "the next working day"."""
    token = tokens[at]
    text = token.text
    if text in words.PERIODS or text in words.NEAR_DAYS:
        _add(found, token, FactKind.PERIOD, words.PERIODS.get(text) or words.NEAR_DAYS[text])
        return at + 1
    if text not in words.WHICH and text not in words.ONE:
        return 0
    unit, end = read_unit(tokens, at + 1, sentence=token.sentence)
    if unit not in TIMES or unit == "second":  # "a second reader"
        return 0
    if text in words.WHICH:
        _add(found, token, FactKind.PERIOD, f"{text} {unit}")
    else:
        _add(found, token, FactKind.PERIOD, f"1 {unit}")
        _add(found, token, FactKind.NUMBER, f"1 {unit}", firm=False)
    return end


def _read_amounts(tokens: Sequence[Token], at: int, found: list[Mention]) -> int:
    amounts = read_amounts(tokens, at)
    for amount in amounts:
        _add_amount(found, tokens[amount.at], amount)
    return amounts[-1].end if amounts else 0


def _add_amount(found: list[Mention], token: Token, amount: Amount) -> None:
    if amount.unit in MONEY:
        _add(found, token, FactKind.MONEY, f"{amount.unit} {amount.number}")
    elif amount.unit == CLOCK_UNIT:
        _add(found, token, FactKind.TIME, amount.number)
    elif amount.unit == CODE_UNIT:
        _add(found, token, FactKind.CODE, amount.number)
    else:
        _add(found, token, FactKind.NUMBER, f"{amount.number} {amount.unit}".strip())
        if amount.number == "1" and amount.unit in TIMES:
            _add(found, token, FactKind.PERIOD, f"1 {amount.unit}")


def _read_date(tokens: Sequence[Token], at: int, found: list[Mention]) -> int:
    value, end = read_date(tokens, at)
    if value:
        _add(found, tokens[at], FactKind.DATE, value)
    return end


def _code(text: str) -> str:
    return text.replace("-", "").replace(" ", "")


def _denied(tokens: Sequence[Token], at: int) -> str:
    """Return the stem of the word that a negation denies: the first after it that says something."""
    for token in tokens[at + 1 : at + 1 + SCOPE]:
        if token.sentence != tokens[at].sentence:
            break
        if is_content(token):
            return stem(token.text)
    return ""


def is_content(token: Token) -> bool:
    """Whether a token says what its sentence is about."""
    return token.kind is not TokenKind.SYMBOL and token.text not in EMPTY and not token.text.endswith("n't")


def _idiom_end(tokens: Sequence[Token], at: int) -> int:
    for idiom in IDIOMS_BY_FIRST_WORD.get(tokens[at].text, ()):
        if tuple(token.text for token in tokens[at : at + len(idiom)]) == idiom:
            return at + len(idiom)
    return 0


def _read_term(
    tokens: Sequence[Token],
    at: int,
    names: dict[str, list[tuple[str, tuple[str, ...]]]],
    found: list[Mention],
) -> int:
    """Read the longest name that starts here, in any case, and return where reading goes on; 0 if none does.

    A name of one everyday word ("Go") is firm only with its capital and inside a sentence.
    """
    for name, parts in names[tokens[at].text]:
        end = at + len(parts)
        here = [token.text for token in tokens[at:end]]
        if here[:-1] == list(parts[:-1]) and here[-1] in (parts[-1], f"{parts[-1]}s", f"{parts[-1]}'s"):
            firm = len(parts) > 1 or (tokens[at].raw[0].isupper() and not tokens[at].is_first)
            _add(found, tokens[at], FactKind.TERM, name, firm=firm)
            return end
    return 0


@lru_cache(maxsize=8)
def _by_first_word(terms: frozenset[str]) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Index the names by their first word, the longest first."""
    names: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for term in sorted(terms, key=lambda term: (-len(term.split()), term)):
        if parts := tuple(term.casefold().split()):
            for first in {parts[0]} | ({f"{parts[0]}s", f"{parts[0]}'s"} if len(parts) == 1 else set()):
                names.setdefault(first, []).append((" ".join(parts), parts))
    return names


def _add(found: list[Mention], token: Token, kind: FactKind, value: str, *, firm: bool = True) -> None:
    found.append(Mention(Fact(kind, value), token.word, token.sentence, firm))


EMPTY = (
    words.FUNCTION_WORDS
    | words.NEGATIONS
    | words.MUST
    | words.SHOULD
    | words.MAY
    | words.CAN
    | words.MUST_BEFORE_TO
)
KNOWN = frozenset().union(
    *(words.NEGATIONS, words.NEGATED, words.MUST, words.MUST_BEFORE_TO, words.SHOULD, words.MAY, words.CAN),
    *(words.NUMBERS, words.CURRENCIES, words.MONTHS, words.WEEKDAYS, words.SHORT_WEEKDAYS),
    *(
        words.PERIODS,
        words.NEAR_DAYS,
        words.WHICH,
        words.ONE,
        words.HOURS,
        {"one"},
        {idiom[0] for idiom in words.IDIOMS},
    ),
)
IDIOMS_BY_FIRST_WORD = {
    first: [idiom for idiom in words.IDIOMS if idiom[0] == first]
    for first in {idiom[0] for idiom in words.IDIOMS}
}
