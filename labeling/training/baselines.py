"""The dumb baselines beside which a release must earn its keep, trained on the same split, judged on the same rows."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from copilot.datasets import Dataset, Example, Split
from copilot.evaluation.backtest import Rate
from copilot.evaluation.regex_baseline import reason_by_regex
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.types import Vectors

C = 10.0
MAJORITY, LINEAR, NEAREST, REGEX = (
    "Majority class",
    "TF-IDF and a linear model",
    "Nearest example",
    "Five regexes",
)


def baselines(
    dataset: Dataset, *, encoder: Encoder, languages: Collection[str]
) -> dict[str, dict[str, Rate]]:
    """Return the figures "topic" and "recognised" of each baseline; what has nothing to learn from is left out."""
    train, test = dataset.only(Split.TRAIN).examples, dataset.judges()
    by_regex = Rate.of(
        (
            example.case,
            (reason_by_regex(example.question, languages=languages) is None) == (example.reason is None),
        )
        for example in test
    )
    return {
        "topic": _topic(train, test, encoder),
        "recognised": {**_recognised(train, test), REGEX: by_regex},
    }


def _topic(train: Sequence[Example], test: Sequence[Example], encoder: Encoder) -> dict[str, Rate]:
    known, asked = [e for e in train if e.topic], [e for e in test if e.topic and not e.reason]
    labels = [str(e.topic) for e in known]
    if not known or not asked:
        return {}
    at = _nearest(encoder.encode([e.text for e in asked]), encoder.encode([e.text for e in known]))
    said = {
        MAJORITY: [Counter(labels).most_common(1)[0][0]] * len(asked),
        LINEAR: _linear([e.text for e in known], labels, [e.text for e in asked]),
        NEAREST: [labels[row] for row in at],
    }
    return {
        name: Rate.of((e.case, topic in e.topics_accepted) for e, topic in zip(asked, topics, strict=True))
        for name, topics in said.items()
    }


def _recognised(train: Sequence[Example], test: Sequence[Example]) -> dict[str, Rate]:
    if not train:
        return {}
    labels = [_kind(example) for example in train]
    said = {
        MAJORITY: [Counter(labels).most_common(1)[0][0]] * len(test),
        LINEAR: _linear([e.text for e in train], labels, [e.text for e in test]),
    }
    return {
        name: Rate.of((e.case, kind == _kind(e)) for e, kind in zip(test, kinds, strict=True))
        for name, kinds in said.items()
    }


def _kind(example: Example) -> str:
    return "other" if example.reason else "question"


def _linear(texts: Sequence[str], labels: Sequence[str], asked: Sequence[str]) -> list[str]:
    if len(set(labels)) < 2:
        return [labels[0]] * len(asked)
    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=C, max_iter=1000))
    return [str(name) for name in model.fit(texts, labels).predict(asked)]


def _nearest(asked: Vectors, known: Vectors) -> list[int]:
    chunks = np.array_split(asked, len(asked) // 500 + 1)
    return [int(at) for chunk in chunks for at in np.argmax(chunk @ known.T, axis=1)]
