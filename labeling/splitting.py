"""Training and test split of a dataset (pure): by case and by time, with no near-copy on both sides.

Two texts are near-copies if their words are the same but for case, order and punctuation, or nearly so. Only texts
that share one of their rarest words are compared, so the work grows with the number of texts, not with its square.
Copies differ in numbers most of all, so words with a digit are chosen beside the others, not among them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from rapidfuzz import fuzz, process

from copilot.datasets import Example, Split

NEAR = 95.0  # of 100, as rapidfuzz counts: letters in common once words are sorted
N_KEYS = 3  # rarest words by which near-copies find each other; as many with digits
MOST_ALIKE = 500  # compared for one word; a word that more texts share is no rare one
WORD = re.compile(r"\w+")
DIGIT = re.compile(r"\d")


def split_by_time(examples: Sequence[Example], *, share: float) -> list[Example]:
    """Make the latest cases the test split; a case is as late as its last example, and goes there as a whole."""
    last: dict[str, datetime] = {}
    for example in examples:
        last[example.case] = max(example.at, last.get(example.case, example.at))
    order = sorted(last, key=lambda case: (last[case], case))
    tested = set(order[len(order) - round(share * len(order)) :])
    return [
        replace(example, split=Split.TEST if example.case in tested else Split.TRAIN) for example in examples
    ]


def drop_near_copies(examples: Sequence[Example]) -> tuple[list[Example], int]:
    """Leave out the training examples that are near-copies of a test example; return the rest and how many went.

    The test split stays whole: what is measured must not depend on what is trained.
    """
    texts = [sorted(WORD.findall(example.text.casefold())) for example in examples]
    frequency = Counter(word for words in texts for word in set(words))
    posted: dict[str, list[str]] = defaultdict(list)
    exact = set()
    for example, words in zip(examples, texts, strict=True):
        if example.split is Split.TEST:
            joined = " ".join(words)
            exact.add(joined)
            for key in _keys(words, frequency):
                posted[key].append(joined)
    kept = [
        example
        for example, words in zip(examples, texts, strict=True)
        if example.split is Split.TEST or not _is_near(words, exact, posted, frequency)
    ]
    return kept, len(examples) - len(kept)


def belonging_together(examples: Sequence[Example]) -> list[int]:
    """Number what no split may part, for each example: turns of one case, and near-copies of one text.

    >>> at = datetime.fromisoformat("2025-01-06T09:00:00+00:00")
    >>> texts = ("Where is my money?", "where is MY money", "Thanks")
    >>> belonging_together([Example(str(n), str(n), at, text) for n, text in enumerate(texts)])
    [0, 0, 2]
    """
    texts = [sorted(WORD.findall(example.text.casefold())) for example in examples]
    frequency = Counter(word for words in texts for word in set(words))
    posted: dict[str, dict[str, int]] = defaultdict(dict)
    of_text: dict[str, int] = {}
    of_case: dict[str, int] = {}
    leader = list(range(len(examples)))

    def led(row: int) -> int:
        while leader[row] != row:
            leader[row] = row = leader[leader[row]]
        return row

    for row, (example, words) in enumerate(zip(examples, texts, strict=True)):
        joined = " ".join(words)
        mates = {of_case.setdefault(example.case, row), of_text.setdefault(joined, row)}
        if of_text[joined] == row:  # the first with these words
            for key in _keys(words, frequency):
                mates.update(posted[key][other] for other in _near(joined, posted[key]))
                posted[key][joined] = row
        first = min(led(mate) for mate in mates)
        for mate in (*mates, row):
            leader[led(mate)] = first
    return [led(row) for row in range(len(examples))]


def _is_near(
    words: list[str], exact: set[str], posted: dict[str, list[str]], frequency: Counter[str]
) -> bool:
    joined = " ".join(words)
    return joined in exact or any(_near(joined, posted.get(key, ())) for key in _keys(words, frequency))


def _near(joined: str, others: Iterable[str]) -> list[str]:
    compared = list(islice(others, MOST_ALIKE))
    found = process.extract(joined, compared, scorer=fuzz.ratio, score_cutoff=NEAR, limit=None)
    return [other for other, _, _ in found]


def _keys(words: list[str], frequency: Counter[str]) -> list[str]:
    """Return the words to be found by; one that no other text has finds nothing."""
    shared = sorted(
        (word for word in set(words) if frequency[word] > 1), key=lambda word: (frequency[word], word)
    )
    numbers = [word for word in shared if DIGIT.search(word)]
    return [*[word for word in shared if word not in numbers][:N_KEYS], *numbers[:N_KEYS]]
