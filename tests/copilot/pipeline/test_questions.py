"""A turn becomes a question."""

import pytest

from copilot.pipeline.questions import informative_subject, question_from

LANGUAGES = ("en", "de", "fr", "es")


def test_messages_of_a_turn_become_one_text_without_greeting_quote_and_signature() -> None:
    question = question_from(
        ["Hi Maya,\n\nwhere is my money?\n\nThanks,\nAna", "It was 40 pounds.\n\n> Did it arrive?"],
        languages=LANGUAGES,
    )

    assert question.text == "where is my money?\nIt was 40 pounds."


def test_a_message_that_is_all_thanks_stays_visible() -> None:
    assert question_from(["Thanks a lot!"], languages=LANGUAGES).text == "Thanks a lot!"


def test_a_subject_with_news_comes_first() -> None:
    question = question_from(["it is not there"], subject="Re: Friday's payout", languages=LANGUAGES)

    assert question.text == "Friday's payout\nit is not there"
    assert question.subject == "Re: Friday's payout"


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("", "where is it", ""),
        ("Question", "where is it", ""),
        ("(no subject)", "where is it", ""),
        ("Help please!!", "where is it", ""),
        ("RE: Fwd: AW: payout", "where is it", "payout"),
        ("Where is it?", "hello, where is it", ""),
        ("Automatic reply: Friday", "I am away", "Automatic reply: Friday"),
        ("Reader", "it is dead", "Reader"),
    ],
)
def test_a_subject_is_kept_only_with_news(subject: str, text: str, expected: str) -> None:
    assert informative_subject(subject, text=text) == expected


@pytest.mark.parametrize(
    ("body", "case_language", "expected"),
    [
        ("Wo bleibt bitte meine Auszahlung von gestern Abend?", None, "de"),
        ("Where is the payout of last Friday evening please?", "de", "en"),
        ("ok", "fr", "fr"),
        ("ok", None, None),
    ],
)
def test_language_is_that_of_the_text_or_of_the_case(
    body: str, case_language: str | None, expected: str | None
) -> None:
    assert question_from([body], languages=LANGUAGES, case_language=case_language).language == expected


def test_a_turn_without_words_is_an_empty_question() -> None:
    assert question_from(["", "  \n"], languages=LANGUAGES).text == ""
