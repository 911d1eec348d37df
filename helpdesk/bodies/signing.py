"""Where the text of a message ends: its closing, and its signature with contact lines and legal footer.

Both functions look at a bounded number of lines from the end upwards, and say "nothing here" where in doubt.
"""

import re
from collections.abc import Sequence

from helpdesk.bodies.phrases import ADDRESSED, CLOSINGS, DETAILS_FOLLOW, LEGAL_MARKS, PARTICLES

MOST_LINES = 12  # under a signature's rule, or from the closing down
MOST_PEELED = 30  # blocks taken off the end one after the other
MOST_LEGAL_LINES = 40
LONGEST_LINE = 80  # of a signature; its legal footer has no limit
PUNCTUATION = ",.!?:;*~-–—|·/()\"'“”‘’"

DEVICE = re.compile(
    r"""(?: sent\ (?:from|via|with|using)\ (?:my\ |the\ )?(?:\w+\ ){0,2}
            (?:iphone|ipad|phone|mobile|smartphone|tablet|galaxy|android|blackberry|outlook|mail|protonmail|device)
            (?:\ (?:for|on|device|app|phone|smartphone)\b(?:\ \w+){0,2})?
            (?:[,.]\ ?(?:please|sorry|excuse|apologies|forgive)\ [^?]{0,80})?
        | get\ outlook\ for\ \w+
        | von\ meinem\ \w+(?:\ \w+){0,2}\ gesendet
        | gesendet\ (?:von|mit)\ (?:meinem\ |der\ )?\w+(?:\ \w+){0,3}
        | envoyé\ (?:de|depuis|avec)\ mon\ \w+(?:\ \w+){0,2}
        | enviado\ (?:desde|do)\ (?:mi|meu)\ \w+(?:\ \w+){0,2}
        | inviato\ da(?:l\ mio)?\ \w+(?:\ \w+){0,2}
    )\.?(?:\ ?<[^<>]{0,80}>)?""",
    re.IGNORECASE | re.VERBOSE,
)
CONTACT = re.compile(
    r"(?:(?:tel|telephone|phone|mobile|mob|cell|fax|direct|office|email|e-mail|mail|web|website|telefon|mobil|[tmpfew])"
    r"\b[.:]?:? ?)?(?:\+?[\d ()./-]{7,25}|[^\s@]{1,64}@[^\s@]{1,80}|(?:https?://|www\.)\S{1,80})",
    re.IGNORECASE,
)
COLUMNS = re.compile(r"\s+[|·•]\s+")


def signature_start(lines: Sequence[str]) -> int:
    """Return the index of the signature's first line, `len(lines)` if there is none.

    A signature is what stands below a `--` rule, and at the very end: "Sent from my …", legal footers, blocks of
    name, firm, phone and address. A block right after "my address is:" is text.

    >>> signature_start(["It works.", "-- ", "Ana Poole", "Corner Bakery"])
    1
    >>> signature_start(["Please send it to this address.", "", "Ana Poole", "0113 496 0000"])
    4
    """
    end = _rule(lines)
    for _ in range(MOST_PEELED):
        end = _without_blanks(lines, end)
        start = _paragraph_start(lines, end)
        if end and DEVICE.fullmatch(lines[end - 1].strip()):
            end -= 1
        elif (legal := _legal_start(lines, start, end)) < end:
            end = legal
        elif _is_contact_block(lines, start, end):
            end = start
        else:
            break
    return end if any(line.strip() for line in lines[end:]) else len(lines)


def closing_span(lines: Sequence[str]) -> tuple[int, int]:
    """Return where the closing starts and where it ends, both `len(lines)` if there is none.

    It is a known phrase, or a short line in any language that ends with a comma, with names below and nothing else.
    Contact lines further down are left to the signature.

    >>> closing_span(["All done.", "", "Kind regards,", "Maya Lind", "Money Desk", "0113 496 0000"])
    (2, 5)
    >>> closing_span(["It is thanks", "to the update that it works again"])
    (2, 2)
    """
    end = _without_blanks(lines, len(lines))
    below: list[str] = []
    for index in range(end - 1, max(-1, end - 2 * MOST_LINES), -1):
        line = lines[index].strip()
        if not line:
            continue
        if _closes(line, below) and not _above(lines, index).endswith(":"):
            return index, _names_end(lines, index, end)
        if len(below) == MOST_LINES or not (_is_name(line) or _is_contact(line) or _is_lower_name(line)):
            break
        below.insert(0, line)
    return len(lines), len(lines)


def _closes(line: str, below: Sequence[str]) -> bool:
    lower_allowed = line.endswith(",")
    for position, name in enumerate(below):
        if not (
            _is_name(name) or _is_contact(name) or (position == 0 and lower_allowed and _is_lower_name(name))
        ):
            return False
    return _is_closing_phrase(line) or _has_closing_shape(line, below)


def _is_closing_phrase(line: str) -> bool:
    """Whether the line is a known phrase, with a name after it or not: "Thanks", "Cheers, Ana", "Thanks all!"."""
    words = line.split()
    if len(line) > LONGEST_LINE or len(words) > 9:
        return False
    for n in range(min(6, len(words)), 0, -1):
        if " ".join(map(_bare, words[:n])).strip() in CLOSINGS:
            return all(_bare(word) in ADDRESSED or _is_capital(word) or not _bare(word) for word in words[n:])
    return False


def _has_closing_shape(line: str, below: Sequence[str]) -> bool:
    """Whether the line closes in words of its own: "Happy selling," over a name."""
    words = line.split()
    return (
        line.endswith(",")
        and 2 <= len(words) <= 4
        and all(_bare(word).isalpha() for word in words)
        and _is_capital(words[0])
        and any(word.islower() for word in words[1:])
        and 1 <= len(below) <= 3
        and all(len(name.split()) <= 4 and "," not in name for name in below)
    )


def _names_end(lines: Sequence[str], start: int, end: int) -> int:
    """Where the names under a closing stop: at a blank line below them, or at the first digit or address."""
    n_names = 0
    for index in range(start + 1, end):
        line = lines[index].strip()
        if not line and n_names:
            return index
        if line and (_is_contact(line) or any(map(str.isdigit, line))):
            return index
        n_names += bool(line)
    return end


def _rule(lines: Sequence[str]) -> int:
    """Return where a `--` rule starts a signature, `len(lines)` if none does: few short lines follow it."""
    for index in range(len(lines) - 1, max(-1, len(lines) - 3 * MOST_LINES), -1):
        if lines[index].rstrip() not in ("--", "—", "–"):
            continue
        below = [line.strip() for line in lines[index + 1 :] if line.strip()]
        strict = lines[index] == "-- "
        if len(below) <= MOST_LINES and (strict or all(_is_short(line) for line in below)):
            return index
    return len(lines)


def _is_short(line: str) -> bool:
    return len(line) <= LONGEST_LINE and not (line.endswith((".", "?", "!")) and len(line.split()) > 6)


def _legal_start(lines: Sequence[str], start: int, end: int) -> int:
    """Return the line of the last paragraph on which a legal footer starts, `end` if there is none."""
    for index in range(max(start, end - MOST_LEGAL_LINES), end):
        line, following = lines[index].lower(), lines[index + 1].lower() if index + 1 < end else ""
        wrapped = f"{line} {following}"
        if any(mark in line or (mark in wrapped and mark not in following) for mark in LEGAL_MARKS):
            return index
    return end


def _is_contact_block(lines: Sequence[str], start: int, end: int) -> bool:
    """Whether lines[start:end] are names and contact lines that the text above does not announce."""
    block = [line.strip() for line in lines[start:end]]
    if not 2 <= len(block) <= MOST_LINES or not _is_name(block[0]) or _announces(lines, start):
        return False
    return any(map(_is_contact, block)) and all(_is_name(line) or _is_contact(line) for line in block)


def _announces(lines: Sequence[str], index: int) -> bool:
    """Whether the line above line `index` makes it content, as in "my address is"."""
    above = _above(lines, index)
    return above.endswith(":") or not DETAILS_FOLLOW.isdisjoint(map(_bare, above[-300:].split()))


def _above(lines: Sequence[str], index: int) -> str:
    end = _without_blanks(lines, index)
    return lines[end - 1].strip() if end else ""


def _without_blanks(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _paragraph_start(lines: Sequence[str], end: int) -> int:
    start = end
    while start and lines[start - 1].strip():
        start -= 1
    return start


def _is_contact(line: str) -> bool:
    return len(line) <= 2 * LONGEST_LINE and all(
        CONTACT.fullmatch(part.strip()) for part in COLUMNS.split(line)
    )


def _is_name(line: str) -> bool:
    """Whether a line could name a person, a firm, a team or a street: capitals, numbers and small words only."""
    words = line.split()
    if (
        len(line) > LONGEST_LINE
        or len(words) > 8
        or line[-1] in "?!:;"
        or (line[-1] == "." and len(words[-1]) > 5)
    ):
        return False
    return any(map(_is_capital, words)) and all(
        _is_capital(word) or word[0].isdigit() or _bare(word) in PARTICLES or not _bare(word)
        for word in words
    )


def _is_lower_name(line: str) -> bool:
    return line.isalpha() and len(line) <= 20


def _is_capital(word: str) -> bool:
    bare = word.strip(PUNCTUATION)
    return bare[:1].isupper() or bare.startswith("{")


def _bare(word: str) -> str:
    return word.strip(PUNCTUATION).lower()
