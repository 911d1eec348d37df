"""One normal form for texts that are compared: what only looks different becomes the same.

In this order: variables are filled in, the quoted thread, signature, greeting and closing are taken off
(`helpdesk.bodies`), then NFKC, list marks dropped, quotes and dashes unified, links made canonical, case folded and
blanks collapsed. Digits are kept. A change here changes figures: raise NORM_VERSION and run `rematch`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from helpdesk import bodies

NORM_VERSION = 1
MOST_CHARACTERS = 30_000  # of a text; alignment costs its length squared, if bit-parallel

PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
UNIFIED = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛´′", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\xad\u200b\u200c\u200d\u2060\ufe0f", None),
        "\u2044": "/",
    }
)
LOOKALIKE = re.compile(f"[{''.join(map(chr, UNIFIED))}]")
HALF_DAY = re.compile(r"\b([AaPp])\. ?[Mm]\b\.?")
WRAPPED = re.compile(r"^(.{50,}[^\s.!?:;])\n(?=[^\s*•·▪◦-])(?!\(?\d{1,2}[.)] )", re.MULTILINE)
BULLET = re.compile(r"^[ \t]*[-*•·▪◦]+[ \t]+", re.MULTILINE)
LIST_NUMBER = re.compile(r"^[ \t]*\(?(\d{1,2})[.)][ \t]+", re.MULTILINE)
# A link ends in what could not as well end the sentence around it.
LINK_TAIL = r"""(?:[^\s<>"]*[^\s<>".,;:!?')\]}*_])"""
TOP_DOMAINS = "app|com|co|de|dev|es|eu|example|fr|ie|io|net|org|uk"
LINK = re.compile(
    rf"""(https?://{LINK_TAIL}
    | (?<![\w.@-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{TOP_DOMAINS})\b(?:/{LINK_TAIL}?)?
    | (?<![\w.+-])[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,4}})""",
    re.IGNORECASE | re.VERBOSE,
)
MAY_HOLD_LINK = re.compile(r"[.@][A-Za-z]|://")  # ten times as quick as LINK, and false for most replies
TRACKING = re.compile(r"(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|igshid)$", re.IGNORECASE)


class TokenKind(StrEnum):
    """What a token is made of. Symbols carry meaning for facts, but are no words."""

    WORD = "word"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    CODE = "code"
    LINK = "link"
    PLACEHOLDER = "placeholder"
    SYMBOL = "symbol"


class Token(NamedTuple):
    """A piece of a `Normal.source`, from `start` to `end`. `raw` has its capitals.

    `word` is the number of words before it; `is_first` means first in its sentence, `glued` that no blank stands
    before it.
    """

    text: str
    raw: str
    kind: TokenKind
    sentence: int
    is_first: bool
    glued: bool
    word: int
    start: int
    end: int


@dataclass(frozen=True)
class Normal:
    """A text in normal form, and its tokens. `words` are what is counted and aligned; `source` has its capitals."""

    text: str
    source: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]


# The last group that matched names the kind: a word that goes on with digits becomes a code.
SCAN = re.compile(
    r"""(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)(?P<code>-?\d\w*(?:-\w+)*)?
    | (?P<date>\d{4}-\d{1,2}-\d{1,2}(?![\d-]) | \d{1,2}(?P<mark>[/.])\d{1,2}(?P=mark)\d{4}(?!\d))
    | (?P<time>\d{1,2}:\d\d(?![\d:]))
    | (?P<serial>\d+(?:-\d+){2,} | (?:\+\d{1,3}|0\d{2,4})(?:[ -]\d{2,5}){2,4})
    | (?P<number>\d+(?:[.,]\d+)*)
    | (?P<stop>[.!?;:]+(?=\s|$) | \n)
    | (?P<symbol>[%£€$₹/+-])
    | (?P<placeholder>\{\{[^{}]*\}\})""",
    re.VERBOSE,
)
KINDS = {"serial": TokenKind.CODE, **{str(kind): kind for kind in TokenKind}}


def normal(body: str, *, values: Mapping[str, str] | None = None) -> Normal:
    """Return the body in normal form, with `values` (variable name to filled value) in place of its variables.

    Filling in makes `{{first_name}}` and "Ana" the same token, so that filling is no edit. A variable without value
    stays as it is.

    >>> normal("Hi Ana,\\n\\nYour fee is 1.5 % – see HTTPS://www.Tillwren.example/Fees/?utm_source=x").text
    'your fee is 1.5 % - see https://tillwren.example/Fees'
    >>> normal("{{ name }}, it's {{state}}", values={"name": "Ana"}).words
    ('ana', "it's", '{{state}}')
    """
    text = bodies.split(filled(body, values)).text
    text = unicodedata.normalize("NFKC", text)
    if LOOKALIKE.search(text):
        text = text.translate(UNIFIED)
    text = HALF_DAY.sub(r"\1m", _without_list_marks(WRAPPED.sub(r"\1 ", text)))
    text = text[:MOST_CHARACTERS]
    pieces = LINK.split(text) if MAY_HOLD_LINK.search(text) else [text]  # every second piece is a link
    pieces[1::2] = map(canonical_link, pieces[1::2])
    folded = "".join(piece if index % 2 else piece.casefold() for index, piece in enumerate(pieces))
    tokens = _tokens(pieces)
    words = tuple([token.text for token in tokens if token.kind is not TokenKind.SYMBOL])
    return Normal(" ".join(folded.split()), "".join(pieces), tokens, words)


def filled(body: str, values: Mapping[str, str] | None) -> str:
    """Return a body with the values in place of its variables; one without value stays.

    >>> filled("Dear {{ name }}, it is {{state}}.", {"name": "Ana"})
    'Dear Ana, it is {{state}}.'
    """
    known = values or {}
    return PLACEHOLDER.sub(lambda match: known.get(match[1], f"{{{{{match[1]}}}}}"), body)


def canonical_link(link: str) -> str:
    """Return a link without what does not change where it leads: http or https, www, tracking, trailing slash.

    The path keeps its capitals, which matter to many servers. A mail address is a link too.

    >>> canonical_link("http://www.Tillwren.example/Help/?utm_source=mail&page=2")
    'https://tillwren.example/Help?page=2'
    >>> canonical_link("tillwren.example/"), canonical_link("Care@Tillwren.example")
    ('https://tillwren.example', 'care@tillwren.example')
    """
    if "://" not in link and "@" in link:
        return link.casefold()
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        query = [
            pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.match(pair[0])
        ]
    except ValueError:  # such as an unclosed bracket in the host
        return link
    tail = (f"?{urlencode(query)}" if query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    return f"https://{parts.netloc.casefold().removeprefix('www.')}{parts.path.rstrip('/')}{tail}"


def _without_list_marks(text: str) -> str:
    """Drop bullets, and numbers where they count a list: there is a line 1 and a line 2."""
    text = BULLET.sub("", text)
    if {"1", "2"} <= set(LIST_NUMBER.findall(text)):
        text = LIST_NUMBER.sub("", text)
    return text


def tokens_of(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text as it stands, with links as words like any other.

    >>> [token.text for token in tokens_of("The Wren Mini's new")]
    ['the', 'wren', "mini's", 'new']
    """
    return _tokens([text])


def _tokens(pieces: Sequence[str]) -> tuple[Token, ...]:
    """Cut the pieces, of which every second is a link, into tokens with their sentence's number."""
    tokens: list[Token] = []
    sentence = word = 0
    is_first = True
    offset = end = 0
    for index, piece in enumerate(pieces):
        if index % 2:
            start, end = offset, offset + len(piece)
            tokens.append(Token(piece, piece, TokenKind.LINK, sentence, is_first, False, word, start, end))
            is_first = False
            word += 1
        for match in SCAN.finditer(piece) if index % 2 == 0 else ():
            group = match.lastgroup
            if group == "stop":
                sentence += not is_first
                is_first = True
                continue
            kind = KINDS[group or ""]
            raw = match[0]
            start = offset + match.start()
            glued = start == end
            end = start + len(raw)
            tokens.append(Token(raw.casefold(), raw, kind, sentence, is_first, glued, word, start, end))
            if kind is not TokenKind.SYMBOL:
                is_first = False
                word += 1
        offset += len(piece)
    return tuple(tokens)
