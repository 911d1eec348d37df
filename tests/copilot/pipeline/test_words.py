"""Bags of words, equal to scikit-learn's."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from copilot.pipeline.heads import Linear
from copilot.pipeline.types import HeadError, Stage
from copilot.pipeline.words import Words, overlap, rows_summed
from labeling.training.fitting import bags_of, fit_words, stacked

TEXTS = [
    "TW-31 on the reader, TW-31 again",
    "the reader won't pair with the phone",
    "Is VAT on the fee? VAT, vat!",
    "payout to the bank",
    "Réader über the bank: naïve café payout",
]


def test_bags_equal_scikit_learn() -> None:
    words = fit_words(TEXTS, stage=Stage.TOPIC)
    expected = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit(TEXTS)
    unseen = ["the payout of the reader is VAT free", "the the the bank", ""]

    ours = stacked(bags_of([*TEXTS, *unseen], words), words=words).toarray()

    np.testing.assert_allclose(ours, expected.transform([*TEXTS, *unseen]).toarray(), atol=1e-12)


def test_a_text_without_known_words_is_near_nothing() -> None:
    words = fit_words(TEXTS, stage=Stage.TOPIC)
    unknown, known = bags_of(["zebra", TEXTS[0]], words)

    assert overlap(unknown, words.spread(known)) == 0.0
    assert overlap(known, words.spread(known)) == pytest.approx(1.0)


def test_a_layer_of_another_vocabulary_is_refused() -> None:
    words = fit_words(TEXTS, stage=Stage.TOPIC)
    layer = Linear(Stage.TOPIC, ("a", "b"), np.zeros((2, 1)), np.zeros(2))

    with pytest.raises(HeadError, match=r"topic: .* words, layer of .*: train it again"):
        words.all_logits(bags_of(["the"], words), layer)


def test_vocabulary_and_weights_must_fit() -> None:
    with pytest.raises(HeadError, match="answer: 2 words but idf"):
        Words(Stage.ANSWER, ("a", "b"), np.ones(3))


def test_texts_are_read_alike_alone_and_among_others() -> None:
    words = fit_words(TEXTS, stage=Stage.TOPIC)
    texts = ["", *TEXTS, "zebra", ""]
    together = bags_of(texts, words)

    assert words.bags([]) == []
    for text, bag in zip(texts, together, strict=True):
        [alone] = bags_of([text], words)
        np.testing.assert_array_equal(bag.at, alone.at)
        np.testing.assert_array_equal(bag.weight, alone.weight)


def test_bags_sum_rows_also_where_there_are_none() -> None:
    words = fit_words(TEXTS, stage=Stage.TOPIC)
    bags = bags_of(["", *TEXTS], words)
    rows = np.random.default_rng(1).standard_normal((len(words.vocabulary), 3))

    np.testing.assert_allclose(
        rows_summed(bags, rows), [words.spread(bag) @ rows for bag in bags], atol=1e-12
    )
    assert rows_summed(bags, rows[:, :0]).shape == (len(bags), 0)
    assert rows_summed([], rows).shape == (0, 3)


def test_long_numbers_are_not_remembered() -> None:
    texts = [
        "order 88213 of the year 2021",
        "is order 88213 from 2021 here",
        "call 02079460958 now",
        "call 02079460958",
    ]

    words = fit_words(texts, stage=Stage.TOPIC)

    assert {"order", "2021", "call"} <= set(words.vocabulary)
    assert not [term for term in words.vocabulary if "88213" in term or "0207" in term]
    assert len(words.idf) == len(words.vocabulary)
