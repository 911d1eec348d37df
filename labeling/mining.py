"""Functions that might be worth writing: words that separate a label among gold, offered as drafts and never more.

They are mined from one half of the gold and judged on the other, since words that were chosen for how well they do
do less well elsewhere. What they know, the gold knew before: an expert's words are worth more.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.text import slugify

from copilot.statistics.intervals import Interval, wilson
from helpdesk.models import User
from labeling import writing
from labeling.functions import keyword
from labeling.functions.engine import Engine
from labeling.functions.rows import Rows
from labeling.gold_labels import gold_of
from labeling.items import rows_of
from labeling.labels import labels_of
from labeling.models import FunctionVersion, Item, LabelingFunction

WORD = re.compile(r"[^\W\d_][\w'’-]+")
MOST_GOLD = 20_000
FEWEST = 4  # texts of the mined half that hold it
PRECISION = 0.8  # there
MOST = 20
MINED = 0.5  # of the gold, by each message's own draw


@dataclass(frozen=True)
class Idea:
    """A word or two that tell a label; `worth` is the precision on gold that they were not mined from."""

    words: str
    label: str
    n_mined: int
    worth: Interval | None


def suggest(task: str) -> list[Idea]:
    """Return the words and pairs of words that separate a label and are in no function yet, best supported first."""
    gold = gold_of(task)
    known = {label.slug for label in labels_of(task)}
    items = Item.objects.filter(pk__in=sorted(gold)[-MOST_GOLD:])
    mined, other = rows_of(items.filter(draw__lt=MINED)), rows_of(items.filter(draw__gte=MINED))
    found = _mined(mined.texts, [gold[message_id] for message_id in mined.ids], known)
    in_use = _words_in_use(task)
    found = [(words, label, n) for words, label, n in found if words not in in_use][:MOST]
    return [
        Idea(words, label, n, worth)
        for (words, label, n), worth in zip(found, _worth(found, other, gold), strict=True)
    ]


def store(task: str, *, by: User | None, now: datetime) -> list[FunctionVersion]:
    """Store what is suggested as drafts, each saying where it comes from; one that is there already is left."""
    taken = set(LabelingFunction.objects.values_list("slug", flat=True))
    made = []
    for idea in suggest(task):
        slug = f"{idea.label}-{slugify(idea.words)}"[:80].strip("-")
        if slug in taken:
            continue
        worth = f"right on {idea.worth.estimate:.0%} of {idea.worth.n}" if idea.worth else "never seen"
        note = f"Suggested: on {idea.n_mined} messages of one half of the gold, {worth} on the other half."
        made.append(
            writing.create(
                slug=slug,
                task=task,
                kind=FunctionVersion.Kind.KEYWORD,
                label=idea.label,
                spec={"any": [idea.words]},
                note=note,
                by=by,
                now=now,
            )
        )
    return made


def _mined(
    texts: Sequence[str], labels: Sequence[frozenset[str]], known: set[str]
) -> list[tuple[str, str, int]]:
    """Return words with the label that they separate and on how many texts, best supported first.

    >>> texts = ["my payout is late", "payout, when?", "a payout", "the payout fee", "reader"]
    >>> labels = [frozenset({"payouts"})] * 4 + [frozenset({"reader"})]
    >>> _mined(texts, labels, {"payouts", "reader"})
    [('payout', 'payouts', 4)]
    """
    n_texts: Counter[str] = Counter()
    n_of: dict[str, Counter[str]] = defaultdict(Counter)
    for text, holds in zip(texts, labels, strict=True):
        words = [word.casefold() for word in WORD.findall(text)]
        for gram in {*words, *(f"{one} {two}" for one, two in pairwise(words))}:
            n_texts[gram] += 1
            n_of[gram].update(holds & known)
    found = [
        (gram, label, n)
        for gram, counts in n_of.items()
        for label, n in counts.most_common(1)
        if n >= FEWEST and n >= PRECISION * n_texts[gram]
    ]
    found.sort(key=lambda each: (-each[2], each[0]))
    said: list[tuple[str, str, int]] = []
    for gram, label, n in found:  # a pair adds nothing to a word of it that says the same
        if not any(other == label and f" {kept} " in f" {gram} " for kept, other, _ in said):
            said.append((gram, label, n))
    return said


def _words_in_use(task: str) -> set[str]:
    specs = FunctionVersion.objects.newest().filter(function__task=task, kind=FunctionVersion.Kind.KEYWORD)
    return {word.casefold() for spec in specs.values_list("spec", flat=True) for word in spec.get("any", [])}


def _worth(
    found: Sequence[tuple[str, str, int]], rows: Rows, gold: dict[int, frozenset[str]]
) -> list[Interval | None]:
    hits = Engine([keyword.read({"any": [words]}) for words, _, _ in found]).fires(rows)
    worth: list[Interval | None] = []
    for (_, label, _), places in zip(found, hits, strict=True):
        right = sum(label in gold[rows.ids[place]] for place in places.tolist())
        worth.append(wilson(right, len(places)) if len(places) else None)
    return worth
