"""Words have boundaries in every script, and what RE2 can't do in linear time is refused with a reason."""

import time

import pytest
import re2

from labeling.functions.errors import SpecError
from labeling.functions.patterns import Pattern, check_pattern, pattern_of_words, re2_options, span_in


def found(word: str, text: str) -> bool:
    return bool(re2.search(pattern_of_words([word]).source, text, re2_options()))


@pytest.mark.parametrize(
    ("word", "text", "fires"),
    [
        ("refund", "A REFUND, please", True),
        ("refund", "refunds are late", False),
        ("refund", "prerefund", False),
        ("fee", "5fee", False),
        ("été", "tout l'été.", True),
        ("été", "étés", False),
        ("été", "répété", False),
        ("zurück", "ZURÜCK!", True),
        ("café", "le cafe\u0301 ouvre", True),
        ("cafe\u0301", "le café ouvre", True),
        ("cafe", "le cafe\u0301 ouvre", False),
        ("élan", "the élan, again", True),
        ("c++", "I write c++.", True),
        ("c++", "objc++", False),
        ("£5", "only £5 today", True),
        ("£5", "only £50 today", False),
        ("5 %", "5 % off", True),
        ("#12", "it is a#12", True),
        ("don't", "I don’t know", True),
        ("card reader", "my card\u00a0reader", True),
        ("card reader", "my card-reader", False),
        (".", "a.b", True),
        ("レシート", "レシート が出ない", True),
    ],
)
def test_a_word_is_found_as_a_whole(word: str, text: str, fires: bool) -> None:
    assert found(word, text) is fires


def test_what_fired_is_told_without_its_neighbours() -> None:
    text = "Is the café, open?"
    start, end = span_in(pattern_of_words(["bar", "café"]), text)
    assert text[start:end] == "café"
    assert span_in(Pattern(r"caf. ?,"), text) == (7, 12)
    assert span_in(Pattern("pub"), text) is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("(?=refund)", "look-ahead, which takes more than linear time: use the key none"),
        ("(?<!no )refund", "look-behind"),
        (r"(a)\1", "back-references take more than linear time"),
        ("(refund", "missing )"),
        ("a{1000}{1000}", "see RE2's syntax"),
        ("a*", "finds the empty text"),
        ("x" * 2001, "2000 are the most"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_why(source: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_pattern(source)
    assert message in str(caught.value)


def test_a_catastrophic_pattern_takes_linear_time() -> None:
    source = check_pattern(r"(a+)+b|(x|xx|xxx)+y")
    started = time.process_time()
    assert span_in(Pattern(source), "a" * 20_000 + "x" * 20_000) is None
    assert time.process_time() - started < 5  # were it not, it would never end
