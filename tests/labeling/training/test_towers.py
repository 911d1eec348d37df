"""Towers: what they learn, that they learn it twice alike, and that those served say the same."""

import numpy as np
import pytest
import torch

from copilot.pipeline.heads import HeadError, Tower, Towers
from copilot.pipeline.types import Question, Stage, Vectors
from labeling.training.towers import BATCH, FEWEST_PAIRS, RECIPE, Recipe, fit_ridge, fit_towers
from tests.pipelines import DIMENSIONS, FakeEncoder


def turned(n: int, *, d: int = 16) -> tuple[Vectors, Vectors]:
    rng = np.random.default_rng(7)
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    questions = rng.standard_normal((n, d)).astype(np.float32)
    return questions, (questions @ turn).astype(np.float32)


@pytest.mark.parametrize("way", ["towers", "ridge"])
def test_questions_lead_to_their_answers(way: str) -> None:
    questions, answers = turned(400)
    past = questions[:350], answers[:350]
    towers = fit_ridge(*past) if way == "ridge" else fit_towers(*past, seed=1, recipe=Recipe(40, 1e-2))

    found = towers.similarities(questions[350:], towers.answer.rise(answers[350:])).argmax(axis=1)

    assert (found == np.arange(50)).mean() > 0.9


def test_few_pairs_change_nothing() -> None:
    rows = np.eye(FEWEST_PAIRS - 1, dtype=np.float32)

    for towers in (fit_towers(rows, rows, seed=1), fit_ridge(rows, rows)):
        np.testing.assert_allclose(towers.similarities(rows, towers.answer.rise(rows)), rows, atol=1e-6)


def test_the_same_pairs_and_seed_give_the_same_towers_bit_for_bit() -> None:
    first, again, other = (fit_towers(*turned(200), seed=seed).arrays() for seed in (1, 1, 2))

    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["towers_question"], other["towers_question"])


def test_what_is_served_is_what_was_trained() -> None:
    questions, answers = turned(200)
    towers = fit_towers(questions, answers, seed=1)
    served = Towers.from_arrays(towers.arrays(), stage=Stage.ANSWER)

    expected = towers.similarities(questions, towers.answer.rise(answers))

    np.testing.assert_allclose(
        served.similarities(questions, served.answer.rise(answers)), expected, atol=1e-6
    )
    with pytest.raises(HeadError, match="towers_question"):
        Towers.from_arrays({}, stage=Stage.ANSWER)


def test_training_equals_torch() -> None:
    """The same loss with gradients by torch, the same steps by its Adam; one answer is given twice."""
    questions, answers = turned(BATCH)
    answers[1] = answers[0]
    ours = fit_towers(questions, answers, seed=3, recipe=Recipe(epochs=3))

    x, y = (torch.tensor(side - side.mean(axis=0)) for side in (questions, answers))
    matrices = [torch.eye(16, requires_grad=True) for _ in range(2)]
    adam = torch.optim.Adam(matrices, lr=RECIPE.step)
    same = torch.tensor((answers[:, None] == answers).all(axis=2)) & ~torch.eye(BATCH, dtype=torch.bool)
    for at in range(3):
        adam.param_groups[0]["lr"] = RECIPE.step * (1 - at / 3)
        risen = [
            torch.nn.functional.normalize(side @ matrix)
            for side, matrix in zip((x, y), matrices, strict=True)
        ]
        logits = (RECIPE.sharpness * risen[0] @ risen[1].T).masked_fill(same, -torch.inf)
        own = torch.arange(BATCH)
        loss = torch.nn.functional.cross_entropy(logits, own) + torch.nn.functional.cross_entropy(
            logits.T, own
        )
        adam.zero_grad()
        (loss / 2).backward()
        adam.step()

    np.testing.assert_allclose(ours.question.matrix, matrices[0].detach().numpy(), atol=1e-5)
    np.testing.assert_allclose(ours.answer.matrix, matrices[1].detach().numpy(), atol=1e-5)


def test_deep_towers_rise_to_as_many_numbers_as_are_asked_for() -> None:
    questions, answers = turned(200)
    wide = [np.hstack([side, side[:, ::-1]]) for side in (questions, answers)]
    towers = fit_towers(*wide, seed=1, d=16)
    served = Towers.from_arrays(towers.arrays(), stage=Stage.ANSWER)

    risen = served.answer.rise(wide[1])

    assert risen.shape == (200, 16)
    np.testing.assert_allclose(
        served.similarities(wide[0], risen),
        towers.similarities(wide[0], towers.answer.rise(wide[1])),
        atol=1e-6,
    )


def test_a_tower_reads_the_layers_that_it_was_trained_on() -> None:
    features = FakeEncoder().features([Question("when does my payout arrive"), Question("refund")])
    d = DIMENSIONS
    deep = Tower(matrix=np.vstack([np.zeros((d, d)), np.eye(d)]).astype(np.float32), mean=np.zeros(2 * d))

    np.testing.assert_allclose(Tower.identity(d, d).read(features), features.embedding, atol=1e-6)
    np.testing.assert_allclose(deep.read(features), features.layers, atol=1e-6)


def test_wide_sides_keep_their_first_numbers() -> None:
    questions, answers = turned(30)
    towers = fit_towers(np.hstack([questions, answers]), answers, seed=1)

    assert towers.question.matrix.shape == (32, 16)
    assert towers.similarities(np.hstack([questions, answers]), towers.answer.rise(answers)).shape == (30, 30)
