"""What agents keep changing in an answer is found again, whatever else they write; a habit of one is not."""

from collections.abc import Sequence

import pytest

from copilot.matching import edits
from copilot.matching.correcting import correction
from copilot.matching.normalising import normal

TEXT = "You can send a reader back within 30 days of delivery, used or unused. We do not ask for a reason."
FRAME = "Hi Priya,\n\n{}\n\nKind regards,\nMaya"


def made(sent: str, suggested: str = TEXT) -> list[tuple[edits.Edit, edits.Place]]:
    return edits.edits(normal(FRAME.format(suggested)), normal(FRAME.format(sent)))


def found(*replies: tuple[int | None, str]) -> list[tuple[str, str, int, int]]:
    rows = edits.common((author, made(sent)) for author, sent in replies)
    return [(row.place.gone, row.place.new, row.n, row.n_agents) for row in rows]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (TEXT, []),
        (TEXT.replace("30", "14"), [("30", "14")]),
        (TEXT.replace(", used or unused", ""), [("used or unused", "")]),
        (f"{TEXT} Just keep the box.", [("", "Just keep the box")]),
        (TEXT.replace("30 days of delivery", "14 days after delivery"), [("30 days of", "14 days after")]),
    ],
)
def test_an_edit_is_what_was_exchanged_added_or_dropped(
    sent: str, expected: Sequence[tuple[str, str]]
) -> None:
    assert [(place.gone, place.new) for _, place in made(sent)] == expected


def test_a_reply_that_is_all_new_holds_no_edit() -> None:
    assert made(" ".join(f"word{number}" for number in range(200))) == []


def test_an_edit_counts_with_three_agents() -> None:
    short, long = TEXT.replace("30", "14"), f"{TEXT} Just keep the box."
    assert found((1, short), (1, short), (2, short), (2, long), (3, long)) == []
    assert found((1, short), (1, short), (2, f"{short} Or come by our shop."), (3, short), (4, long)) == [
        ("30", "14", 4, 3)
    ]


def test_who_left_is_nobody() -> None:
    short = TEXT.replace("30", "14")
    assert found((1, short), (2, short), (None, short)) == []


def test_what_made_most_agents_change_comes_first() -> None:
    short, long = TEXT.replace("30", "14"), f"{TEXT} Just keep the box."
    rows = [(agent, short) for agent in (1, 2, 3)] + [(agent, long) for agent in (4, 5, 6, 7)]
    assert [row[3] for row in found(*rows)] == [4, 3]


def test_a_fact_is_told_apart_from_words() -> None:
    assert [place.has_fact for _, place in made(TEXT.replace("30", "14"))] == [True]
    assert [place.has_fact for _, place in made(TEXT.replace("unused", "new"))] == [False]


def test_its_place_is_shown_in_the_words_of_the_answer_and_not_of_a_customer() -> None:
    answer = normal(
        "Hello {{customer.first_name}}, you can send your {{case.item}} back within 30 days of delivery."
    )
    suggested = "You can send your Wren Mini back within 30 days of delivery, I am told."
    rows = edits.common((agent, made(suggested.replace("30", "14"), suggested)) for agent in (1, 2, 3))
    [before, after] = edits.in_text(rows[0], answer, around=4)
    assert (before, after) == ("", ""), "the words around it are a customer's"
    rows = edits.common((agent, made(TEXT.replace("30", "14"))) for agent in (1, 2, 3))
    assert edits.in_text(rows[0], normal(f"As we say: {TEXT}"), around=3) == (
        "reader back within",
        "days of delivery",
    )


@pytest.mark.parametrize(
    ("first", "later", "expected"),
    [
        ("The fee is 1 % of the amount.", "Sorry, the fee is 1.5 %.", True),
        ("You may open the reader.", "You may not open the reader, I am told.", True),
        ("Your money comes on Monday.", "I was wrong about this, sorry.", True),
        ("Your money comes on Monday.", "Es gibt eine Korrektur: es wird Dienstag.", True),
        ("The fee is 1 % of the amount.", "The invoice over £20 is attached.", False),
        ("The fee is 1 % of the amount.", "The fee is 1 % of the amount, as I wrote.", False),
        ("Send it within 30 days.", "You are welcome!", False),
        ("Send it within 30 days.", "", False),
    ],
)
def test_a_correction_takes_something_back(first: str, later: str, expected: bool) -> None:
    assert correction(first, later)[0] is expected
