"""The baseline of validity, by a table."""

import pytest

from copilot.evaluation.regex_baseline import reason_by_regex
from copilot.pipeline.types import Question, Reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Automatic reply: I am at the fair", Reason.AUTO_REPLY),
        ("failure notice\n554 rejected", Reason.AUTO_REPLY),
        ("Get 10k followers, book a call", Reason.SPAM),
        ("can you give me a loan", Reason.OUT_OF_SCOPE),
        ("thanks, works now", Reason.THANKS),
        ("thanks. but where is the rest?", None),
        ("the river is high", Reason.NO_REQUEST),
        ("where is my money", None),
        ("", Reason.NO_REQUEST),
    ],
)
def test_reason(text: str, reason: Reason | None) -> None:
    assert reason_by_regex(Question(text), languages=("en",)) is reason


def test_language_comes_first() -> None:
    assert reason_by_regex(Question("danke", "de"), languages=("en",)) is Reason.OTHER_LANGUAGE
