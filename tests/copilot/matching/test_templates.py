"""A reply is a template if it is an approved answer nearly word for word, whatever else stands around it."""

from datetime import UTC, datetime, timedelta

import pytest

from copilot.matching.templates import Template, Templates

AT = datetime(2026, 3, 2, tzinfo=UTC)
FIRST = "Payouts are sent at 07:00 on the next working day and arrive at {{bank}} by noon, except on bank holidays."
SECOND = "A refund goes back to the card that was used, and is there after three to five working days."
KNOWN = Templates.of([Template(1, FIRST, AT), Template(2, SECOND, AT)])


@pytest.mark.parametrize(
    ("reply", "is_template"),
    [
        (FIRST.replace("{{bank}}", "Lloyds"), True),
        (f"Hi Priya,\n\n{SECOND}\n\nKind regards,\nAna", True),
        (SECOND.replace("three to five", "two to five").upper(), True),
        (SECOND.replace("is there", "you will see it"), False),
        (f"{SECOND} I have looked at yours: it went out this morning, at ten.", False),
        ("Payouts are sent at 07:00.", False),
        ("", False),
    ],
)
def test_nearly_word_for_word(reply: str, is_template: bool) -> None:
    assert KNOWN.has(reply, sent_at=AT) is is_template


def test_what_was_approved_later_or_compared_before_is_none() -> None:
    assert not KNOWN.has(SECOND, sent_at=AT - timedelta(seconds=1))
    assert not KNOWN.has(SECOND, sent_at=AT, but=2)
    assert KNOWN.has(SECOND, sent_at=AT, but=1)


def test_of_many_alike_the_one_that_was_approved_is_found() -> None:
    later = [Template(key, SECOND, AT + timedelta(days=key)) for key in range(3, 9)]
    assert Templates.of([*later, Template(2, SECOND, AT)]).has(SECOND, sent_at=AT)
