"""What labeling functions are worth beside some gold: gold only, functions only, and both, on the same test rows.

Beside them stands gold with its own guesses: the likeliest that the gold-only head says of the other rows, chosen as
the weak ones are. What both are better by than that is due to the functions, not to the unlabelled texts.

The gold rows are drawn by the seed; of every other training row only the text is read. Functions vote on all of these,
the label model that gold chooses weighs the votes, and the heads that a release serves are trained on the likely
ones, on the encoder that serves. No gate keeps a function out. What is fixed below was chosen by cross-validation on
gold rows; the test rows are asked once by each of the four.

Measured on BANKING77 with 250 gold rows, 162 functions written without a label, and three seeds, on 3,080 test rows:
gold only 67.8 % right (66.1 to 69.4), with its own guesses 74.2 % (72.6 to 75.7), functions only 75.6 % (74.0
to 77.1), both 81.0 % (79.6 to 82.4). That is 13.2 points more than gold only (12.2 to 14.3; 12.3, 14.2 and 13.1 by
seed), and 6.9 more than with its own guesses (6.0 to 7.7; 6.2, 7.2 and 7.1): about half of the gain is the functions'.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from copilot.datasets import NO_CATALOG, Example
from copilot.evaluation.paired import paired_difference
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.topics import TopicHead
from copilot.pipeline.types import Features, Probabilities, Question
from copilot.statistics.calibration import calibration_error
from copilot.statistics.intervals import wilson
from labeling.bench.function_files import Function, votes_of
from labeling.bench.intents import Told, macro_f1
from labeling.label_models.choosing import choose, judge
from labeling.label_models.labeler import WeakLabeler
from labeling.label_models.methods import Method
from labeling.training.prepared import N_FOLDS, Prepared, name_of
from labeling.training.topics import train_topics
from labeling.votes import Votes

# Chosen with a linear layer on meaning alone, by cross-validation on the 750 gold rows of three seeds of BANKING77:
A_TOPIC = 40  # the likeliest weak rows of a topic: 80.7 % right; with all of them 80.8 %
LEAST = 0.5  # probability from which a weak row is trained on
GOLD_COUNTS = 5.0  # as much as so many weak rows: 78.9 %; with 1, 78.7 %
GOLD_SPEAKS = 0.5  # the power to which the gold-only head's probabilities vote too: 80.8 %; without 78.9 %

UNLIKELY = 1e-4  # no probability speaks louder against a label
ALWAYS = -1  # the fold of a row that is in every training and in no judgement

GOLD, SELF, FUNCTIONS, BOTH = (
    "gold only",
    "gold and its own guesses",
    "functions only",
    "both",
)  # ways to train

Figures = dict[str, object]
Tell = Callable[[str], object]


@dataclass(frozen=True, eq=False)
class _Round:
    """One seed's material: texts of all training rows, and which of them are gold, of which class int[n]."""

    examples: tuple[Example, ...]
    features: Features
    classes: tuple[str, ...]
    votes: Votes
    gold: NDArray[np.int64]
    names: Features
    seed: int

    @property
    def gold_rows(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.gold >= 0)


def measure_weak_supervision(
    train: Sequence[Example],
    test: Sequence[Example],
    *,
    functions: Sequence[Function],
    encoder: Encoder,
    n_gold: int,
    seeds: Sequence[int],
    tell: Tell = lambda _: None,
) -> Mapping[str, Figures]:
    """Return the mean figures of the four over the seeds, and what both are better by than the others.

    Raises:
        ValueError: there are not so many rows, or no functions.
    """
    if not functions or n_gold >= len(train):
        raise ValueError(f"{len(functions)} functions and {len(train)} rows for {n_gold} of gold: give more")
    told: dict[str, list[Told]] = {name: [] for name in (GOLD, SELF, FUNCTIONS, BOTH)}
    labels: list[Figures] = []
    asked = encoder.features([example.question for example in test])
    texts = [replace(example, topic=None) for example in train]
    features = encoder.features([example.question for example in texts])
    for seed in seeds:
        drawn = np.random.default_rng(seed).choice(len(train), n_gold, replace=False)
        gold = {int(row): str(train[row].topic) for row in drawn}
        given = _round(texts, features, functions, gold, encoder=encoder, seed=seed)
        method, found = _label_model(given)
        labels.append(found)
        tell(f"seed {seed}: {found} ...")
        alone = _head(given, np.zeros(len(texts)), np.full(len(texts), ALWAYS))
        weak = WeakLabeler(method=method, seed=seed).fit(given.votes, given.gold).predict_proba(given.votes)
        guessed = alone.predict_proba(features)
        both = _joined(weak, guessed, given.votes)
        heads = {
            GOLD: alone,
            SELF: _head(given, *_likely(guessed, given)),
            FUNCTIONS: _head(given, *_likely(weak, given), with_gold=False),
            BOTH: _head(given, *_likely(both, given)),
        }
        for name, head in heads.items():
            told[name].append(_told(head, test, asked))
            tell(f"seed {seed}: {name}: {told[name][-1].is_right.mean():.3f} right")
    return {
        "rows": {"train": len(train), "gold": n_gold, "test": len(test), "seeds": list(seeds)},
        "labels": _mean(labels),
        **{name: _figures(runs) for name, runs in told.items()},
        **{f"{BOTH} less {name}": _gain(told[name], told[BOTH]) for name in (GOLD, SELF, FUNCTIONS)},
    }


def _round(
    texts: Sequence[Example],
    features: Features,
    functions: Sequence[Function],
    gold: Mapping[int, str],
    *,
    encoder: Encoder,
    seed: int,
) -> _Round:
    classes = tuple(sorted({function.label for function in functions} | set(gold.values())))
    of_row = np.full(len(texts), -1, np.int64)
    for row, topic in gold.items():
        of_row[row] = classes.index(topic)
    return _Round(
        examples=tuple(texts),
        features=features,
        classes=classes,
        votes=votes_of(functions, [example.text for example in texts], classes),
        gold=of_row,
        names=encoder.features([Question(name_of(topic)) for topic in classes]),
        seed=seed,
    )


def _label_model(given: _Round) -> tuple[Method, Figures]:
    """The label model to believe, and what gold says of the candidates."""
    candidates = judge(given.votes, given.gold, seed=given.seed)
    judged = given.gold[given.votes.rows] >= 0
    is_right = given.gold[given.votes.rows] == given.votes.classes
    figures: Figures = {
        "functions": given.votes.m,
        "coverage": float(given.votes.covered().mean()),
        "votes a covered row": len(given.votes.rows) / max(int(given.votes.covered().sum()), 1),
        "votes right on gold": float(is_right[judged].mean()) if judged.any() else None,
        **{
            f"{each.name} right on gold": each.n_right / each.n_gold if each.n_gold else None
            for each in candidates
        },
        "chosen": choose(candidates).value,
    }
    return choose(candidates), figures


def _joined(weak: Probabilities, alone: Probabilities, votes: Votes) -> Probabilities:
    """Weak labels in which the gold-only head has a voice, and the only one where no function votes."""
    logs = GOLD_SPEAKS * np.log(alone + UNLIKELY)
    covered = votes.covered()
    logs[covered] += np.log(weak[covered] + UNLIKELY**2)
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    joined: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return joined


def _likely(weak: Probabilities, given: _Round) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What each row counts as an example, 0 if it is none, and its class: the likeliest rows of each topic."""
    sure, said = weak.max(axis=1), weak.argmax(axis=1)
    counts = np.zeros(len(sure))
    for number in range(len(given.classes)):
        rows = np.flatnonzero((said == number) & (sure >= LEAST) & (given.gold < 0))
        kept = rows[np.argsort(-sure[rows], kind="stable")[:A_TOPIC]]
        counts[kept] = sure[kept]
    return counts, said


def _head(
    given: _Round, counts: NDArray[np.float64], said: NDArray[np.int64], *, with_gold: bool = True
) -> TopicHead:
    """Train on the rows that count; where there is gold, it alone mixes and calibrates."""
    gold = given.gold_rows if with_gold else np.zeros(0, np.intp)
    weak = np.flatnonzero(counts)
    rows = np.concatenate([gold, weak])
    topics = np.concatenate([given.gold[gold], said[weak]])
    is_gold = np.arange(len(rows)) < len(gold)
    is_judge = is_gold if len(gold) else ~is_gold
    fold = np.random.default_rng(given.seed).permutation(len(rows)) % N_FOLDS
    prepared = Prepared(
        examples=tuple(
            replace(given.examples[row], topic=given.classes[topic])
            for row, topic in zip(rows, topics, strict=True)
        ),
        features=given.features.only(rows),
        topics=given.classes,
        names=given.names,
        is_new=is_judge,
        fold=np.where(is_judge, fold, ALWAYS),
        group=np.arange(len(rows)),
        catalog=NO_CATALOG,
        passages=given.names.only(np.zeros(0, np.int64)),
        passage_of=np.zeros(0, np.int64),
        seed=given.seed,
    )
    weight = np.concatenate([np.full(len(gold), GOLD_COUNTS if len(weak) else 1.0), counts[weak]])
    return train_topics(prepared, classes=given.classes, weights=weight).head


def _told(head: TopicHead, test: Sequence[Example], asked: Features) -> Told:
    gold = np.array([example.topic or "" for example in test])
    return Told(head.classes, head.predict_proba(asked), gold, np.ones(len(test), bool))


def _figures(runs: Sequence[Told]) -> Figures:
    """The mean over the seeds; the interval is that of one seed's test rows."""
    rights = [int(told.is_right.sum()) for told in runs]
    intervals = [wilson(k, len(told.gold)) for k, told in zip(rights, runs, strict=True)]
    return {
        "accuracy": float(np.mean([interval.estimate for interval in intervals])),
        "accuracy low": float(np.mean([interval.low for interval in intervals])),
        "accuracy high": float(np.mean([interval.high for interval in intervals])),
        "accuracy by seed": [interval.estimate for interval in intervals],
        "macro F1": float(np.mean([macro_f1(told) for told in runs])),
        "ECE": float(np.mean([calibration_error(told.confidence, told.is_right) for told in runs])),
    }


def _gain(old: Sequence[Told], new: Sequence[Told]) -> Figures:
    """By how much accuracy grows over all seeds; a test row is one case, however many seeds judge it."""
    was, became = (np.concatenate([told.is_right for told in runs]) for runs in (old, new))
    cases = [str(row) for told in old for row in range(len(told.gold))]
    difference = paired_difference((was, np.ones(len(was))), (became, np.ones(len(was))), cases)
    if difference is None:
        raise ValueError("there is no test row: nothing can be measured")
    by_seed = [
        float(after.is_right.mean() - before.is_right.mean()) for before, after in zip(old, new, strict=True)
    ]
    return {
        "accuracy": difference.estimate,
        "low": difference.low,
        "high": difference.high,
        "by seed": by_seed,
    }


def _mean(runs: Sequence[Figures]) -> Figures:
    """The mean of each number over the seeds; words, and what one of them lacks, as each seed has them."""
    mean: Figures = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        numbers = [value for value in values if isinstance(value, float | int)]
        mean[name] = float(np.mean(numbers)) if len(numbers) == len(values) else values
    return mean
