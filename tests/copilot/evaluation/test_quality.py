"""End-to-end figures, the mistakes behind them, and both as text."""

from collections.abc import Callable

import pytest

from copilot.evaluation.backtest import Rate
from copilot.evaluation.mistakes import Pair, confusion_of, worst_of
from copilot.evaluation.quality import MEANING, quality_of
from copilot.evaluation.report import lines_of
from copilot.evaluation.rows import FIGURES, Row, classes_of, from_lists
from copilot.evaluation.shares import share_of
from tests.copilot.evaluation.test_gate import row, rows

NO_QUESTION = {"kind": "out_of_scope", "topic": "", "is_best_right": False}


def test_an_offer_to_what_is_no_question_is_wrong() -> None:
    found = quality_of([*rows(8), *rows(2, wrong=range(2), **NO_QUESTION)])
    assert (found.overall.right.k, found.overall.right.n) == (8, 10)
    assert (found.overall.coverage.k, found.overall.coverage.n) == (8, 8)
    assert (found.misled["out of scope"].k, found.misled["out of scope"].n) == (2, 2)


def test_the_hostile_are_judged_apart() -> None:
    found = quality_of([*rows(8), row(9, group="hostile"), row(10, group="hostile", is_best_right=False)])
    assert (found.misled["hostile"].k, found.misled["hostile"].n) == (1, 2)


def test_slices_are_by_topic_language_and_length() -> None:
    found = quality_of([*rows(4), row(4, language="es", length="long", is_offered=False)])
    assert list(found.by["topic"]) == ["topic-0", "topic-1", "topic-2", "topic-3"]
    assert found.by["language"]["es"].coverage.k == 0
    assert found.by["length"]["short"].right.n == 4


def test_what_an_interval_means_holds_for_any_test_split() -> None:
    """It may be a file that was given, or chosen by hash: nobody knows which weeks it is of."""
    assert "last weeks" not in MEANING["test"]


def test_a_hostile_question_whose_answer_nobody_judged_misleads_nobody() -> None:
    judged = [row(at, group="hostile", is_best_right=at > 0) for at in range(3)]
    unjudged = row(9, group="hostile", is_best_right=False, is_judged=False)
    found = quality_of([*judged, unjudged]).misled["hostile"]
    assert (found.k, found.n) == (1, 3)


def test_a_slice_without_a_question_or_an_offer_is_left_out() -> None:
    silent = row(5, **NO_QUESTION, language="de", is_offered=False)
    assert list(quality_of([*rows(4), silent]).by["language"]) == ["en"]


@pytest.mark.parametrize(
    "rate_of",
    [
        lambda rows: share_of(rows, lambda row: row.is_topic_right),
        next(figure for figure in FIGURES if figure.name == "topic").rate,
        lambda rows: classes_of(rows)["topic-0"],
    ],
)
def test_rows_of_one_case_are_worth_less_than_as_many_cases(rate_of: Callable[[list[Row]], Rate]) -> None:
    apart = rate_of([row(at, topic="topic-0", is_topic_right=at < 20) for at in range(40)])
    together = rate_of(
        [row(at, topic="topic-0", case=f"c{at // 4}", is_topic_right=at < 20) for at in range(40)]
    )
    assert apart.interval
    assert together.interval
    assert together.k == apart.k == 20
    assert together.interval.high - together.interval.low > 1.5 * (apart.interval.high - apart.interval.low)


def test_few_cases_count_once_each() -> None:
    rate = share_of(rows(3), lambda row: row.is_offered)
    assert rate.interval
    assert rate.interval.low == pytest.approx(0.292, abs=0.001)  # Clopper and Pearson's, of 3 in 3


def test_a_share_of_no_rows_has_no_interval() -> None:
    assert share_of([], lambda row: row.is_offered).interval is None


def test_topics_are_counted_against_each_other() -> None:
    said = [
        *rows(8),
        *rows(8, wrong=(0, 4), first_topic="topic-1", is_topic_right=False),
        row(1, first_topic="topic-3", is_topic_right=True),  # it asks about both
        row(2, first_topic="", is_topic_right=False),  # never reached the stage
    ]
    found = confusion_of(said)
    assert (found.n, found.n_right) == (17, 15)
    assert found.pairs == (Pair("topic-0", "topic-1", 2, 4),)
    assert found.topics == ("topic-0", "topic-1")
    assert found.counts["topic-1", "topic-1"] == 5


def test_the_worst_mistakes_are_the_surest() -> None:
    said = [*rows(3), *(row(at, is_best_right=False, confidence=at / 10) for at in range(3, 9))]
    assert [row.confidence for row in worst_of(said, n=2)] == [0.8, 0.7]


def test_the_text_puts_methods_side_by_side() -> None:
    lines = list(lines_of({"crossfit": quality_of(rows(40)), "forward": quality_of(rows(10))}))
    assert lines[0].split("  ")[-1].strip() == "Latest quarter, by time, n = 10"
    assert lines[1].startswith("Offered and right, of those offered")
    assert "100.0% of 40" in lines[1]
    assert "100.0% of 10" in lines[1]
    assert lines[-1].startswith("Latest quarter, by time: The interval covers")


def test_rows_stored_before_reasons_were_kept_can_be_read() -> None:
    old = [
        "k",
        "c",
        "question",
        "fees",
        "question",
        "fees",
        True,
        True,
        False,
        False,
        None,
        "en",
        "short",
        "",
    ]
    [found] = from_lists([old])
    assert (found.reason, found.message) == ("", "")
