"""How well topics are told apart, and strangers from friends, on any table of texts with categories.

It trains the heads that a release serves, on the encoder that serves, and asks them as the pipeline does. Floors and
sets of candidates are chosen on cross-fitted predictions of the training rows; the test rows are judged once.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from copilot.datasets import Dataset, Example
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.heads import softmax
from copilot.pipeline.topics import TopicHead
from copilot.pipeline.types import Features
from copilot.pipeline.validity import QUESTION, ValidityHead
from copilot.statistics.calibration import calibration_error, null_value
from copilot.statistics.intervals import wilson
from copilot.statistics.selection import (
    area_under_curve,
    floor_for,
    recall_at_accuracy,
    select,
    set_floor,
)
from helpdesk.benching.memory import peak_mb
from labeling.bench.reading import LANGUAGE, Material
from labeling.bench.rivals import Rival, Said, differences
from labeling.training.prepared import prepare
from labeling.training.topics import TrainedTopics, train_topics
from labeling.training.validity import train_validity

ACCURACIES = (0.95, 0.98, 0.99)
IN_SCOPE_ACCURACIES = (0.95, 0.94, 0.93, 0.92, 0.90)
SET_COVERAGE = 0.95
TIMED = 200

Figures = dict[str, object]
EncoderFor = Callable[[Sequence[Example], int], Encoder]  # the encoder for training rows and a seed


@dataclass(frozen=True, eq=False)
class Told:
    """What heads say of n rows: probabilities float64[n, k] of the classes, and which rows are in scope.

    `gold` is the topic that should be said: of several that are accepted the likeliest.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    gold: NDArray[np.str_]
    is_in_scope: NDArray[np.bool_]

    @property
    def confidence(self) -> NDArray[np.float64]:
        return self.probabilities.max(axis=1)

    @property
    def said(self) -> NDArray[np.str_]:
        return np.array(self.classes)[self.probabilities.argmax(axis=1)]

    @property
    def is_right(self) -> NDArray[np.bool_]:
        return self.said == self.gold

    def in_scope(self) -> "Told":
        rows = self.is_in_scope
        return Told(self.classes, self.probabilities[rows], self.gold[rows], rows[rows])


def measure_intents(
    given: Material,
    *,
    encoder_for: EncoderFor,
    seeds: Sequence[int],
    shots: int | None = None,
    against: tuple[Rival, Encoder] | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> Figures:
    """Train on the rows, or on `shots` of each topic drawn by each seed, and return the mean figures over the seeds.

    Floors and sets are chosen on validation rows where there are some, else on what heads say of training rows that
    they never saw. A rival `against` them is trained on the same rows, on the encoder given with it; the peak memory is
    then of both.

    Raises:
        ValueError: too few rows or topics to train on or to judge by, or what the rival needs is missing.
    """
    test = given.test
    for name, judges in {"test": test, "validation": given.validation or test}.items():
        if not any(row.topic for row in judges):
            raise ValueError(f"no {name} row has a topic: give some that are in scope")
    runs: list[Figures] = []
    for seed in seeds:
        rows = drawn(given.train, shots=shots, seed=seed) if shots else list(given.train)
        tell(f"seed {seed}: {len(rows)} training rows, {len(test)} test rows ...")
        theirs = None
        if against:  # first, since it is sooner done and may lack rows
            rival, frozen = against
            theirs = rival(rows, given.validation, test, frozen)
        figures, ours = _measure(replace(given, train=rows), encoder_for=encoder_for, seed=seed)
        runs.append(figures | _against(ours, theirs, test) if theirs else figures)
    topics = [row.topic for row in rows if row.topic]
    return {
        "train rows": len(rows),
        "rows a topic": len(topics) / len(set(topics)),
        "test rows": len(test),
        "test rows in scope": sum(row.reason is None for row in test),
        "seeds": list(seeds),
        **_mean_of(runs),
    }


def drawn(examples: Sequence[Example], *, shots: int, seed: int) -> list[Example]:
    """Return so many rows of each topic, and every row without one, as the seed draws them."""
    by_topic: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_topic[example.topic or ""].append(example)
    rng = np.random.default_rng(seed)
    kept = list(by_topic.pop("", []))
    for _, rows in sorted(by_topic.items()):
        kept += [rows[at] for at in rng.choice(len(rows), min(shots, len(rows)), replace=False)]
    return kept


def _measure(given: Material, *, encoder_for: EncoderFor, seed: int) -> tuple[Figures, Said]:
    train, validation, test = given.train, given.validation, given.test
    started = perf_counter()
    encoder = encoder_for(train, seed)
    tuned = perf_counter()
    prepared = prepare(Dataset(tuple(train), given.catalog, {}, ""), encoder=encoder, seed=seed)
    encoded = perf_counter()
    topics = train_topics(prepared)
    fitted = perf_counter()
    features = encoder.features([example.question for example in test])
    told = _told(topics.head, test, features)
    if validation:
        asked = encoder.features([example.question for example in validation])
        held_back = _told(topics.head, validation, asked).in_scope()
    else:
        held_back = _cross_fitted(train, topics, prepared.is_new)
    figures = _topic_figures(told.in_scope(), held_back, seed=seed)
    figures |= {
        "tune seconds": tuned - started, "encode seconds": encoded - tuned, "fit seconds": fitted - encoded
    }  # fmt: skip
    validity, gate = None, None
    if any(example.reason for example in train):
        validity = train_validity(prepared, topics, languages=(LANGUAGE,)).head
        figures["fit seconds"] = perf_counter() - encoded
        if not told.is_in_scope.all():
            gate = _gate(topics.head, validity, features)
            figures |= _scope_figures(told, gate)
    figures |= _latency(encoder, topics.head, validity, test)
    figures["peak memory MB"] = peak_mb()
    return figures, Said(told.is_right, gate)


def _told(head: TopicHead, examples: Sequence[Example], features: Features) -> Told:
    probabilities = head.predict_proba(features)
    gold = _gold(examples, head.classes, probabilities)
    return Told(head.classes, probabilities, gold, np.array([example.reason is None for example in examples]))


def _gold(
    examples: Sequence[Example], classes: Sequence[str], probabilities: NDArray[np.float64]
) -> NDArray[np.str_]:
    at = {topic: number for number, topic in enumerate(classes)}
    return np.array(
        [
            max(
                sorted(example.topics_accepted),
                key=lambda topic: row[at[topic]] if topic in at else -1,
                default="",
            )
            for example, row in zip(examples, probabilities, strict=True)
        ]
    )


def _cross_fitted(train: Sequence[Example], topics: TrainedTopics, is_new: NDArray[np.bool_]) -> Told:
    """What heads that never saw a training row say of it, where the encoder has not seen it either."""
    rows = is_new & np.array([example.topic in topics.head.classes for example in train])
    gold = _gold(train, topics.head.classes, topics.probabilities)
    return Told(topics.head.classes, topics.probabilities, gold, rows).in_scope()


def _topic_figures(told: Told, held_back: Told, *, seed: int) -> Figures:
    k, n = int(told.is_right.sum()), len(told.gold)
    interval = wilson(k, n)
    null = null_value(told.confidence, seed=seed)
    known = np.array(told.classes) == told.gold[:, None]
    of_gold = held_back.probabilities * (np.array(told.classes) == held_back.gold[:, None])
    floor = set_floor(of_gold.sum(axis=1), coverage=SET_COVERAGE)  # nothing is said of a topic not learned
    sets = told.probabilities >= floor
    sets[np.arange(n), told.probabilities.argmax(axis=1)] = True  # decide_topic always names one
    figures: Figures = {
        "accuracy": k / n,
        "accuracy low": interval.low,
        "accuracy high": interval.high,
        "accuracy held back": float(held_back.is_right.mean()),
        "macro F1": macro_f1(told),
        "Brier": float(((told.probabilities - known) ** 2).sum(axis=1).mean()),
        "confidence": float(told.confidence.mean()),
        "ECE": calibration_error(told.confidence, told.is_right),
        "ECE null mean": null.mean,
        "ECE null 95 %": null.upper,
        "set coverage": float((sets & known).any(axis=1).mean()),
        "set size": float(sets.sum(axis=1).mean()),
    }
    for accuracy in ACCURACIES:
        floor = floor_for(held_back.confidence, held_back.is_right, accuracy=accuracy)
        found = select(told.confidence, told.is_right, floor=floor)
        figures[f"coverage at {accuracy:.0%}"] = found.coverage
        figures[f"accuracy at {accuracy:.0%}"] = found.accuracy
    return figures


def macro_f1(told: Told) -> float:
    """The mean over the classes of 2 tp / (2 tp + fp + fn)."""
    classes = sorted(set(told.gold) | set(told.said))
    hits = [2 * int(((told.said == name) & (told.gold == name)).sum()) for name in classes]
    named = [int((told.said == name).sum() + (told.gold == name).sum()) for name in classes]
    return float(np.mean([hit / n for hit, n in zip(hits, named, strict=True)]))


def _gate(topics: TopicHead, validity: ValidityHead, features: Features) -> NDArray[np.float64]:
    probabilities = validity.predict_proba(features, topics.logits(features))
    gate: NDArray[np.float64] = probabilities[:, validity.classes.index(QUESTION)]
    return gate


def _scope_figures(told: Told, gate: NDArray[np.float64]) -> Figures:
    figures: Figures = {"AUROC": area_under_curve(gate, told.is_in_scope)}
    for accuracy in IN_SCOPE_ACCURACIES:
        recall = recall_at_accuracy(gate, told.is_right, told.is_in_scope, accuracy=accuracy)
        figures[f"out-of-scope recall at {accuracy:.0%}"] = recall
    return figures


def _against(ours: Said, theirs: Said, test: Sequence[Example]) -> Figures:
    is_in_scope = np.array([example.reason is None for example in test])
    figures: Figures = {"rival accuracy": float(theirs.is_right[is_in_scope].mean())}
    if theirs.gate is not None and not is_in_scope.all():
        figures["rival AUROC"] = area_under_curve(theirs.gate, is_in_scope)
        for accuracy in IN_SCOPE_ACCURACIES:
            recall = recall_at_accuracy(theirs.gate, theirs.is_right, is_in_scope, accuracy=accuracy)
            figures[f"rival out-of-scope recall at {accuracy:.0%}"] = recall
    return figures | differences(ours, theirs, is_in_scope, accuracies=IN_SCOPE_ACCURACIES)


def _latency(
    encoder: Encoder, topics: TopicHead, validity: ValidityHead | None, test: Sequence[Example]
) -> Figures:
    """Milliseconds of one text at a time through encoder and heads."""
    took = []
    for example in test[:TIMED]:
        started = perf_counter()
        features = encoder.features([example.question])
        logits = topics.logits(features)
        softmax(logits)
        if validity:
            validity.predict_proba(features, logits)
        took.append((perf_counter() - started) * 1000)
    return {"p50 ms": float(np.percentile(took, 50)), "p95 ms": float(np.percentile(took, 95))}


def _mean_of(runs: Sequence[Figures]) -> Figures:
    """The mean of each figure over the runs, None where one of them has none, and of the accuracy its spread too."""
    mean: Figures = {}
    for name in runs[0]:
        values = [value for run in runs if isinstance(value := run[name], float | int)]
        mean[name] = sum(values) / len(runs) if len(values) == len(runs) else None
    if len(runs) > 1:
        mean["accuracy by seed"] = [run["accuracy"] for run in runs]
    return mean
