"""Redaction: what is personal goes, what is not stays, and a key brings all of it back."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.redacting import redact, restored

PRIYA = ["Priya Raman"]


def redacted(text: str, names: list[str] | None = None) -> str:
    return redact([text], names=names or [], regions=["GB"]).texts[0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Charge 4111 1111 1111 1111 again", "Charge [card-1] again"),
        ("4111-1111-1111-1111/378282246310005", "[card-1]/[card-2]"),
        ("on 2026-11-03 4111 1111 1111 1111", "on 2026-11-03 [card-1]"),
        ("card:٤١١١١١١١١١١١١١١١", "card:[card-1]"),
        ("to GB82 WEST 1234 5698 7654 32 today please", "to [iban-1] today please"),
        ("to de89370400440532013000.", "to [iban-1]."),
        ("ring 020 7946 0958 or +49 30 901820", "ring [phone-1] or [phone-2]"),
        ("ring (020) 7946-0958!", "ring [phone-1]!"),
        ("to priya.raman+x@moss.example, thanks", "to [email-1], thanks"),
        ("<ops@sub.shop.example>", "<[email-1]>"),
        ("same a@b.example and a@b.example, not c@b.example", "same [email-1] and [email-1], not [email-2]"),
    ],
)
def test_what_is_personal_goes(text: str, left: str) -> None:
    assert redacted(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "order 4111 1111 1111 1112",  # Luhn fails
        "order 1234567890, item 55-1234567",
        "parcel 00340434161094042557",
        "0000 0000 0000 0000",
        "on 03.11.2026 at 12:30:45 I paid 1,234,567.89",
        "GB82 WEST 1234 5698 7654 33",  # check digits fail
        "version 10.0.19045.3693",
        "meet me @ noon",
        "",
    ],
)
def test_what_only_looks_personal_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Regards, Priya Raman", "Regards, [name-1]"),
        ("this is priya's shop", "this is [name-1]'s shop"),
        ("Priya K. Raman / PRIYA", "[name-1] / [name-2]"),
        ("Ramanujan is another", "Ramanujan is another"),
    ],
)
def test_the_customers_own_name_goes(text: str, left: str) -> None:
    assert redacted(text, PRIYA) == left


def test_particles_firms_and_short_words_are_not_taken_for_names() -> None:
    assert (
        redacted("der Preis ist the same", ["Jan van der Berg", "The Shop Ltd"]) == "der Preis ist the same"
    )
    assert redacted("Bo, bo and BO", ["Bo Lind"]) == "[name-1], bo and BO"


def test_placeholders_that_were_there_before_are_left_alone_and_not_used_again() -> None:
    done = redact(["[email-1] is not a@b.example"])
    assert done.texts == ("[email-1] is not [email-2]",)
    assert restored(done.texts[0], done.key) == "[email-1] is not a@b.example"


def test_texts_of_a_row_share_their_numbers() -> None:
    done = redact(["a@b.example", "c@b.example or a@b.example"])
    assert done.texts == ("[email-1]", "[email-2] or [email-1]")


PIECES = (
    "4111 1111 1111 1111|a@b.example|GB82WEST12345698765432|020 7946 0958|+49 30 901820|Priya|raman|[card-1]|[name-2]|"
    "[phone-| |-|1|]|x@y."
).split("|")
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=9).map("".join)


@given(TEXT)
def test_redacting_twice_is_redacting_once_and_the_key_restores(text: str) -> None:
    once = redact([text], names=PRIYA, regions=["GB"])
    assert restored(once.texts[0], once.key) == text
    assert redact(once.texts, names=PRIYA, regions=["GB"]).key == {}


@pytest.mark.parametrize(
    "text", ["1" * 20_000, "a." * 10_000, "a@" * 10_000, "1 " * 10_000, "GB82" * 5_000, "+1" * 9_000]
)
def test_no_text_keeps_it_busy(text: str) -> None:
    started = time.process_time()
    redacted(text)
    assert time.process_time() - started < 2
