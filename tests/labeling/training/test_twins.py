"""scikit-learn trains, numpy serves: both must say the same."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from copilot.pipeline.answers import readings_of
from copilot.pipeline.confidence import log_odds
from copilot.pipeline.heads import Linear
from copilot.pipeline.topics import decide_topic
from copilot.pipeline.types import AnswerVerdict, Stage, TopicVerdict, ValidityVerdict
from copilot.pipeline.validity import dense_features, scope_scores
from labeling.training.choice import ChoiceModel
from labeling.training.confidence import train_confidence
from labeling.training.fitting import NEVER, fit_linear, fit_temperature, stacked, twin_of
from tests.pipelines import CATALOG, fitted, prepared


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_a_layer_equals_its_logistic_regression(n_classes: int) -> None:
    rng = np.random.default_rng(n_classes)
    x, labels = rng.standard_normal((200, 12)), rng.integers(n_classes, size=200).astype(str)
    model = LogisticRegression(C=5.0).fit(x, labels)

    twin = twin_of(model, classes=tuple(model.classes_), stage=Stage.TOPIC)

    np.testing.assert_allclose(twin.predict_proba(x), model.predict_proba(x), atol=1e-6)
    again = Linear.from_arrays(twin.arrays(), stage=Stage.TOPIC)
    np.testing.assert_array_equal(again.predict_proba(x), twin.predict_proba(x))


def test_validity_in_two_parts_equals_one_regression_on_all_columns() -> None:
    head = fitted().validity
    features = prepared().features_of(np.arange(30))
    topic_logits = fitted().topics.logits(features)
    ours = head.predict_proba(features, topic_logits)

    model = LogisticRegression()
    model.classes_ = np.array(head.classes)
    model.coef_ = np.hstack([head.layer.weights, head.word_layer.weights]) / head.layer.temperature
    model.intercept_ = head.layer.bias / head.layer.temperature

    scores = scope_scores(topic_logits, features.embedding @ head.known.T)
    dense = dense_features(features, scores, mean=head.mean, scale=head.scale)
    bags = stacked(head.words.bags(features.terms), words=head.words)

    np.testing.assert_allclose(ours, model.predict_proba(hstack([csr_matrix(dense), bags])), atol=1e-6)


def test_ranking_equals_the_choice_model() -> None:
    head, topics = fitted().answers, fitted().topics
    model = ChoiceModel(with_none=True)
    model.weights_, model.none_ = head.weights, head.none
    features = prepared().features_of(np.arange(10))

    readings = readings_of(
        (answer, head.read_answer(prepared().passages_of(at))) for at, answer in enumerate(CATALOG.answers)
    )
    everything = head.read_questions(features, range(10))
    for asked, row in zip(everything, topics.predict_proba(features), strict=True):
        verdict = decide_topic(row, classes=topics.classes, floor=0.0)
        candidates = head.candidates(asked, verdict, readings)
        expected = model.predict_proba(candidates.signals)

        assert head.weigh(candidates) == pytest.approx(expected.tolist())


def test_confidence_equals_its_logistic_regression() -> None:
    rng = np.random.default_rng(3)
    odds = rng.standard_normal((300, 3)) * 2
    is_right = rng.random(300) < 1 / (1 + np.exp(-odds.sum(axis=1)))
    ours = train_confidence(odds, is_right)
    theirs = LogisticRegression(C=1.0, tol=1e-6, max_iter=1000).fit(odds, is_right)
    verdicts = (ValidityVerdict(True, None, 0.9), TopicVerdict((("fees", 0.7),), 0.7), AnswerVerdict((), 0.4))

    expected = 0.9 * theirs.predict_proba(np.array([log_odds(*verdicts[1:])]))[0, 1]

    assert ours.probability(*verdicts) == pytest.approx(expected, abs=1e-6)


def test_too_few_of_a_kind_leave_the_odds_as_they_are() -> None:
    confidence = train_confidence(np.zeros((9, 3)), np.ones(9, dtype=bool))

    assert (confidence.weights.tolist(), confidence.bias) == ([1.0, 1.0, 0.0], 0.0)


def test_a_class_without_examples_is_never_chosen() -> None:
    rng = np.random.default_rng(5)
    layer = fit_linear(
        rng.standard_normal((40, 3)),
        np.repeat(["a", "c"], 20),
        classes=("a", "b", "c"),
        c=1.0,
        stage=Stage.TOPIC,
    )

    assert layer.bias[1] == NEVER
    assert layer.predict_proba(rng.standard_normal((5, 3)))[:, 1].max() < 1e-9


def test_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(6)
    logits = rng.standard_normal((4000, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(3, p=share) for share in shares])

    assert fit_temperature(logits * 4, labels) == pytest.approx(4, rel=0.1)
