"""A release that was trained before a topic was retired goes on: heirs take its place, or it says why it is silent."""

from dataclasses import replace

from copilot.pipeline.types import Catalog, Question, Reason, Stage
from tests.pipelines import CATALOG, make_pipeline

QUESTION = Question("reader will not pair", "en")


def moved(to: str) -> tuple:
    """The catalog's answers, those of the reader moved to another topic."""
    return tuple(
        replace(answer, topic=to) if answer.topic == "reader" else answer for answer in CATALOG.answers
    )


def test_the_topic_that_it_was_merged_into_is_named_and_its_answers_are_offered() -> None:
    catalog = Catalog(moved("hardware"), heirs={"reader": ("hardware",)})
    outcome = make_pipeline().run([QUESTION], catalog=catalog)[0]
    assert outcome.topic_candidates[0][0] == "hardware"
    assert outcome.offered is not None
    assert (outcome.offered.slug, outcome.offered.topic) == ("reader-pairing", "hardware")


def test_the_answers_of_all_its_parts_compete() -> None:
    answers = tuple(
        replace(answer, topic="pairing" if answer.slug == "reader-pairing" else "paper")
        if answer.topic == "reader"
        else answer
        for answer in CATALOG.answers
    )
    catalog = Catalog(answers, heirs={"reader": ("pairing", "paper")})
    outcome = make_pipeline().run([QUESTION], catalog=catalog)[0]
    assert outcome.topic_candidates[0][0] == "reader", "nobody knows which part it is"
    assert outcome.offered is not None
    assert outcome.offered.slug == "reader-pairing"


def test_without_an_heir_it_is_withheld_with_the_reason() -> None:
    catalog = Catalog(
        tuple(answer for answer in CATALOG.answers if answer.topic != "reader"), heirs={"reader": ()}
    )
    outcome = make_pipeline().run([QUESTION], catalog=catalog)[0]
    assert (outcome.abstained_at, outcome.reason) == (Stage.TOPIC, Reason.TOPIC_RETIRED)
    assert outcome.offered is None


def test_other_topics_never_notice() -> None:
    question = Question("payout when", "en")
    plain = make_pipeline().run([question], catalog=CATALOG)[0]
    catalog = Catalog(
        tuple(answer for answer in CATALOG.answers if answer.topic != "reader"), heirs={"reader": ()}
    )
    outcome = make_pipeline().run([question], catalog=catalog)[0]
    assert outcome.offered is not None
    assert plain.offered is not None
    assert outcome.offered.key == plain.offered.key
