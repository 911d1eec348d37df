"""Surface marks: the same numbers in training and serving, for any text, in no time."""

from time import process_time

import numpy as np
import pytest

from copilot.pipeline.surface import SURFACE, surface_features
from copilot.pipeline.types import Question


def mark(text: str, name: str) -> float:
    return float(surface_features([Question(text)])[0, SURFACE.index(name)])


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("How do I pair it? And why?", "question_marks", 2),
        ("How do I pair it", "asks", 1),
        ("it broke\nwhat now", "asks", 1),
        ("Thank you, cheers!", "thanks", 2),
        ("Automatic reply: out of the office", "robot", 2),
        ("it doesn’t work, never did", "fails", 2),
        ("see https://a.example and www.b.example", "link", 2),
        ("12.50 on 3/4", "figures", 2),
        ("one two three", "log_words", 3),
    ],
)
def test_marks_count(text: str, name: str, count: int) -> None:
    assert mark(text, name) == pytest.approx(np.log1p(count))


def test_shares_lie_between_zero_and_one() -> None:
    assert mark("ALL LOUD", "capitals") == 1.0
    assert mark("", "capitals") == mark("123", "capitals") == 0.0
    assert mark("ñ", "not_ascii") == 1.0


def test_no_questions_give_no_rows() -> None:
    assert surface_features([]).shape == (0, len(SURFACE))


@pytest.mark.parametrize("text", ["a" * 10**6, "? " * 10**6, "thank " * 10**5, "\n" * 10**6, "😀" * 10**6])
def test_a_megabyte_costs_nothing(text: str) -> None:
    start = process_time()
    assert np.isfinite(surface_features([Question(text)])).all()
    assert process_time() - start < 5  # were it quadratic, it would take hours
