"""The gap between offline and online, parted by topic: what is not known makes no mix."""

from datetime import date

import pytest

from copilot.evaluation.rows import Row, from_lists
from copilot.models import Match
from copilot.monitor.gaps import OTHERS, by_topic
from copilot.monitor.labels import Label


def make_rows(topic: str, *, right: int, wrong: int) -> list[Row]:
    said = [True] * right + [False] * wrong
    before, after = (
        ["k", "1", "question", topic, "question", topic, True, True, True],
        [0.9, "en", "short", ""],
    )
    return from_lists([[*before, each, *after] for each in said])


def make_labels(topic: str, *, right: int, wrong: int) -> list[Label]:
    said = [1.0] * right + [0.0] * wrong
    return [
        Label(date(2026, 1, 5), "offer", Match.Kind.NEAR, topic, at % 10, 0.5, each, None)
        for at, each in enumerate(said)
    ]


def test_a_rest_with_too_few_labels_is_left_out_on_both_sides() -> None:
    """Mix and accuracy are the same on both sides: as no turns online, the rest alone would make 20 points of mix."""
    rows = make_rows("fees", right=50, wrong=0) + make_rows("tips", right=30, wrong=20)
    labels = make_labels("fees", right=50, wrong=0) + make_labels("tips", right=2, wrong=1)
    gaps, left_out = by_topic(rows, labels, {"fees": 500, "tips": 500})
    assert [(gap.name, gap.mix, gap.within) for gap in gaps] == [("fees", 0, 0)]
    assert left_out == (
        f"{OTHERS} have 3 labels, too few to say: their 500 turns and 50 rows of the test are left out on both sides."
    )


def test_a_rest_with_labels_counts_and_one_that_nobody_asks_about_any_more_is_mix() -> None:
    rows = make_rows("fees", right=50, wrong=0) + make_rows("tips", right=3, wrong=1)
    labels = make_labels("fees", right=50, wrong=0)
    gaps, left_out = by_topic(
        rows, labels + make_labels("tips", right=20, wrong=20), {"fees": 50, "tips": 50}
    )
    assert {gap.name: gap.within for gap in gaps}[OTHERS] == pytest.approx(0.125)
    assert not left_out
    gaps, left_out = by_topic(rows, labels, {"fees": 50})
    assert sum(gap.mix for gap in gaps) == pytest.approx(53 / 54 - 1)
    assert not left_out
