"""Which stage lost a question: one cell each, and all of them together."""

import pytest

from copilot.evaluation.losses import End, chain_of, end_of, ends_of
from tests.copilot.evaluation.test_gate import row, rows

SILENT = {"is_offered": False, "is_best_right": False, "confidence": None}


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, End.RIGHT),
        ({"is_best_right": False, "is_best_topic_right": True}, End.WRONG_ANSWER),
        ({"is_best_right": False}, End.WRONG_TOPIC),
        (SILENT | {"named": "spam", "reason": "spam"}, End.AT_VALIDITY),
        (SILENT | {"reason": "topic_unsure"}, End.AT_TOPIC),
        (SILENT | {"reason": "no_answer"}, End.AT_ANSWER),
        (SILENT | {"reason": "answer_expired"}, End.AT_ANSWER),
        ({"is_offered": False, "reason": "confidence_low"}, End.AT_CONFIDENCE),
        (SILENT | {"reason": "no_answer", "answer": "none"}, End.SILENT),
        ({"is_best_right": False, "is_best_topic_right": True, "answer": "none"}, End.WRONG_ANSWER),
        (SILENT, End.UNKNOWN),
    ],
)
def test_a_question_ends_in_one_cell(changes: dict[str, object], end: End) -> None:
    assert end_of(row(1, **changes)) is end


def test_the_cells_sum_to_the_questions() -> None:
    said = [
        *rows(6),
        *rows(3, wrong=range(3), **SILENT, reason="topic_unsure"),
        *rows(2, wrong=range(2), kind="spam"),
        *rows(2, wrong=range(2), is_judged=False),
    ]
    ends = ends_of(said)
    assert sum(rate.k for rate in ends.values()) == 9
    assert {rate.n for rate in ends.values()} == {9}
    assert (ends[End.RIGHT].k, ends[End.AT_TOPIC].k) == (6, 3)
    assert End.UNKNOWN not in ends


def test_the_chain_multiplies_what_each_stage_keeps() -> None:
    said = [
        *rows(4),
        *rows(2, wrong=range(2), **SILENT, named="spam", reason="spam"),
        *rows(2, wrong=range(2), is_topic_right=False, is_best_right=False),
        *rows(1, wrong=range(1), is_topic_right=False),  # a further topic's answer was the right one
        *rows(1, wrong=range(1), is_offered=False, reason="confidence_low"),
        *rows(5, wrong=range(5), **SILENT, reason="no_answer", answer="none"),
    ]
    chain = chain_of(said)
    assert [(step.rate.k, step.rate.n) for step in chain.steps] == [(8, 10), (5, 8), (5, 5), (4, 5)]
    assert chain.product == pytest.approx(0.4)
    assert (chain.measured.k, chain.measured.n) == (5, 10)


@pytest.mark.parametrize("reason", ["topic_unsure", "topic_retired"])
def test_a_question_is_lost_at_one_stage_in_cells_and_chain(reason: str) -> None:
    said = [*rows(3), *rows(1, wrong=range(1), **SILENT, reason=reason)]
    assert ends_of(said)[End.AT_TOPIC].k == 1
    assert [(step.rate.k, step.rate.n) for step in chain_of(said).steps] == [(4, 4), (3, 4), (3, 3), (3, 3)]


def test_a_chain_of_nothing_has_no_product() -> None:
    assert chain_of([]).product is None
