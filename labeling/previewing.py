"""What a function would do, before it is saved: on a sample of messages, against gold and beside the others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copilot.statistics.intervals import Interval, wilson
from labeling.functions.engine import Engine, Rule
from labeling.functions.patterns import span_in
from labeling.samples import Sample

SHOWN = 10
AROUND = 140  # characters shown on either side of what fired


@dataclass(frozen=True)
class Example:
    """One message with what fired in it; `other` says what others or gold say instead."""

    message_id: int
    before: str
    fired: str
    after: str
    other: str = ""


@dataclass(frozen=True)
class Met:
    """Another function that votes on the same messages."""

    name: str
    n: int
    n_conflicts: int


@dataclass(frozen=True)
class Preview:
    """What the page shows; shares are None where there is nothing to share."""

    n_drawn: int
    n_hits: int
    n_gold: int
    coverage: Interval | None
    precision: Interval | None
    n_overlaps: int
    n_conflicts: int
    met: list[Met] = field(default_factory=list)
    hits: list[Example] = field(default_factory=list)
    conflicts: list[Example] = field(default_factory=list)
    errors: list[Example] = field(default_factory=list)


def preview(rule: Rule, label: str, sample: Sample, *, itself: str = "", seed: int = 1) -> Preview:
    """Run a rule that votes for `label` over a sample; `itself` is its function, whose own votes are left out."""
    [hits] = Engine([rule]).fires(sample.rows)
    drawn = hits[sample.is_drawn[hits]]
    judged = [place for place in hits.tolist() if sample.rows.ids[place] in sample.gold]
    wrong = [place for place in judged if label not in sample.gold[sample.rows.ids[place]]]
    said = _said_on(drawn, sample, itself)
    disputed = [place for place in drawn.tolist() if any(given != label for _, given in said.get(place, ()))]
    rng = np.random.default_rng(seed)

    def shown(places: Sequence[int], others: dict[int, str] | None = None) -> list[Example]:
        chosen = rng.permutation(np.array(places, np.int64))[:SHOWN].tolist()
        return [_example(rule, sample, place, (others or {}).get(place, "")) for place in chosen]

    n_drawn = int(sample.is_drawn.sum())
    return Preview(
        n_drawn=n_drawn,
        n_hits=len(drawn),
        n_gold=len(judged),
        coverage=wilson(len(drawn), n_drawn) if n_drawn else None,
        precision=wilson(len(judged) - len(wrong), len(judged)) if judged else None,
        n_overlaps=len(said),
        n_conflicts=len(disputed),
        met=_met(said, label),
        hits=shown(drawn.tolist()),
        conflicts=shown(
            disputed,
            {
                place: ", ".join(f"{name}: {given}" for name, given in said[place] if given != label)
                for place in disputed
            },
        ),
        errors=shown(
            wrong, {place: ", ".join(sorted(sample.gold[sample.rows.ids[place]])) for place in wrong}
        ),
    )


Said = dict[int, list[tuple[str, str]]]  # by place: which functions said which label


def _said_on(places: NDArray[np.int64], sample: Sample, itself: str) -> Said:
    """Return what other functions said on these rows."""
    votes, names = sample.votes, [version.function.slug for version in sample.versions]
    is_hit = np.zeros(votes.n, bool)
    is_hit[places] = True
    said: Said = {}
    for at in np.flatnonzero(is_hit[votes.rows]).tolist():
        name = names[votes.functions[at]]
        if name != itself:
            said.setdefault(int(votes.rows[at]), []).append((name, sample.labels[votes.classes[at]]))
    return said


def _met(said: Said, label: str) -> list[Met]:
    together = Counter(name for pairs in said.values() for name, _ in pairs)
    otherwise = Counter(name for pairs in said.values() for name, given in pairs if given != label)
    return [Met(name, n, otherwise[name]) for name, n in together.most_common(SHOWN)]


def _example(rule: Rule, sample: Sample, place: int, other: str) -> Example:
    """Cut what fired out of a message; a rule that reads the subject shows that."""
    pattern = rule.needs[0] if rule.needs else None
    in_subject = pattern is not None and pattern.where == "subject"
    text = sample.rows.subjects[place] if in_subject else sample.rows.texts[place]
    start, end = (pattern and span_in(pattern, text)) or (0, 0)
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return Example(
        message_id=sample.rows.ids[place],
        before=("… " if start > AROUND else "") + before,
        fired=text[start:end],
        after=after + (" …" if end + AROUND < len(text) else ""),
        other=other,
    )
