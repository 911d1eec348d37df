"""Tuning the encoder: the loss is the one that was published, the same seed gives the same weights, and what does not
help is dropped."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from copilot.datasets import key_of
from copilot.pipeline.encoder import CARD, Encoder
from labeling.training.encoder import DEFAULT_MODEL, export_tuned, load_teacher
from labeling.training.prepared import prepare
from labeling.training.tuning import TEMPERATURE, Tuning, contrastive_loss, tune
from tests.pipelines import make_dataset

EXAMPLES = [example for example in make_dataset().examples if example.topic]


def test_the_loss_is_the_published_one() -> None:
    rng = np.random.default_rng(1)
    vectors, labels = rng.normal(size=(6, 4)), np.array([0, 0, 1, 1, 1, 2])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    raised = np.exp(unit @ unit.T / TEMPERATURE)
    losses = []
    for i in range(5):  # the last one has nobody of its topic
        others = [k for k in range(6) if k != i]
        together = [j for j in others if labels[j] == labels[i]]
        losses.append(np.mean([-np.log(raised[i, j] / raised[i, others].sum()) for j in together]))

    ours = contrastive_loss(torch.from_numpy(vectors), torch.from_numpy(labels))

    assert float(ours) == pytest.approx(np.mean(losses))


def test_a_cancel_is_heard_before_the_texts_are_read() -> None:
    class Encoder:
        """Must not be asked."""

    def cancel(share: float) -> None:
        raise InterruptedError(str(share))

    with pytest.raises(InterruptedError, match=r"^0\.0$"):
        tune(Encoder(), EXAMPLES, seed=1, progress=cancel)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_another_one_others() -> None:
    def tuned(seed: int) -> tuple[Tuning, torch.Tensor]:
        teacher = load_teacher(DEFAULT_MODEL)
        tuning, _ = tune(teacher, EXAMPLES, seed=seed, epochs=1)
        return tuning, torch.cat([weight.detach().flatten() for weight in teacher.parameters()])

    (once, first), (again, second), (_, other) = tuned(1), tuned(1), tuned(2)

    assert once == again
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


@pytest.mark.slow
def test_what_was_taught_is_not_calibrated_on(tmp_path: Path) -> None:
    tuning = export_tuned(tmp_path / "encoder", EXAMPLES, seed=1)
    card = json.loads((tmp_path / "encoder" / CARD).read_text())
    encoder = Encoder.load(tmp_path / "encoder")
    is_new = [key_of(example.text) not in encoder.learned_from for example in EXAMPLES]

    assert card["tuning"]["n"] == tuning.n
    assert all(is_new) != tuning.helped
    assert sum(is_new) == (tuning.n if tuning.helped else len(EXAMPLES))
    assert prepare(make_dataset(), encoder=encoder, seed=1).is_new.all()  # so few new ones say nothing


def test_one_topic_teaches_nothing() -> None:
    with pytest.raises(ValueError, match="examples of two topics are needed"):
        tune(load_teacher(DEFAULT_MODEL), [e for e in EXAMPLES if e.topic == "reader"], seed=1)


def test_only_a_gain_helps() -> None:
    assert Tuning(0.8, 0.81, 100, 400, 3.0, 1).helped
    assert not Tuning(0.8, 0.8, 100, 400, 3.0, 1).helped
