"""The gate by tables: what a candidate may lose, and what it may not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from copilot.evaluation.comparison import Comparison, ComparisonError, Latency, compare
from copilot.evaluation.gate import Finding, check
from copilot.evaluation.rows import Row, as_lists, from_lists

FAST: Latency = {"all": [4.0, 6.0]}


def row(number: int, **changes: object) -> Row:
    """A question of one of four topics, answered rightly."""
    whole = Row(
        key=f"k{number}", case=f"c{number}", kind="question", topic=f"topic-{number % 4}", named="question",
        first_topic=f"topic-{number % 4}", is_topic_right=True, is_judged=True, is_offered=True, is_best_right=True,
        confidence=0.9, language="en", length="short", group="",
    )  # fmt: skip
    return replace(whole, **changes)


def rows(n: int = 400, *, wrong: Sequence[int] = (), **changes: object) -> list[Row]:
    return [row(number, **(changes if number in wrong else {})) for number in range(n)]


def calibrated(n: int = 400) -> list[Row]:
    """Every tenth answer is wrong, as a confidence of 0.9 says."""
    return rows(n, wrong=range(0, n, 10), is_best_right=False)


def findings(
    old: list[Row], new: list[Row], *, latency: tuple[Latency, Latency] = (FAST, FAST)
) -> list[Finding]:
    return list(check(compare(old, new, latency=latency)))


def failed(old: list[Row], new: list[Row], **options: object) -> str:
    return "\n".join(finding.text for finding in findings(old, new, **options) if not finding.passed)


def test_an_equal_release_passes() -> None:
    assert failed(calibrated(), calibrated()) == ""


def test_a_better_release_passes() -> None:
    worse = [
        replace(row, is_topic_right=False) if at % 7 == 0 else row for at, row in enumerate(calibrated())
    ]
    assert failed(worse, calibrated()) == ""


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"is_topic_right": False}, "Topic right, of questions"),
        ({"is_offered": False}, "Right answer offered, of questions"),
        ({"named": "spam"}, "Taken for a question exactly if it is one"),
        ({"is_best_right": False}, "Wrong answer offered, of all"),
    ],
)
def test_five_points_less_of_a_figure_are_too_many(changes: dict[str, object], label: str) -> None:
    some = range(5, 400, 20)
    new = [replace(row, **changes) if at in some else row for at, row in enumerate(calibrated())]

    assert f"{label}: " in failed(calibrated(), new)
    assert "3 are allowed" in failed(calibrated(), new)


def test_one_point_less_is_within_the_margin() -> None:
    some = (5, 102, 203, 304)  # one of each topic
    new = [replace(row, is_topic_right=False) if at in some else row for at, row in enumerate(calibrated())]
    assert failed(calibrated(), new) == ""


def test_a_class_may_not_pay_for_the_others() -> None:
    old = [replace(row, is_topic_right=row.topic != "topic-1") for row in calibrated()]
    new = [replace(row, is_topic_right=row.topic != "topic-2") for row in calibrated()]
    assert failed(old, new).startswith("Topic right") or "class topic-2 loses 100.0 points" in failed(
        old, new
    )
    assert (
        "class topic-2 loses 100.0 points (100 of 100 right now, 0 with the candidate), 3 are allowed"
        in failed(old, new)
    )


def test_a_small_class_says_too_little() -> None:
    old = [*calibrated(), *(row(900 + n, topic="rare") for n in range(3))]
    new = [*calibrated(), *(row(900 + n, topic="rare", is_topic_right=False) for n in range(3))]
    assert "rare" not in failed(old, new)


def test_confidence_that_misleads_is_refused() -> None:
    new = [replace(row, confidence=0.3) for row in calibrated()]
    assert "confidence is off by 60.0 points" in failed(calibrated(), new)


def test_miscalibration_that_is_live_already_is_no_reason() -> None:
    off = [replace(row, confidence=0.3) for row in calibrated()]
    assert failed(off, off) == ""


@pytest.mark.parametrize(
    ("old", "new", "passed"),
    [
        ([4, 6], [9, 24], True),
        ([4, 6], [9, 26], False),
        ([20, 40], [30, 59], True),
        ([20, 40], [30, 61], False),
    ],
)
def test_latency_has_a_bound_and_a_multiple_of_the_live_one(
    old: list[float], new: list[float], passed: bool
) -> None:
    told = failed(calibrated(), calibrated(), latency=({"all": old}, {"all": new}))
    assert (told == "") is passed


def test_a_few_rows_can_show_nothing() -> None:
    assert "40 rows of the test split were compared: fewer than 100 can't show a loss" in failed(
        calibrated(40), calibrated(40)
    )


def test_rows_left_out_are_told() -> None:
    comparison = compare(calibrated(), calibrated(), n_left_out=7, latency=(FAST, FAST))
    assert "7 were left out" in check(comparison)[0].text


def test_a_release_that_answers_nothing_is_no_way_around() -> None:
    silent = [replace(row, is_offered=False, is_best_right=False, confidence=None) for row in calibrated()]
    told = failed(calibrated(), silent)
    assert "Right answer offered" in told
    assert "ranks no answer" in told


def test_rows_that_differ_are_not_compared() -> None:
    with pytest.raises(ComparisonError, match="different rows"):
        compare(rows(3), rows(4))


def test_rows_come_back_as_they_were_stored() -> None:
    assert from_lists(as_lists(calibrated(5))) == tuple(calibrated(5))


def test_no_rows_are_no_comparison() -> None:
    found: Comparison = compare([], [])
    assert found.of("topic").difference is None
    assert found.of("topic").in_words.startswith("can't be compared")
