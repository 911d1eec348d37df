"""Which replies are a template: an approved answer sent nearly word for word, whatever was suggested.

Nearly is what it is for a match, Levenshtein's similarity of the bodies in normal form, without the veto of facts: an
order number typed in place of a variable leaves a template a template. Comparing a reply with every answer would
take too long, so only the few with which it has most runs of four words in common are compared.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from copilot.matching.comparing import GRAM, NEAR_SIMILARITY, compare
from copilot.matching.normalising import normal

WORD = re.compile(r"\{\{[^{}]*\}\}|\w+")
LEAST_IN_COMMON = (
    0.5  # of an answer's runs; of one whose words differ in a tenth of the letters more are left
)
N_COMPARED = 3  # answers, or versions of one

Run = tuple[str, ...]


class Template(NamedTuple):
    """A version of an answer, by its key, and since when it may be sent."""

    key: int
    body: str
    approved_at: datetime


@dataclass(frozen=True)
class Templates:
    """All that may be sent, found by their runs of words."""

    rows: Sequence[Template]
    n_runs: Sequence[int]
    places: dict[Run, list[int]]

    @classmethod
    def of(cls, rows: Sequence[Template]) -> "Templates":
        runs = [_runs(row.body) for row in rows]
        places: defaultdict[Run, list[int]] = defaultdict(list)
        for place, of_row in enumerate(runs):
            for run in of_row:
                places[run].append(place)
        return cls(rows, [len(of_row) for of_row in runs], dict(places))

    def has(self, reply: str, *, sent_at: datetime, but: int | None = None) -> bool:
        """Return whether a reply is nearly word for word one of those that were approved by then.

        `but` is the one that it was compared with before.

        >>> from datetime import date, time
        >>> at = datetime.combine(date(2026, 3, 2), time())
        >>> known = Templates.of([Template(1, "Open the menu {{place}} and choose the second entry of the list.", at)])
        >>> known.has("Hi Ana,\\n\\nOpen the menu above and choose the second entry of the list!", sent_at=at)
        True
        >>> known.has("Open the menu above, then wait until I have had a look at it.", sent_at=at)
        False
        """
        common = self.places.keys() & _runs(reply)
        n_common = Counter(place for run in common for place in self.places[run])
        near = [
            place
            for place, n in n_common.items()
            if n >= LEAST_IN_COMMON * self.n_runs[place]
            and self.rows[place].approved_at <= sent_at
            and self.rows[place].key != but
        ]
        near.sort(key=lambda place: (-n_common[place], place))
        return any(_is_near(self.rows[place].body, reply) for place in near[:N_COMPARED])


def _is_near(body: str, reply: str) -> bool:
    if "{{" in body:  # what stands for a variable is found by aligning both
        return compare(body, reply).similarity >= NEAR_SIMILARITY
    return Levenshtein.normalized_similarity(normal(body).text, normal(reply).text) >= NEAR_SIMILARITY


def _runs(text: str) -> set[Run]:
    """Return a text's runs of four words; those with a variable in them, nobody sends."""
    words = WORD.findall(text.casefold())
    runs = set(zip(*(words[n:] for n in range(GRAM)), strict=False))
    return {run for run in runs if not any(word[0] == "{" for word in run)} if "{{" in text else runs
