"""Sentences, and which of them speaks most for an answer."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.pipeline.sentences import most_telling, sentences_of, sentences_to_weigh
from copilot.pipeline.types import Question
from tests.pipelines import CATALOG, make_pipeline


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("where is my money", ["where is my money"]),
        ("It is late. Where is it?", ["It is late.", "Where is it?"]),
        ('He said "paid." Is it?', ['He said "paid."', "Is it?"]),
        ("I paid 3.50 on tillwren.example", ["I paid 3.50 on tillwren.example"]),
        ("Hello\nMy reader is dead", ["Hello", "My reader is dead"]),
        ("My reader\nis dead", ["My reader\nis dead"]),
        ("Wait...  \n\n!!! Why?", ["Wait...", "Why?"]),
    ],
)
def test_a_text_is_cut_into_sentences(text: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in sentences_of(text)] == sentences


@given(st.text(alphabet="aB.?! \n\t\"')", max_size=60))
def test_a_sentence_says_where_it_stands(text: str) -> None:
    end = 0
    for sentence in sentences_of(text):
        assert sentence.start >= end
        end = sentence.end
        assert text[sentence.start : end] == sentence.text == sentence.text.strip()


@pytest.mark.parametrize(
    "piece", [".", " ", "\n", "\n ", ".\"'", "a. ", ". ", "\n\t", "a\n", '."', "e\u0301"]
)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    started = process_time()
    sentences_of(piece * (200_000 // len(piece)))
    assert process_time() - started < 10  # were it quadratic, it would take minutes


def test_one_sentence_or_very_many_are_not_weighed() -> None:
    assert sentences_to_weigh("Where is my payout?") == []
    assert sentences_to_weigh("Where? " * 9) == []
    assert len(sentences_to_weigh("Where? " * 8)) == 8


def test_what_is_too_far_down_to_be_read_did_not_decide() -> None:
    assert sentences_to_weigh(f"Where is it {'now ' * 1000}. Hello?") == []


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("reader-pairing", "the reader lost its bluetooth pairing."),
        ("refund-card", "customer wants a refund on the card."),
    ],
)
def test_the_sentence_that_the_answer_is_about_decides(slug: str, expected: str) -> None:
    pipeline = make_pipeline()
    answer = next(entry for entry in CATALOG.answers if entry.slug == slug)
    [text] = pipeline.texts.texts([answer], encoder=pipeline.encoder, head=pipeline.answers)
    sentences = sentences_of(
        "we had a lovely market day. customer wants a refund on the card. the reader lost its bluetooth pairing."
    )
    features = pipeline.encoder.features([Question(sentence.text) for sentence in sentences])
    found = most_telling(sentences, features, answer=answer, text=text, head=pipeline.answers)
    assert found.text == expected
