"""Tune a sentence encoder to a catalog: questions move towards the answers they got, and towards their topic's others.

Measured on 1,300 hand-written questions of 28 topics it gives more than any head (see `tune_encoder`). It takes
minutes, and makes the cases it learnt from look too easy: they are named on the encoder's card, and whatever is
calibrated later leaves them out.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from torch.nn.functional import cross_entropy

from copilot.datasets import Dataset, Example, Split
from copilot.pipeline.types import Catalog
from copilot.pipeline.wording import readable
from labeling.training.encoder import DEFAULT_MODEL, export_teacher, load_teacher
from labeling.training.prepared import passages_of

SHARE = 0.6  # of the cases; the rest calibrates
EPOCHS = 4
BATCH = 24
MOST_TOKENS = 64  # tuning reads less of a text than serving: half the time, and the matter comes first
LEARNING_RATE = 4e-5
WARM_UP = 0.1  # share of the steps
ANSWER_SHARPNESS = 20.0
TOPIC_SHARPNESS = 15.0
TOPIC_WEIGHT = 0.5
WHOLE_TEXTS = 0.6  # how often an answer is shown whole, else one of its sentences


@dataclass(frozen=True)
class Pair:
    """A question and the answer that it should be near; `topic` is shared by questions that belong together."""

    question: str
    slug: str
    topic: str


def tune_encoder(
    dataset: Dataset,
    out: Path,
    *,
    seed: int,
    model: str = DEFAULT_MODEL,
    epochs: int = EPOCHS,
    done: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Path:
    """Tune `model` on a share of the training split's cases and export it to `out`.

    `done` is told each finished epoch and its mean loss. The same data and seed give the same weights on one thread.
    """
    cases = tuned_cases(dataset, seed=seed)
    examples = [e for e in dataset.examples if e.split is Split.TRAIN and e.case in cases]
    texts = {
        answer.slug: passages_of(readable(answer.text)) for answer in dataset.catalog.answers if answer.public
    }
    pairs = _pairs(examples, dataset.catalog, random.Random(seed))  # noqa: S311  no secret
    if len(pairs) < BATCH:
        raise ValueError(f"encoder: {len(pairs)} questions to tune on, {BATCH} are needed: label more")
    torch.manual_seed(seed)
    teacher = load_teacher(model)
    _fit(teacher, pairs, texts, epochs=epochs, rng=random.Random(seed), done=done)  # noqa: S311
    return export_teacher(teacher, out, model=model, tuned_cases=sorted(cases), dataset=dataset.sha256)


def tuned_cases(dataset: Dataset, *, seed: int, share: float = SHARE) -> frozenset[str]:
    """The cases to tune on: a pure function of case and seed, so that a case never changes sides."""
    return frozenset(
        example.case
        for example in dataset.examples
        if int.from_bytes(hashlib.sha256(f"{seed}:{example.case}".encode()).digest()[:4]) < share * 2**32
    )


def _pairs(examples: Sequence[Example], catalog: Catalog, rng: random.Random) -> list[Pair]:
    """Each question with its answer; where none fits, with any of its topic."""
    of_topic: dict[str, list[str]] = {}
    for answer in catalog.answers:
        if answer.public:
            of_topic.setdefault(answer.topic, []).append(answer.slug)
    known = {slug for slugs in of_topic.values() for slug in slugs}
    return [
        Pair(
            example.text,
            example.answer if example.answer in known else rng.choice(of_topic[example.topic]),
            example.topic,
        )
        for example in examples
        if example.topic in of_topic
    ]


def _fit(
    teacher: SentenceTransformer,
    pairs: Sequence[Pair],
    texts: dict[str, list[str]],
    *,
    epochs: int,
    rng: random.Random,
    done: Callable[[int, float], None],
) -> None:
    teacher.max_seq_length = MOST_TOKENS
    teacher.train()
    optimizer = torch.optim.AdamW(teacher.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    n_steps = epochs * (len(pairs) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / (WARM_UP * n_steps), 1.02 - step / n_steps)
    )
    for epoch in range(epochs):
        losses = []
        for batch in _batches(pairs, rng):
            loss = _loss(teacher, batch, texts, rng)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        done(epoch, sum(losses) / len(losses))
    teacher.eval()


def _batches(pairs: Sequence[Pair], rng: random.Random) -> Iterator[list[Pair]]:
    shuffled = rng.sample(list(pairs), len(pairs))
    for start in range(0, len(shuffled) - BATCH + 1, BATCH):
        yield shuffled[start : start + BATCH]


def _loss(
    teacher: SentenceTransformer, batch: Sequence[Pair], texts: dict[str, list[str]], rng: random.Random
) -> torch.Tensor:
    """Each question must find its answer among the batch's, and the batch's other questions of its topic."""
    slugs = sorted({pair.slug for pair in batch})
    shown = [texts[slug][0] if rng.random() < WHOLE_TEXTS else rng.choice(texts[slug]) for slug in slugs]
    questions = _vectors(teacher, [pair.question for pair in batch])
    gold = torch.tensor([slugs.index(pair.slug) for pair in batch])
    loss = cross_entropy(ANSWER_SHARPNESS * questions @ _vectors(teacher, shown).T, gold)

    itself = torch.eye(len(batch), dtype=torch.bool)
    topics = sorted({pair.topic for pair in batch})
    topic = torch.tensor([topics.index(pair.topic) for pair in batch])
    same = (topic[:, None] == topic[None]) & ~itself
    has_peers = same.any(dim=1)
    if has_peers.any():
        near = (TOPIC_SHARPNESS * questions @ questions.T).masked_fill(itself, -1e9).log_softmax(dim=1)
        per_question = -(near * same).sum(dim=1)[has_peers] / same.sum(dim=1)[has_peers]
        loss = loss + TOPIC_WEIGHT * per_question.mean()
    return loss


def _vectors(teacher: SentenceTransformer, texts: Sequence[str]) -> torch.Tensor:
    vectors: torch.Tensor = teacher(teacher.preprocess(list(texts)))["sentence_embedding"]
    return torch.nn.functional.normalize(vectors, dim=1)
