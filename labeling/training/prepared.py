"""Examples as the trainers read them: encoded once, with folds that keep a case together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from copilot.datasets import Dataset, Example, key_of
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import Catalog, Features, Question, Stage, Vectors
from copilot.pipeline.wording import passages_of
from labeling.splitting import belonging_together

N_FOLDS = 5
FEWEST_NEW = 100  # to weigh signals on
FEWEST_TO_SCALE = 30  # to say by one number how much less sure all must be
STALE_WEIGHT = 0.25  # of a label that is no longer believed, beside one that is: chosen, not measured


@dataclass(frozen=True, eq=False)
class Prepared:
    """n examples with their features and the fold int[n] in which each is held out.

    `group` int[n] numbers what is never parted: a case, and near-copies of a text. What judges an example has seen
    none of its group.
    `names` are the features of the topics' names, in the order of `topics`. `is_new` bool[n] are examples that may
    judge and that the encoder itself has not learned from: on them alone can be seen how sure anything may be.
    `passages` are the texts of the catalog's a answers, each followed by its sentences; `passage_of` int[p] says of
    which answer.
    """

    examples: tuple[Example, ...]
    features: Features
    topics: tuple[str, ...]
    names: Features
    is_new: NDArray[np.bool_]
    group: NDArray[np.int64]
    fold: NDArray[np.int64]
    catalog: Catalog
    passages: Features
    passage_of: NDArray[np.int64]
    seed: int

    def features_of(self, rows: NDArray[np.int64]) -> Features:
        """What the heads read of some examples."""
        return self.features.only(rows)

    @property
    def embedding(self) -> Vectors:
        """float32[n, d]."""
        return self.features.embedding

    @cached_property
    def answers(self) -> Features:
        """What the heads read of the whole text of each answer."""
        return self.passages.only(np.unique(self.passage_of, return_index=True)[1])

    def passages_of(self, answer: int) -> Features:
        """What the heads read of an answer: its whole text and its sentences."""
        return self.passages.only(np.flatnonzero(self.passage_of == answer))

    @cached_property
    def is_question(self) -> NDArray[np.bool_]:
        """Which examples are questions we may answer."""
        return np.array([example.reason is None for example in self.examples])

    def new_among(self, rows: NDArray[np.bool_], *, fewest: int | None = None) -> NDArray[np.bool_]:
        """Those of some examples that are new; all where these are too few, by default to weigh signals on."""
        new = rows & self.is_new
        return new if new.sum() >= (FEWEST_NEW if fewest is None else fewest) else rows

    def weights_for(self, stage: Stage) -> NDArray[np.float64] | None:
        """What the label of each example weighs float64[n] at a stage; None where all are believed."""
        weights = np.array(
            [example.weight * (STALE_WEIGHT if stage in example.stale else 1.0) for example in self.examples],
            dtype=np.float64,
        )
        return weights if (weights != 1).any() else None

    def only(self, rows: NDArray[np.int64]) -> "Prepared":
        """The same with some examples, in new folds."""
        examples = tuple(self.examples[at] for at in rows)
        return replace(
            self,
            examples=examples,
            features=self.features.only(rows),
            is_new=self.is_new[rows],
            group=self.group[rows],
            fold=folds(examples, self.group[rows], seed=self.seed),
        )


def prepare(dataset: Dataset, *, encoder: Encoder, seed: int) -> Prepared:
    """Encode a dataset's examples and answers."""
    passages = [
        (at, Question(passage))
        for at, answer in enumerate(dataset.catalog.answers)
        for passage in passages_of(answer.titled)
    ]
    topics = tuple(sorted({example.topic for example in dataset.examples if example.topic}))
    group = np.array(belonging_together(dataset.examples), dtype=np.int64)
    return Prepared(
        examples=dataset.examples,
        features=encoder.features([example.question for example in dataset.examples]),
        topics=topics,
        names=encoder.features([Question(name_of(topic)) for topic in topics]),
        is_new=_is_new(dataset.examples, encoder, seed=seed),
        group=group,
        fold=folds(dataset.examples, group, seed=seed),
        catalog=dataset.catalog,
        passages=encoder.features([passage for _, passage in passages]),
        passage_of=np.array([at for at, _ in passages], dtype=np.int64),
        seed=seed,
    )


def _is_new(examples: Sequence[Example], encoder: Encoder, *, seed: int) -> NDArray[np.bool_]:
    """Which texts show how sure anything may be: those that may judge and that the encoder was not tuned on.

    Where too few of these are left it is all of them. The encoder is tuned on what has a topic only. As large a share
    is taken of the rest, so that both come in their proportion: with all of the rest, questions would look as rare as
    they are among what is left, and be withheld for it (measured on the demo world with a tuned encoder: 22 of 134 test
    questions offered an answer instead of 58).
    """
    judges = np.array([example.may_judge for example in examples], dtype=bool)
    is_new = np.array([key_of(example.text) not in encoder.learned_from for example in examples], dtype=bool)
    has_topic = np.array([example.topic is not None for example in examples], dtype=bool)
    asked = judges & has_topic
    share = is_new[asked].mean() if asked.any() else 1.0
    is_new &= judges & (has_topic | (np.random.default_rng(seed).random(len(examples)) < share))
    return is_new if is_new.sum() >= FEWEST_TO_SCALE else np.ones(len(examples), dtype=bool)


def name_of(topic: str) -> str:
    """A topic's slug as words, which say a little of what it is about.

    >>> name_of("card-not_received")
    'card not received'
    """
    return " ".join(re.split(r"[-_\s]+", topic)).strip()


def folds(
    examples: Sequence[Example], group: NDArray[np.int64], *, seed: int, n: int = N_FOLDS
) -> NDArray[np.int64]:
    """Return int[n examples]: folds alike in labels, with no group in two of them.

    Raises:
        ValueError: there are fewer groups than folds.
    """
    labels = np.array([example.reason or example.topic or "question" for example in examples])
    if (n_groups := len(np.unique(group))) < n:
        raise ValueError(f"{n_groups} cases of different texts, {n} are needed to cross-fit: label more")
    fold = np.zeros(len(examples), dtype=np.int64)
    splitter = StratifiedGroupKFold(n_splits=n, shuffle=True, random_state=seed)
    for number, (_, held_out) in enumerate(splitter.split(labels, labels, group)):
        fold[held_out] = number
    return fold
