"""The one door to a language model: it asks over HTTP, and every failure is said in words."""

from collections.abc import Iterator

import pytest

from copilot import llm
from tests.llm_server import Heard, llm_server


@pytest.fixture
def server(settings: object) -> Iterator[Heard]:
    with llm_server(lambda text: f"read: {text}") as heard:
        settings.OPENAI_BASE_URL = heard.url
        settings.OPENAI_API_KEY = "ours"
        settings.OPENAI_MODEL = "small"
        settings.OPENAI_TIMEOUT = 5.0
        yield heard


def test_a_text_is_asked_about_apart_from_the_instruction(server: Heard) -> None:
    assert llm.ask("Say what you read.", "hello") == "read: hello"
    [asked] = server.requests
    assert asked["model"] == "small"
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert server.keys == ["Bearer ours"]


def test_without_an_endpoint_it_says_what_to_set(settings: object) -> None:
    settings.OPENAI_BASE_URL = settings.OPENAI_API_KEY = ""
    assert not llm.is_configured()
    with pytest.raises(llm.ModelError, match="set OPENAI_BASE_URL"):
        llm.ask("x", "y")


def test_one_that_is_not_there_is_named(settings: object) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    with pytest.raises(llm.ModelError, match="127.0.0.1:9.*can't be used"):
        llm.ask("x", "y")


def test_one_that_is_too_slow_is_not_waited_for(server: Heard, settings: object) -> None:
    settings.OPENAI_TIMEOUT, server.seconds = 0.2, 1.0
    with pytest.raises(llm.ModelError, match="did not answer within 0.2 s"):
        llm.ask("x", "y")


@pytest.mark.parametrize(
    ("status", "raw", "message"),
    [
        (401, b'{"error": {"message": "wrong key"}}', "can't be used"),
        (500, b"oops", "can't be used"),
        (200, b'{"choices": []}', "check OPENAI_BASE_URL"),
        (200, b'{"hello": 1}', "check OPENAI_BASE_URL"),
    ],
)
def test_bad_answers_are_errors(server: Heard, status: int, raw: bytes, message: str) -> None:
    server.status, server.raw = status, raw
    with pytest.raises(llm.ModelError, match=message):
        llm.ask("x", "y")


def test_an_empty_answer_is_an_error(server: Heard) -> None:
    server.answer = lambda text: ""
    with pytest.raises(llm.ModelError, match="answered nothing"):
        llm.ask("x", "y")
