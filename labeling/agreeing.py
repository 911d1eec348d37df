"""Agreement of the people who label a task: of all of them, class by class, and what they take for each other."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Max
from numpy.typing import NDArray

from copilot.statistics.agreement import Coefficient, kappa, kappa_by_class
from copilot.statistics.intervals import Interval, wilson
from labeling.agreement import dawid_skene
from labeling.agreement.alpha import alpha, alpha_by_class
from labeling.labels import labels_of
from labeling.models import Annotation

LOOKED_AT = 5_000  # messages that several people labeled, the newest
FEWEST = 20  # messages, below which agreement is a matter of luck
FEWEST_OF_CLASS = 10
FEWEST_OF_THREE = 20  # messages with three people or more, for Dawid and Skene
SEED = 1
SMOOTHING = 0.01


@dataclass(frozen=True)
class ClassAgreement:
    """One label: how often a second person said it too where the first did, and the coefficients against the rest."""

    slug: str
    name: str
    n: int  # messages of which somebody said it
    shared: Interval | None
    kappa: Coefficient | None
    alpha: Coefficient | None

    @property
    def is_told(self) -> bool:
        return self.n >= FEWEST_OF_CLASS


@dataclass(frozen=True)
class Confusion:
    """Two labels that people give the same messages."""

    one: str
    other: str
    n: int


@dataclass(frozen=True)
class Doubt:
    """A message whose gold is not what its labels, weighed by who gave them, make likely."""

    message_id: int
    likely: str
    probability: float
    gold: str


@dataclass(frozen=True)
class Agreement:
    """What is known of a task's agreement; `n` messages were labeled by several people, blind."""

    n: int
    n_people: int
    kappa: Coefficient | None
    alpha: Coefficient | None
    classes: list[ClassAgreement]
    confusions: list[Confusion]
    n_of_three: int
    doubts: list[Doubt]

    @property
    def is_told(self) -> bool:
        return self.n >= FEWEST

    @property
    def is_weighed(self) -> bool:
        """Whether enough messages were labeled by three people to tell who is probably right."""
        return self.n_of_three >= FEWEST_OF_THREE


@dataclass(frozen=True, eq=False)
class _Said:
    """Labels as codes, a row each, oldest first within a message."""

    messages: NDArray[np.int64]
    people: NDArray[np.int64]
    classes: NDArray[np.int64]
    message_ids: list[int]
    slugs: list[str]


def agreement_of(task: str) -> Agreement:
    """Return how far people agree on a task: only what was said blind, by two people or more, and still stands."""
    said = _said(task)
    if not said.message_ids:
        return Agreement(0, 0, None, None, [], [], 0, [])
    counts = np.zeros((len(said.message_ids), len(said.slugs)))
    np.add.at(counts, (said.messages, said.classes), 1)
    first, second = _two_opinions(said)
    n_of_three = int((counts.sum(axis=1) >= 3).sum())
    names = {label.slug: label.name for label in labels_of(task)}
    return Agreement(
        n=len(said.message_ids),
        n_people=int(said.people.max()) + 1,
        kappa=kappa(first, second),
        alpha=alpha(counts, seed=SEED),
        classes=_by_class(said, counts, first, second, names),
        confusions=_confusions(counts, [names.get(slug, slug) for slug in said.slugs]),
        n_of_three=n_of_three,
        doubts=_doubts(task, said, counts, names) if n_of_three >= FEWEST_OF_THREE else [],
    )


def _said(task: str) -> _Said:
    blind = Annotation.objects.standing().unanchored().filter(task=task, mode=Annotation.Mode.BLIND)
    several = blind.values("message").annotate(n=Count("*"), latest=Max("pk")).filter(n__gte=2)
    ids = [row["message"] for row in several.order_by("-latest")[:LOOKED_AT]]
    rows = list(
        blind.filter(message__in=ids)
        .order_by("made_at", "pk")
        .values_list("message_id", "author_id", "label")
    )
    messages = [message for message, _, _ in rows]
    people = [person for _, person, _ in rows]
    labels = [label for _, _, label in rows]
    message_ids, slugs = sorted(set(messages)), sorted(set(labels))
    return _Said(
        messages=_codes(messages, message_ids),
        people=_codes(people, sorted(set(people))),
        classes=_codes(labels, slugs),
        message_ids=message_ids,
        slugs=slugs,
    )


def _codes(values: Sequence[object], known: Sequence[object]) -> NDArray[np.int64]:
    place = {value: code for code, value in enumerate(known)}
    return np.array([place[value] for value in values], np.int64)


def _two_opinions(said: _Said) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the second label of each message."""
    opinions: dict[int, list[int]] = defaultdict(list)
    for message, label in zip(said.messages.tolist(), said.classes.tolist(), strict=True):
        opinions[message].append(label)
    pairs = np.array([labels[:2] for labels in opinions.values()], np.int64)
    return pairs[:, 0], pairs[:, 1]


def _by_class(
    said: _Said,
    counts: NDArray[np.float64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    names: dict[str, str],
) -> list[ClassAgreement]:
    """Return each class, the ones that people agree on least first, those with too few messages last."""
    kappas = kappa_by_class(first, second, k=len(said.slugs))
    alphas = alpha_by_class(counts, seed=SEED)
    touched = (counts > 0).sum(axis=0)
    found = []
    for code, slug in enumerate(said.slugs):
        both = int(((first == code) & (second == code)).sum())
        either = int(((first == code) | (second == code)).sum())
        found.append(
            ClassAgreement(
                slug=slug,
                name=names.get(slug, slug),
                n=int(touched[code]),
                shared=wilson(both, either) if either else None,
                kappa=kappas[code],
                alpha=alphas[code],
            )
        )
    return sorted(
        found, key=lambda each: (not each.is_told, each.alpha.value if each.alpha else 1, each.name)
    )


def _confusions(counts: NDArray[np.float64], names: Sequence[str], most: int = 20) -> list[Confusion]:
    """Return the pairs of labels that the same messages were given, the most frequent first."""
    pairs: Counter[tuple[str, str]] = Counter()
    for row in counts:
        given = np.flatnonzero(row).tolist()
        pairs.update((names[a], names[b]) for a in given for b in given if a < b)
    return [Confusion(one, other, n) for (one, other), n in pairs.most_common(most)]


def _doubts(
    task: str, said: _Said, counts: NDArray[np.float64], names: dict[str, str], most: int = 20
) -> list[Doubt]:
    """Weigh the labels of messages that three people or more have labeled, and compare the result with the gold."""
    is_in = (counts.sum(axis=1) >= 3)[said.messages]
    kept = np.unique(said.messages[is_in])
    place = np.full(len(said.message_ids), -1)
    place[kept] = np.arange(len(kept))
    found = dawid_skene.estimate(
        place[said.messages[is_in]], said.people[is_in], said.classes[is_in], smoothing=SMOOTHING
    )
    ids = [said.message_ids[each] for each in kept]
    gold = dict(Annotation.objects.gold(task).filter(message__in=ids).values_list("message_id", "label"))
    best = found.probabilities.argmax(axis=1)
    doubts = [
        Doubt(
            message_id=message,
            likely=names.get(said.slugs[best[row]], said.slugs[best[row]]),
            probability=float(found.probabilities[row, best[row]]),
            gold=names.get(gold[message], gold[message]),
        )
        for row, message in enumerate(ids)
        if message in gold and gold[message] != said.slugs[best[row]]
    ]
    return sorted(doubts, key=lambda doubt: -doubt.probability)[:most]
