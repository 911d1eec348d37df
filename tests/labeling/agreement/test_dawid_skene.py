"""Dawid and Skene's own example gives their own figures."""

import numpy as np
import pytest

from labeling.agreement.dawid_skene import estimate

# Dawid and Skene (1979), table 1: five anaesthetists on 45 patients; the first of them looked three times.
PATIENTS = """
111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3
232 2 2 2 3|444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1
222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2
111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3
221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1|111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2
"""
SAID = [
    (patient, person, int(said) - 1)
    for patient, row in enumerate(PATIENTS.strip().replace("\n", "|").split("|"))
    for person, answers in enumerate(row.split())
    for said in answers
]


def test_the_published_example_gives_the_published_shares_and_error_rates() -> None:
    patients, people, classes = (np.array(column) for column in zip(*SAID, strict=True))
    found = estimate(patients, people, classes)
    assert found.shares == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    assert found.errors[0][:2] == pytest.approx(
        np.array([[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0]]), abs=0.005
    )
    assert found.probabilities[0] == pytest.approx([1, 0, 0, 0], abs=1e-4)


def test_who_is_usually_right_is_believed() -> None:
    chance = np.random.default_rng(2)
    truth = chance.integers(0, 3, 200)
    said = [
        np.where(chance.random(200) < skill, truth, chance.integers(0, 3, 200)) for skill in (0.95, 0.5, 0.3)
    ]
    found = estimate(
        np.tile(np.arange(200), 3), np.repeat([0, 1, 2], 200), np.concatenate(said), smoothing=0.01
    )
    vote = [np.bincount(row, minlength=3).argmax() for row in np.stack(said, axis=1)]
    assert (found.probabilities.argmax(axis=1) == truth).mean() > np.mean(vote == truth)
    assert found.errors[0].trace() > found.errors[1].trace() > found.errors[2].trace()


def test_probabilities_sum_to_one_however_many_labels_a_message_has() -> None:
    said = np.zeros(3000, int)
    found = estimate(said, np.arange(3000) % 3, np.arange(3000) % 2)
    assert found.probabilities.sum() == pytest.approx(1)
