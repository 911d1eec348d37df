"""Products are counted as customers name them: whole, or by the word that is theirs alone."""

import pytest

from copilot.matching.naming import first_named

TERMS = frozenset({"Wren Mini", "Wren Counter", "Tillwren app", "Go plan", "Halo"})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("is the wren mini any good", "Wren Mini"),
        ("Two Wren Minis went dark", "Wren Mini"),
        ("the Mini's battery", "Wren Mini"),
        ("We have a Counter and a Mini", "Wren Counter"),
        ("on the Go\nplan now", "Go plan"),
        ("I am on Go", "Go plan"),
        ("my HALO", "Halo"),
        ("It won't go", ""),
        ("Counter by counter", ""),  # at the beginning of a sentence it may be any word
        ("the Wren", ""),  # of two names
        ("the app", ""),  # its name's word has no capital
        ("the minimum is a halogen lamp", ""),
        ("", ""),
    ],
)
def test_a_text_names_the_first_product_in_it(text: str, name: str) -> None:
    assert first_named(text, terms=TERMS) == name


def test_without_a_catalogue_nothing_is_named() -> None:
    assert first_named("My Wren Mini", terms=frozenset()) == ""


def test_names_of_odd_forms_do_no_harm() -> None:
    assert first_named("Is C++ here?", terms=frozenset({"++", " ", "C++"})) in {"", "C++"}
