"""Keep heads of the live release, with their floors, in a release of which only a part is trained anew."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from copilot import releases
from copilot.models import Artifact, Release
from labeling.training.floors import Floor
from labeling.training.judged import NOTHING_KEPT
from labeling.training.topics import TopicSets
from labeling.training.train import Fitted


def keeping(stage: str, live: Release | None) -> tuple[Callable[[Fitted], Fitted], Mapping[str, Floor]]:
    """Return what puts the live release's heads in the place of those not to be trained anew, and their floors."""
    if live is None or stage not in {"validity", "answer"}:
        return lambda fitted: fitted, NOTHING_KEPT
    kept = fitted_of(live)
    floors = {name: kept.floor_of[name] for name in ("validity", "topic", "answer") if name != stage}
    return lambda fitted: keep_others(stage, fitted, kept), floors


def keep_others(stage: str, fitted: Fitted, live: Fitted) -> Fitted:
    """Keep all but one stage of what is live; the confidence, which judges the whole, is always the new one.

    The floors are those of `fitted`, which was given the kept ones to choose the last two behind them. What these two
    promise was seen of other heads in the kept ones' place, trained on this dataset.

    Raises:
        ValueError: the live topic head knows other topics than the dataset.
    """
    if fitted.topics.classes != live.topics.classes:
        differing = sorted(set(fitted.topics.classes) ^ set(live.topics.classes))
        raise ValueError(
            f"the dataset and the live release know different topics ({', '.join(differing[:5])}): train topic"
        )
    if stage == Artifact.Kind.VALIDITY:
        answers = replace(live.answers, confidence=fitted.answers.confidence)
        return replace(live, validity=fitted.validity, answers=answers, floor_of=fitted.floor_of)
    return replace(live, answers=fitted.answers, answer_loss=fitted.answer_loss, floor_of=fitted.floor_of)


def fitted_of(release: Release) -> Fitted:
    """A release's heads, with how its floors and sets were found, as its card says."""
    pipeline, card = releases.pipeline_of(release), {**release.topics.card, **release.card}
    return Fitted(
        validity=pipeline.validity,
        topics=pipeline.topics,
        answers=pipeline.answers,
        floor_of={name: Floor(**values) for name, values in card["floors"].items()},
        topic_sets=TopicSets(**card["topic_sets"]),
        answer_loss=card.get("answer_loss", {}),
    )
