"""Train a release: from a dataset to one artifact per stage, with floors and figures on its card.

Nothing here sees the test split. The same data, encoder and seed give the same arrays, bit for bit.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from copilot.artifacts import save
from copilot.datasets import Dataset, Split
from copilot.pipeline.answers import AnswerHead
from copilot.pipeline.encoder import Encoder
from copilot.pipeline.topics import TopicHead
from copilot.pipeline.types import Floors, Stage
from copilot.pipeline.validity import ValidityHead
from labeling.training.answers import train_answers
from labeling.training.floors import Floor
from labeling.training.judged import NOTHING_KEPT, SCOPE_RISK, choose_floors, judge
from labeling.training.prepared import Prepared, prepare
from labeling.training.steps import Step, Tell, nobody
from labeling.training.topics import TopicSets, train_topics
from labeling.training.untaught import answer_nothing, pass_everything, teaches_answers, teaches_validity
from labeling.training.validity import train_validity

# What may be wrong of what is offered, by default: an agent reads it, and sees three alternatives. On the demo world
# 0.3 offers an answer to 32 % of 1,258 questions, and 73 % of 402 offered are right (cross-fitted, 1,775 messages),
# where two people agree on the answer in 83 % of 1,024. Of 22 wrong ones that were read once, 8 say what was asked,
# though gold names another answer that says it too. Lower it as labels grow.
TARGET_RISK = 0.3
LIBRARIES = ("scikit-learn", "scipy", "numpy", "onnxruntime", "tokenizers")


@dataclass(frozen=True, eq=False)
class Fitted:
    """Heads and floors in memory; `floor_of` says for each stage and for "confidence" how its floor was found.

    `topic_sets` is what the topic head's sets of plausible topics promise; `answer_loss` tells by which kind of towers
    answers were chosen, and how much better.
    """

    validity: ValidityHead
    topics: TopicHead
    answers: AnswerHead
    floor_of: Mapping[str, Floor]
    topic_sets: TopicSets
    answer_loss: Mapping[str, float]

    @property
    def floors(self) -> Floors:
        """What a release stores."""
        return Floors(**{name: floor.value for name, floor in self.floor_of.items()})


@dataclass(frozen=True)
class TrainedRelease:
    """What was written: folder and SHA-256 of each stage's artifact, the floors, and the card they share."""

    folders: Mapping[Stage, Path]
    sha256: Mapping[Stage, str]
    floors: Floors
    card: Mapping[str, object]


def train(
    dataset: Dataset,
    *,
    encoder: Encoder,
    seed: int,
    out: Path,
    languages: tuple[str, ...] = ("en",),
    target_risk: float = TARGET_RISK,
    scope_risk: float = SCOPE_RISK,
    keep: Callable[[Fitted], Fitted] = lambda fitted: fitted,
    kept_floors: Mapping[str, Floor] = NOTHING_KEPT,
    tell: Tell = nobody,
) -> TrainedRelease:
    """Train all heads on the dataset's training split and write them into folders below `out`, one per stage.

    `target_risk` is the share of offered answers that may be wrong, `scope_risk` that of messages out of scope which
    may get one. `keep` puts heads that are not to be trained anew in the place of those that were; `kept_floors` are
    theirs.
    """
    tell(Step.READING, 0.0)
    prepared = prepare(dataset.only(Split.TRAIN), encoder=encoder, seed=seed)
    fitted = keep(
        fit(
            prepared,
            languages=languages,
            target_risk=target_risk,
            scope_risk=scope_risk,
            kept_floors=kept_floors,
            tell=tell,
        )
    )
    tell(Step.SAVING, 0.0)
    return write(
        fitted,
        prepared,
        dataset=dataset,
        encoder=encoder,
        languages=languages,
        target_risk=target_risk,
        out=out,
        topics_left_out=sorted({e.topic for e in prepared.examples if e.topic} - set(fitted.topics.classes)),
        untaught=list(untaught(prepared, languages=languages)),
    )


def write(
    fitted: Fitted,
    prepared: Prepared,
    *,
    dataset: Dataset,
    encoder: Encoder,
    languages: tuple[str, ...],
    target_risk: float,
    out: Path,
    **more: object,
) -> TrainedRelease:
    """Write the heads into folders below `out`, one per stage, with the card that they share; `more` goes on it."""
    card: dict[str, object] = {
        "dataset": dataset.sha256,
        "encoder": encoder.sha256,
        "seed": prepared.seed,
        "languages": list(languages),
        "target_risk": target_risk,
        "n_examples": len(prepared.examples),
        "n_judging": sum(example.may_judge for example in prepared.examples),
        "n_questions": int(prepared.is_question.sum()),
        "topics": list(fitted.topics.classes),
        "floors": {name: asdict(floor) for name, floor in fitted.floor_of.items()},
        "topic_sets": asdict(fitted.topic_sets),
        "answer_loss": dict(fitted.answer_loss),
        "versions": {name: version(name) for name in LIBRARIES},
        **more,
    }
    arrays = {
        Stage.VALIDITY: fitted.validity.arrays(),
        Stage.TOPIC: fitted.topics.arrays(),
        Stage.ANSWER: fitted.answers.arrays(),
    }
    folders = {stage: out / stage for stage in arrays}
    return TrainedRelease(
        folders=folders,
        sha256={stage: save(folders[stage], arrays[stage], {**card, "stage": stage}) for stage in arrays},
        floors=fitted.floors,
        card=card,
    )


def fit(
    prepared: Prepared,
    *,
    languages: tuple[str, ...],
    target_risk: float,
    scope_risk: float = SCOPE_RISK,
    kept_floors: Mapping[str, Floor] = NOTHING_KEPT,
    tell: Tell = nobody,
) -> Fitted:
    """Train in the order of the stages, each on what heads that never saw a case say of it, then choose the floors."""
    skipped = untaught(prepared, languages=languages)
    tell(Step.TOPICS, 0.0)
    topics = train_topics(prepared, progress=partial(tell, Step.TOPICS))
    tell(Step.VALIDITY, 0.0)
    if Stage.VALIDITY in skipped:
        validity = pass_everything(prepared, topics)
    else:
        validity = train_validity(
            prepared, topics, languages=languages, progress=partial(tell, Step.VALIDITY)
        )
    tell(Step.ANSWERS, 0.0)
    if Stage.ANSWER in skipped:
        answers = answer_nothing(prepared, topics)
    else:
        answers = train_answers(prepared, topics, progress=partial(tell, Step.ANSWERS))
    tell(Step.FLOORS, 0.0)
    judged = judge(prepared, validity, answers, languages=languages)
    confidence, floor_of = choose_floors(
        judged, target_risk=target_risk, scope_risk=scope_risk, kept=kept_floors
    )
    return Fitted(
        validity=validity.head,
        topics=topics.head,
        answers=replace(answers.head, confidence=confidence),
        floor_of=floor_of,
        topic_sets=topics.sets,
        answer_loss=answers.loss,
    )


def untaught(prepared: Prepared, *, languages: tuple[str, ...]) -> tuple[Stage, ...]:
    """The stages that these examples say nothing of."""
    taught = {
        Stage.VALIDITY: teaches_validity(prepared.examples, languages=languages),
        Stage.ANSWER: teaches_answers(prepared.examples),
    }
    return tuple(stage for stage, is_taught in taught.items() if not is_taught)
