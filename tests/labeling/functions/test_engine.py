"""One engine decides every rule, for many messages as for one."""

import time

import numpy as np
import pytest

from labeling.functions import field, keyword, regex
from labeling.functions.engine import READ, Engine, Rule
from labeling.functions.errors import FunctionError
from labeling.functions.rows import Rows

TEXTS = ["Where is my payout?", "The reader is broken, payout fine", "Refund please", "", "PAYOUT late"]
ROWS = Rows(
    ids=[1, 2, 3, 4, 5],
    texts=TEXTS,
    subjects=["", "Reader", "Refund", "", ""],
    languages=["en", "en", "de", "", "en"],
    channels=["email", "chat", "chat", "api", "chat"],
    cases=[{"amount": "12.50"}, {"amount": 100}, {}, {"amount": "n/a"}, {"amount": ""}],
    customers=[{"plan": "Go"}, {"plan": "Plus"}, {}, {"plan": None}, {"plan": "go"}],
)


def fires(rule: Rule) -> list[int]:
    [hits] = Engine([rule]).fires(ROWS)
    return hits.tolist()


@pytest.mark.parametrize(
    ("spec", "rows"),
    [
        ({"any": ["payout"]}, [0, 1, 4]),
        ({"any": ["payout", "refund"]}, [0, 1, 2, 4]),
        ({"any": ["payout"], "none": ["reader"]}, [0, 4]),
        ({"all": ["payout", "reader"]}, [1]),
        ({"any": ["payout"], "all": ["late"]}, [4]),
        ({"any": ["reader"], "field": "subject"}, [1]),
    ],
)
def test_words_are_combined(spec: dict[str, object], rows: list[int]) -> None:
    assert fires(keyword.read(spec)) == rows


def test_a_regular_expression_fires_unless_a_word_forbids_it() -> None:
    assert fires(regex.read({"pattern": r"pay\s?outs?"})) == [0, 1, 4]
    assert fires(regex.read({"pattern": r"pay\s?outs?", "none": ["broken"]})) == [0, 4]


@pytest.mark.parametrize(
    ("path", "op", "value", "rows"),
    [
        ("channel", "is", "Chat", [1, 2, 4]),
        ("channel", "not in", ["chat", "email"], [3]),
        ("language", "is there", None, [0, 1, 2, 4]),
        ("customer.plan", "is", "go", [0, 4]),
        ("customer.plan", "is missing", None, [2, 3]),
        ("customer.plan", "is not", "Go", [1, 2, 3]),
        ("case.amount", "above", 12, [0, 1]),
        ("case.amount", "below", "50", [0]),
        ("length", "below", 12, [3, 4]),
    ],
)
def test_fields_are_compared(path: str, op: str, value: object, rows: list[int]) -> None:
    spec = {"path": path, "op": op} if value is None else {"path": path, "op": op, "value": value}
    assert fires(Rule(test=field.read(spec))) == rows


def test_hundreds_of_rules_keep_their_places() -> None:
    words = [f"word{number}x" for number in range(300)]
    engine = Engine([keyword.read({"any": [word]}) for word in words])
    hits = engine.fires(Rows(ids=range(300), texts=words[::-1]))
    assert [each.tolist() for each in hits] == [[299 - number] for number in range(300)]


def test_one_message_is_decided_as_many_are() -> None:
    engine = Engine([keyword.read({"any": ["payout"], "none": ["late"]}), keyword.read({"any": ["refund"]})])
    many = engine.fires(ROWS)
    for place, text in enumerate(TEXTS):
        one = engine.fires(Rows.of_text(text))
        assert [len(hits) for hits in one] == [int(place in hits) for hits in many]
        assert engine.fires_on(Rows.of_text(text)) == [n for n, hits in enumerate(one) if len(hits)]


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    [hits] = Engine([keyword.read({"any": ["payout"]})]).fires(Rows.of_text("x " * READ + "payout"))
    assert not len(hits)


def test_no_rules_fire_on_nothing() -> None:
    assert Engine([]).fires(ROWS) == []
    [hits] = Engine([keyword.read({"any": ["payout"]})]).fires(Rows(ids=[], texts=[]))
    assert hits.dtype == np.int64
    assert not len(hits)


def test_patterns_that_take_too_much_memory_are_an_error_and_no_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("labeling.functions.engine.MEMORY", 400_000)
    rules = [regex.read({"pattern": rf"\p{{L}}{{30}}{number}"}) for number in range(20)]
    with pytest.raises(FunctionError, match="too much memory"):
        Engine(rules).fires(ROWS)


def test_gaps_of_many_expressions_do_not_multiply() -> None:
    """Together in one set these took forty milliseconds a message."""
    engine = Engine(
        [
            regex.read({"pattern": rf"\b(?:a|e|i|o){letter}.{{0,80}}\b{letter}"})
            for letter in "abcdefghijklmnopqrst"
        ]
    )
    words = [f"{vowel}{letter}" for vowel in "aeio" for letter in "abcdefghijklmnopqrst"]
    texts = [" ".join(words[n:] + words[:n]) for n in range(60)]
    started = time.process_time()
    engine.fires(Rows(ids=range(60), texts=texts))
    assert time.process_time() - started < 3
