"""Numbers, units, dates and times of day as people write them, read from tokens into one canonical form."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from copilot.matching import words
from copilot.matching.normalising import Token, TokenKind

MOST_DIGITS = 20  # longer numbers are identifiers
CLOCK = re.compile(r"\d{1,2}(?:[.:]\d\d)?")

TIMES = frozenset(words.TIME_UNITS.values()) | {"working day"}
MONEY = frozenset(words.CURRENCIES.values())


CLOCK_UNIT = "clock"
CODE_UNIT = "code"


class Amount(NamedTuple):
    """A number with its unit ("" if it has none) at token `at`; `end` is the token after it.

    With CLOCK_UNIT the number is a time of day, with CODE_UNIT an identifier.
    """

    number: str
    unit: str
    at: int
    end: int


def read_amounts(tokens: Sequence[Token], at: int) -> list[Amount]:
    """Read the number at a token and those joined to it: "2-3 days", "£5 to 10", "5/10/15 %" share a unit."""
    amount = _amount(tokens, at)
    if amount is None:
        return []
    amounts = [amount]
    joiners: list[str] = []
    while (joiner := text_at(tokens, amount.end)) in words.JOINERS:
        amount = _amount(tokens, amount.end + 1)
        if amount is None or amount.at - amounts[-1].end > 2:
            break
        amounts.append(amount)
        joiners.append(joiner)
    for index in range(len(joiners) - 1, -1, -1):
        unit = amounts[index].unit
        if not unit:
            amounts[index] = amounts[index]._replace(unit=amounts[index + 1].unit)
        elif unit in MONEY and not amounts[index + 1].unit and joiners[index] in words.RANGES:
            amounts[index + 1] = amounts[index + 1]._replace(unit=unit)
    return amounts


def _amount(tokens: Sequence[Token], at: int) -> Amount | None:
    """Read one number with what it counts; None if there is none at this token."""
    if text_at(tokens, at) == "one":  # a number only before a unit: not in "this one", "one of us"
        unit, end = read_unit(tokens, at + 1, sentence=tokens[at].sentence)
        return Amount("1", unit, at, end) if unit else None
    currency = words.CURRENCIES.get(text_at(tokens, at), "")
    at += bool(currency)
    if not is_number(tokens, at):
        return None
    token = tokens[at]
    digits = str(words.NUMBERS.get(token.text, token.text))
    number = decimal(digits)
    end = at + 1
    after = text_at(tokens, end)
    glued = end < len(tokens) and tokens[end].glued
    if after == "k" and glued:
        return Amount(_times(number, 1000), currency, at, end + 1)
    if currency:
        return Amount(number, currency, at, end)
    if after in ("am", "pm", "uhr") and CLOCK.fullmatch(digits):
        return Amount(clock(digits.replace(".", ":"), after), CLOCK_UNIT, at, end + 1)
    if after in words.PENCE and (glued or after != "p"):
        return Amount(_times(number, Decimal("0.01")), "GBP", at, end + 1)
    unit, end = read_unit(tokens, end, sentence=token.sentence)
    if unit or not (glued and after.isalpha()):
        return Amount(number, unit, at, end)
    if after in words.ORDINALS:
        return Amount(number, "", at, end + 1)
    return Amount(f"{digits}{after}", CODE_UNIT, at, end + 1)  # "4G"


def _times(number: str, factor: int | Decimal) -> str:
    is_plain = number.replace(".", "", 1).isdecimal()
    return decimal(f"{Decimal(number) * factor:f}") if is_plain else number


def read_unit(tokens: Sequence[Token], at: int, *, sentence: int) -> tuple[str, int]:
    """Return the unit at a token and the token after it; "" and the same token if there is none."""
    start = at
    at += text_at(tokens, at) == "-"  # "30-day"
    if at >= len(tokens) or tokens[at].sentence != sentence:
        return "", start
    text = tokens[at].text
    following = text_at(tokens, at + 1)
    if text in words.WORKING and words.TIME_UNITS.get(following) == "day":
        return "working day", at + 2
    if text in ("per", "pro", "por", "pour") and following in ("cent", "cien", "ciento"):
        return "percent", at + 2
    unit = words.CURRENCIES.get(text) or words.TIME_UNITS.get(text) or words.OTHER_UNITS.get(text)
    if unit and not (text in words.CURRENCIES and is_number(tokens, at + 1) and not text.isalpha()):
        return unit, at + 1
    if tokens[at].glued and text in words.GLUED_UNITS:
        return words.GLUED_UNITS[text], at + 1
    return "", start


def decimal(text: str) -> str:
    """Return a number without separators of thousands and without zeros that say nothing.

    A comma before exactly three digits separates thousands, else it is a decimal mark, as on the continent. What is
    no number of everyday length, such as version 2.4.1, is returned as it is.

    >>> [decimal(text) for text in ("1,000.00", "1.000,50", "2,5", "05", "59.00", "2.4.1")]
    ['1000', '1000.5', '2.5', '5', '59', '2.4.1']
    """
    separators = [character for character in text if character in ",."]
    if not separators:
        whole, fraction = text, ""
    elif len(set(separators)) == 1 and _groups_thousands(text, separators[0]):
        whole, fraction = text.replace(separators[0], ""), ""
    else:
        whole, _, fraction = text.rpartition(separators[-1])
        whole = whole.replace("," if separators[-1] == "." else ".", "")
    if not whole.isdecimal() or len(whole + fraction) > MOST_DIGITS:
        return text
    return f"{Decimal(f'{whole}.{fraction or 0}').normalize():f}"


def _groups_thousands(text: str, separator: str) -> bool:
    """Whether a lone kind of separator groups digits by three; a single point never does."""
    groups = text.split(separator)[1:]
    return all(len(group) == 3 for group in groups) and (separator == "," or len(groups) > 1)


def read_date(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """Read "12 May 2026", "May 12th", "in May", "Monday"; return "" and 0 if no date starts here.

    Dates are in ISO 8601, with X for what is left open, as EDTF has it: "XXXX-05-12".
    """
    if weekday := _weekday(tokens, at):
        return weekday, at + 1
    day, end = _day(tokens, at)
    end += bool(day) and text_at(tokens, end) == "of"
    month = words.MONTHS.get(text_at(tokens, end))
    if month is None:
        return "", 0
    at_month = end
    end += 1
    if not day:
        day, end = _day(tokens, end)
    year = _year(tokens, end)
    if not (day or year or _is_surely_month(tokens[at_month])):
        return "", 0
    return _date(int(year or 0), month, day), end + bool(year)


def _day(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    """Return a day of the month at a token and the token after it; 0 and the same token if there is none."""
    text = text_at(tokens, at)
    if not (text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= 31):
        return 0, at
    end = at + 1
    return int(text), end + (end < len(tokens) and tokens[end].glued and tokens[end].text in words.ORDINALS)


def _year(tokens: Sequence[Token], at: int) -> str:
    text = text_at(tokens, at)
    return text if len(text) == 4 and text.isdecimal() and text[:2] in ("19", "20") else ""


def _weekday(tokens: Sequence[Token], at: int) -> str:
    token = tokens[at]
    if token.text in words.WEEKDAYS:
        return words.WEEKDAYS[token.text]
    is_sure = token.raw[0].isupper() and (not token.is_first or text_at(tokens, at + 1) == "-")
    return words.SHORT_WEEKDAYS.get(token.text, "") if is_sure else ""


def _is_surely_month(token: Token) -> bool:
    return token.text not in words.UNSURE_MONTHS or (token.raw[0].isupper() and not token.is_first)


def numeric_date(text: str) -> str:
    """Read year first, or day first unless only month first is possible."""
    first, second, third = (int(part) for part in text.replace("/", "-").replace(".", "-").split("-"))
    if len(text) >= 8 and text[4] == "-":
        return _date(first, second, third)
    day, month = (second, first) if second > 12 >= first else (first, second)
    return _date(third, month, day)


def _date(year: int, month: int, day: int) -> str:
    return f"{year or 'XXXX'}-{month:02}-{f'{day:02}' if day else 'XX'}"


def clock(text: str, half: str) -> str:
    """Return a time of day in 24 hours; `half` is the word after it.

    >>> clock("7", "pm"), clock("12:30", "am"), clock("13:00", "")
    ('19:00', '00:30', '13:00')
    """
    hour, _, minute = text.partition(":")
    hours = int(hour)
    if half in ("am", "pm") and hours <= 12:
        hours = hours % 12 + (12 if half == "pm" else 0)
    return f"{hours:02}:{minute or '00'}"


def text_at(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if at < len(tokens) else ""


def is_number(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and (tokens[at].kind is TokenKind.NUMBER or tokens[at].text in words.NUMBERS)
