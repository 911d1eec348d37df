"""The conditional logit."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from labeling.training.choice import ChoiceModel


def test_two_options_are_a_logistic_regression_on_their_difference() -> None:
    rng = np.random.default_rng(0)
    options = rng.standard_normal((400, 2, 3))
    is_first = rng.random(400) < 1 / (
        1 + np.exp(-(options[:, 0] - options[:, 1]) @ np.array([1.0, -2.0, 0.5]))
    )
    accepted = np.column_stack([is_first, ~is_first])

    ours = ChoiceModel(l2=1 / 400).fit(list(options), list(accepted))
    theirs = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-8).fit(
        options[:, 0] - options[:, 1], is_first
    )

    np.testing.assert_allclose(ours.weights_, theirs.coef_[0], atol=1e-3)


def test_none_is_one_more_option() -> None:
    options = [np.array([[1.0], [0.0]]), np.array([[-1.0]]), np.array([[2.0], [1.0], [-2.0]])] * 20
    accepted = [np.array([True, False]), np.array([False]), np.array([True, False, False])] * 20

    model = ChoiceModel(with_none=True).fit(options, accepted)

    assert model.predict_proba(np.array([[2.0], [0.0]]))[0] > 0.8
    assert model.predict_proba(np.array([[-2.0], [-2.0]])).sum() < 0.2


def test_several_accepted_options_share() -> None:
    model = ChoiceModel().fit([np.eye(3)] * 10, [np.array([True, True, False])] * 10)

    first, second, third = model.predict_proba(np.eye(3))
    assert first == pytest.approx(second)
    assert first > third


def test_a_choice_without_any_accepted_option_is_refused() -> None:
    with pytest.raises(ValueError, match="choice 1 accepts no option: leave it out, or fit with none"):
        ChoiceModel().fit([np.eye(2)] * 2, [np.array([True, False]), np.array([False, False])])


def test_the_same_data_give_the_same_weights() -> None:
    rng = np.random.default_rng(1)
    options, accepted = list(rng.standard_normal((50, 4, 3))), list(rng.random((50, 4)) < 0.4)

    one, other = (ChoiceModel(with_none=True).fit(options, accepted) for _ in range(2))

    np.testing.assert_array_equal(one.weights_, other.weights_)
