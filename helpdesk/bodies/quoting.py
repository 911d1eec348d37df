"""Which lines of a mail were not written by its sender: the quoted thread.

quotequail knows the introductions ("On … wrote:", "Am … schrieb …:", "-----Original Message-----") of many mail
programs. Two of its patterns are quadratic in the length of a line, and it tries 90 on each line, so it is asked only
about short lines that end as introductions do, and about 200 of them at most.
"""

import re
from collections.abc import Iterator, Sequence

import quotequail

from helpdesk.bodies.phrases import FROM_HEADERS, OTHER_HEADERS, SUBJECT_HEADERS

MOST_QUESTIONS = 200
MOST_CHARACTERS = 300  # of an introduction; mail programs wrap it over up to three lines
MOST_WRAPPED = 3

DATED = re.compile(r"@|\d:\d\d|\b(?:19|20)\d\d\b")
HEADER = re.compile(r"\*{0,2}(?P<name>[\w -]{2,14}?) ?:\*{0,2} ?\S")
ECRIT = re.compile(r"écrit:$")
RULE = re.compile(r"[-_]{5,}")


def quoted_lines(lines: Sequence[str]) -> list[bool]:
    """Tell for each line whether it belongs to a quoted thread.

    Lines with a leading ">" do, wherever they stand, so that answers between them stay. An introduction followed by
    such lines is one itself; followed by others, everything from it to the end is quoted. A sentence that merely looks
    like an introduction ("On page 3 you wrote:") has neither date nor address and stays.

    >>> quoted_lines(["Still broken.", "On Mon, 4 May 2026 at 10:12, Maya wrote:", "> Try again", "I did."])
    [False, True, True, False]
    >>> quoted_lines(["Yes", "-----Original Message-----", "Is it on?"])
    [False, True, True]
    """
    quoted = [line.lstrip().startswith(">") for line in lines]
    for first, last in _introductions(lines, quoted):
        following = next((index for index in range(last + 1, len(lines)) if lines[index].strip()), None)
        interleaved = following is not None and quoted[following]
        end = last + 1 if interleaved else len(lines)
        quoted[first:end] = [True] * (end - first)
        if not interleaved:
            break
    return quoted


def _introductions(lines: Sequence[str], quoted: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Find first and last line of each introduction, from the top."""
    n_asked = 0
    for index, line in enumerate(lines):
        if quoted[index] or not line.strip() or len(line) > MOST_CHARACTERS:
            continue
        if _starts_headers(lines, index):
            yield _with_rule(lines, index), index
        elif n_asked < MOST_QUESTIONS and line.rstrip()[-1] in ":->":
            n_asked += 1
            if (first := _first_line(lines, index)) is not None:
                yield first, index


def _first_line(lines: Sequence[str], last: int) -> int | None:
    """Where the introduction that ends on line `last` starts; None if there is none."""
    for first in range(last, max(-1, last - MOST_WRAPPED), -1):
        if not lines[first].strip():
            return None
        joined = " ".join(" ".join(lines[first : last + 1]).split())
        if len(joined) > MOST_CHARACTERS:
            return None
        introduces = len(quotequail.quote(ECRIT.sub("écrit :", joined), quote_intro_line=True)) > 1
        if introduces and (joined[-1] != ":" or DATED.search(joined) or _quote_follows(lines, last)):
            return first
    return None


def _quote_follows(lines: Sequence[str], last: int) -> bool:
    index = next((n for n in range(last + 1, min(last + 4, len(lines))) if lines[n].strip()), None)
    return index is not None and (lines[index].lstrip().startswith(">") or _starts_headers(lines, index))


def _starts_headers(lines: Sequence[str], index: int) -> bool:
    """Whether From, with a subject and one more header below it, introduces a mail as Outlook does."""
    if _header(lines[index]) not in FROM_HEADERS:
        return False
    names = {_header(line) for line in lines[index + 1 : index + 6]}
    return bool(names & SUBJECT_HEADERS and names & OTHER_HEADERS)


def _header(line: str) -> str:
    match = HEADER.match(line.strip()[:MOST_CHARACTERS])
    return match["name"].strip().lower() if match else ""


def _with_rule(lines: Sequence[str], index: int) -> int:
    """Take in the rule that some programs draw above the headers."""
    above = next((n for n in range(index - 1, max(-1, index - 3), -1) if lines[n].strip()), None)
    return above if above is not None and RULE.fullmatch(lines[above].strip()) else index
