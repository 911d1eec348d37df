"""Kind artifact: the confident vote of a release's trained heads.

A head says nothing of the texts that it has learned from: it would only repeat what people said of them, and be judged
by that.
"""

from dataclasses import replace

from copilot import releases
from copilot.catalog import catalog_at
from copilot.datasets import key_of
from copilot.models import Release
from copilot.pipeline.types import Floors, HeadError, Outcome, Question
from labeling.functions.errors import FunctionError, SpecError
from labeling.functions.reading import check_keys, number_at
from labeling.functions.rows import Rows
from labeling.labels import QUESTION
from labeling.models.annotation import Task


def read(spec: object) -> dict[str, object]:
    """Check `{"release": NUMBER, "min_probability": 0.8}`; the release is by default that of now.

    Raises:
        SpecError: it can't be used, or there is no such release.
    """
    known = check_keys(spec, {"release", "min_probability"})
    live = releases.live()
    number = known.get("release", live.pk if live else None)
    if not isinstance(number, int) or not Release.objects.filter(pk=number).exists():
        raise SpecError(f"release is {number!r}: there is none, `manage.py releases` lists them")
    return {
        "release": number,
        "min_probability": number_at(known, "min_probability", low=0, high=1, default=0.8),
    }


def vote(spec: dict[str, object], *, task: str, rows: Rows) -> list[str | None]:
    """Return what the heads are sure of.

    Raises:
        FunctionError: the release or one of its artifacts is gone.
    """
    try:
        release = releases.get(int(str(spec["release"])))
        pipeline = replace(releases.pipeline_of(release), floors=Floors())
        questions = [
            Question(text, language or None, subject)
            for text, language, subject in zip(rows.texts, rows.languages, rows.subjects, strict=True)
        ]
        outcomes = pipeline.run(questions, catalog=catalog_at(release.created_at).catalog)
    except (releases.ReleaseError, HeadError) as error:
        raise FunctionError(f"the trained heads can't vote: {error}") from error
    learned, floor = set(release.learned_from), float(str(spec["min_probability"]))
    return [
        None if key_of(text) in learned else sure_of(outcome, Task(task), floor)
        for text, outcome in zip(rows.texts, outcomes, strict=True)
    ]


def sure_of(outcome: Outcome, task: Task, floor: float) -> str | None:
    """Return the label of a task that the heads hold at least so likely."""
    if task == Task.VALIDITY:
        validity = outcome.validity
        probability = validity.probability if validity.is_question else 1 - validity.probability
        return (QUESTION if validity.is_question else str(validity.reason)) if probability >= floor else None
    if not outcome.validity.is_question or outcome.topic is None:
        return None
    if task == Task.TOPIC:
        slug, probability = outcome.topic.topics[0]
        return slug if probability >= floor else None
    ranked = outcome.answer.ranked[:1] if outcome.answer else ()
    return next((answer.slug for answer in ranked if answer.probability >= floor), None)
