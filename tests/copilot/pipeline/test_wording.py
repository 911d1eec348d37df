"""The wording of answers: variables, greeting and closing."""

import pytest

from copilot.pipeline.wording import PartKind, readable, variables, word

VALUES = {"customer.first_name": "Ana", "case.amount": "12.00", "case.order_id": "TW-20412"}


def test_parts_are_the_whole_text_in_order() -> None:
    wording = word(
        "We sent {{case.amount}} today.",
        values=VALUES,
        greeting="Hi {{customer.first_name}},",
        closing="Happy selling,",
    )

    assert wording.text == "Hi Ana,\n\nWe sent 12.00 today.\n\nHappy selling,"
    assert [(part.kind, part.text) for part in wording.parts if part.text.strip()] == [
        (PartKind.GREETING, "Hi "),
        (PartKind.VARIABLE, "Ana"),
        (PartKind.GREETING, ","),
        (PartKind.ANSWER, "We sent "),
        (PartKind.VARIABLE, "12.00"),
        (PartKind.ANSWER, " today."),
        (PartKind.CLOSING, "Happy selling,"),
    ]


def test_a_variable_without_value_stays_and_is_named_once() -> None:
    wording = word("{{ case.payout_date }} or {{case.payout_date}}", values={}, greeting="", closing="")

    assert wording.text == "{{case.payout_date}} or {{case.payout_date}}"
    assert wording.missing == ("case.payout_date",)
    assert {part.kind for part in wording.parts} == {PartKind.UNFILLED, PartKind.ANSWER}


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_value_counts_as_missing(blank: str) -> None:
    assert word("{{case.amount}}", values={"case.amount": blank}, greeting="", closing="").missing == (
        "case.amount",
    )


@pytest.mark.parametrize(
    "value", ["{{case.amount}}", "{{ customer.first_name }}", r"\1 \g<0>", "<b>Ana</b>", "{0}", "%s"]
)
def test_a_value_is_inserted_as_it_is(value: str) -> None:
    wording = word(
        "Dear {{case.order_id}}!", values={**VALUES, "case.order_id": value}, greeting="", closing=""
    )

    assert wording.text == f"Dear {value}!"
    assert wording.missing == ()


@pytest.mark.parametrize(
    "body", ["a {{b", "{{}}", "{{ }}", "{{1st}}", "{ {case.amount} }", "{{case amount}}", "{{a\nb}}"]
)
def test_what_is_no_variable_is_text(body: str) -> None:
    assert word(body, values=VALUES, greeting="", closing="").text == body


def test_empty_greeting_and_closing_leave_no_gap() -> None:
    assert word("  Done.\n", values={}, greeting=" ", closing="").text == "Done."
    assert word("", values={}, greeting="", closing="").parts == ()


def test_names_and_readable_text_of_a_body() -> None:
    assert variables("{{case.amount}}, {{ case.order_id }}, {{case.amount}}") == (
        "case.amount",
        "case.order_id",
    )
    assert readable("Order {{ case.order_id }} left.") == "Order order id left."
