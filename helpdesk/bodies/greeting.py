"""Where the greeting of a line ends: "Hi Ana," alone, or in front of the text."""

import re

from helpdesk.bodies.phrases import ADDRESSED, GREETINGS

MOST_CHARACTERS = 120  # of the line's beginning that are looked at
MOST_NAMES = 6
SEPARATORS = ",!.:;–—-"
PUNCTUATION = SEPARATORS + "?¡¿()\"'“”‘’"
WORD = re.compile(r"\{\{[^{}]*\}\}\S*|\S+")


def greeting_end(line: str) -> int:
    """Return how many characters of the line greet; 0 if none do, or if that is in doubt.

    Names are written with a capital or are words like "team". A lower-case name is believed only where the line
    ends with it and a comma: in "hello help, it broke" nobody is called help.

    >>> line = "Good morning Maya, my reader is dead"
    >>> line[: greeting_end(line)]
    'Good morning Maya,'
    >>> [greeting_end(line) for line in ("hi ana,", "Hello help, it broke", "Hello my reader is dead")]
    [7, 0, 0]
    """
    words = [(match[0], match.end()) for match in WORD.finditer(line[:MOST_CHARACTERS])]
    n = _n_greeting_words([word for word, _ in words])
    if not n:
        return 0
    names = [word for word, _ in words[n:]]
    greeted = words[n - 1][0]
    if len(line) <= MOST_CHARACTERS and _is_all_names(names, after=greeted, shouted=line.isupper()):
        return len(line)
    if greeted[-1] in SEPARATORS:
        return words[n - 1][1]
    for word, end in words[n : n + MOST_NAMES]:
        if not word.strip(PUNCTUATION):  # a dash on its own
            return end
        if not _is_name(word):
            return 0
        if word[-1] in SEPARATORS:
            return end
    return 0


def _n_greeting_words(words: list[str]) -> int:
    """Return how many of the first words are one greeting phrase, the longest that is known."""
    for n in (3, 2, 1):
        phrase = words[:n]
        if len(phrase) == n and " ".join(map(_bare, phrase)) in GREETINGS:
            return n
    return 0


def _is_all_names(names: list[str], *, after: str, shouted: bool) -> bool:
    """Whether nothing but names follows the greeting, up to the end of the line."""
    if not names:
        return True
    ends_well = names[-1][-1] in ",!.:"
    if after[-1] in SEPARATORS and (after[-1] != "," or not ends_well):
        return False
    if len(names) == 1 and names[0][-1] in ",!" and _bare(names[0]).isalpha():
        return True
    n_unusual = sum(_bare(name) not in ADDRESSED for name in names)
    most = MOST_NAMES if ends_well else 1 if shouted else 2
    return n_unusual <= most and len(names) <= MOST_NAMES and all(map(_is_name, names))


def _is_name(word: str) -> bool:
    bare = word.strip(PUNCTUATION)
    if bare.startswith("{"):
        return True
    return bare.lower() in ADDRESSED or (bare[:1].isupper() and not any(map(str.isdigit, bare)))


def _bare(word: str) -> str:
    return word.strip(PUNCTUATION).lower()
