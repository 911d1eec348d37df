"""HTML that strangers send: as plain text, or as a little safe HTML.

nh3 decides what is safe. But its parser (html5ever) follows the HTML standard, which takes 2.7 s for 40,000
nested `<div>` and gigabytes for unclosed formatting. So a linear reader of our own comes first: it knows tags and
text, not how browsers repair them, and hands nh3 only what is well formed, shallow and allowed.
"""

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import nh3

from helpdesk.bodies.clipping import clipped

MOST_NESTED = 40


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = _names("br hr")
KEPT = VOID | _names(
    """a b blockquote caption code dd del div dl dt em h1 h2 h3 h4 h5 h6 i ins kbd li ol p pre q s small span strong
    sub sup table tbody td tfoot th thead tr u ul"""
)
BLOCKS = VOID | _names(
    """address article aside blockquote body caption center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5
    h6 header html li main ol p pre section table tbody tfoot thead tr ul"""
)
APART = _names("blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul")
UNREAD = _names("iframe noembed noframes object script style template title xmp")

# What an opening tag ends when its writer left out the closing one.
ENDS = {
    "p": _names("p"),
    "li": _names("p li"),
    "dt": _names("p dt dd"),
    "dd": _names("p dt dd"),
    "td": _names("p td th"),
    "th": _names("p td th"),
    "tr": _names("p td th tr"),
}

# No repetition runs past the next "<", which keeps hostile input linear.
TOKEN = re.compile(
    r"""(?P<comment><!--)
    | <[!?][^<>]*>
    | <(?P<closing>/?)(?P<name>[a-zA-Z][\w:-]{0,40})
      (?: (?P<attributes>(?:[^<>"']++|"[^"<]*"|'[^'<]*')*+) | [^<>]* )>
    | (?P<text>[^<]+|<)""",
    re.VERBOSE,
)
HREF = re.compile(r"""(?:^|\s)href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
LONG_REFERENCE = re.compile(r"&#\d{8,};?")  # html.unescape fails on numbers that Python refuses to read

CLEANER = nh3.Cleaner(
    tags=set(KEPT),
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)


class Tag(NamedTuple):
    """One tag as written. `name` is in lower case; `attributes` is raw text."""

    name: str
    closing: bool
    attributes: str


def sanitised(html: str) -> str:
    """Return HTML that is safe to show: text, lists, tables, and links to http, https and mailto only.

    Images go, since loading one tells its sender who reads; so do styles, scripts, forms and every attribute but a
    link's target. Markup nested deeper than 40 levels is left out, its text is kept.

    >>> sanitised('<p onclick="x()">See <a href="https://a.example">this</a><img src="//spy.example"></p>')
    '<p>See <a href="https://a.example" rel="noopener noreferrer nofollow">this</a></p>'
    >>> sanitised('<a href="javascript:alert(1)">now</a><script>alert(1)</script>')
    '<a rel="noopener noreferrer nofollow">now</a>'
    """
    return CLEANER.clean("".join(_well_formed(clipped(html))))


def plain(html: str) -> str:
    r"""Return the text of HTML: a line per block, "- " before list items, "> " before quoted lines.

    >>> plain("<div>Hi,<br>two things:<ul><li>the fee<li>the&nbsp;reader</ul></div><style>p{}</style>")
    'Hi,\ntwo things:\n\n- the fee\n- the reader'
    >>> plain("Thanks!<blockquote>Your refund<br>is on its way</blockquote>")
    'Thanks!\n\n> Your refund\n> is on its way'
    """
    page = _Page()
    for token in _tokens(clipped(html)):
        if isinstance(token, str):
            page.line.append(_unescaped(token))
        elif token.name in ("td", "th"):
            page.line.append(" ")
        elif token.name in BLOCKS:
            page.break_at(token)
    page.end_line()
    return clipped("\n".join(page.lines)).strip()


@dataclass
class _Page:
    """Plain text while it is written: whole lines, the pieces of the last one, and what goes before it."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    mark: str = ""
    n_quotes: int = 0

    def break_at(self, tag: Tag) -> None:
        is_empty = self.end_line()
        if (is_empty and tag.name in VOID) or (tag.name in APART and not self.mark):
            self.lines.append("")
        if tag.name == "li":
            self.mark = "" if tag.closing else "- "
        if tag.name == "blockquote":
            self.n_quotes = max(0, self.n_quotes + (-1 if tag.closing else 1))

    def end_line(self) -> bool:
        """Write the line and return whether there was nothing to write."""
        text = " ".join("".join(self.line).split())
        self.line.clear()
        if text:
            self.lines.append(("> " if self.n_quotes else "") + self.mark + text)
            self.mark = ""
        return not text


def _well_formed(html: str) -> Iterator[str]:
    """Write the allowed tags again, each closed where it belongs and none deeper than MOST_NESTED."""
    stack: list[str] = []
    for token in _tokens(html):
        if isinstance(token, str):
            yield token.replace("<", "&lt;")
        elif token.name not in KEPT:
            continue
        elif token.name in VOID:
            yield f"<{token.name}>"
        elif not token.closing:
            while stack and (stack[-1] in ENDS.get(token.name, ()) or (token.name == "a" and "a" in stack)):
                yield f"</{stack.pop()}>"
            if len(stack) < MOST_NESTED:
                stack.append(token.name)
                yield f"<{token.name}{_target(token)}>"
        elif token.name in stack:
            while stack[-1] != token.name:
                yield f"</{stack.pop()}>"
            yield f"</{stack.pop()}>"


def _tokens(html: str) -> Iterator[str | Tag]:
    """Read tags and stretches of text; comments and what is not meant to be read are passed over."""
    position = 0
    while match := TOKEN.match(html, position):
        position = match.end()
        if match["text"]:
            yield match["text"]
        elif match["comment"]:
            end = html.find("-->", position)
            position = end + 3 if end >= 0 else len(html)  # as browsers do: an open comment hides the rest
        elif match["name"]:
            name = match["name"].lower()
            if name not in UNREAD:
                yield Tag(name, closing=bool(match["closing"]), attributes=match["attributes"] or "")
            elif not match["closing"]:
                end_of_it = re.compile(rf"</{re.escape(name)}", re.IGNORECASE).search(html, position)
                position = end_of_it.start() if end_of_it else len(html)


def _target(tag: Tag) -> str:
    """A link's href, alone: html5ever compares each attribute with all before it."""
    found = HREF.search(tag.attributes) if tag.name == "a" else None
    if not found:
        return ""
    return f' href="{entities.escape(_unescaped(found[1] or found[2] or found[3] or "").strip())}"'


def _unescaped(text: str) -> str:
    return entities.unescape(LONG_REFERENCE.sub("\N{REPLACEMENT CHARACTER}", text))
