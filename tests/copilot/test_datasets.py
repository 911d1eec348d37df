"""The dataset format: what is written is read, and an error names line and field."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from copilot.datasets import (
    CARD,
    CATALOG,
    EXAMPLES,
    NO_ANSWER,
    Dataset,
    DatasetError,
    Opinion,
    Split,
    read,
    write,
)
from copilot.pipeline.types import Reason
from tests.pipelines import CATALOG as ANSWERS
from tests.pipelines import make_example

WHOLE = make_example(
    1,
    "where is\u2028my “money”?\n\nit was £40",
    subject="payout",
    topic="payouts",
    answer="payout-time",
    second=Opinion(topic="refunds", answer=NO_ANSWER),
    also=("reader",),
    group="hostile",
    split=Split.TEST,
)
THANKS = make_example(
    2, "thanks", reason=Reason.THANKS, second=Opinion(reason=Reason.NO_REQUEST), language=None
)


def written(folder: Path) -> Dataset:
    write(folder, [WHOLE, THANKS], {"source": "gold"}, catalog=ANSWERS)
    return read(folder)


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Change a file and its card's fingerprint, as a careless script would."""
    content = (folder / name).read_text("utf-8")
    assert old in content
    (folder / name).write_text(content.replace(old, new), "utf-8")
    parts = (hashlib.sha256((folder / part).read_bytes()).digest() for part in (EXAMPLES, CATALOG))
    card = json.loads((folder / CARD).read_text("utf-8"))
    card["sha256"] = hashlib.sha256(b"".join(parts)).hexdigest()
    (folder / CARD).write_text(json.dumps(card), "utf-8")


def test_examples_catalog_and_card_come_back(tmp_path: Path) -> None:
    dataset = written(tmp_path)

    assert dataset.examples == (WHOLE, THANKS)
    assert [vars(answer) for answer in dataset.catalog.answers] == [
        vars(answer) for answer in ANSWERS.answers
    ]
    assert dataset.card["source"] == "gold"
    assert dataset.card["n_examples"] == 2
    assert dataset.sha256 == dataset.card["sha256"]


def test_a_catalog_of_before_answers_had_names_is_read(tmp_path: Path) -> None:
    written(tmp_path)
    edit(tmp_path, CATALOG, '"name": "", ', "")

    assert {answer.name for answer in read(tmp_path).catalog.answers} == {""}


def test_the_fingerprint_is_of_the_content_only(tmp_path: Path) -> None:
    one = write(tmp_path / "one", [WHOLE], {"source": "gold"}, catalog=ANSWERS)
    same = write(tmp_path / "same", [WHOLE], {"source": "other"}, catalog=ANSWERS)
    other = write(tmp_path / "other", [replace(WHOLE, text="other")], {}, catalog=ANSWERS)
    bare = write(tmp_path / "bare", [WHOLE], {})

    assert one == same
    assert len({one, other, bare}) == 3


def test_an_empty_dataset_is_one(tmp_path: Path) -> None:
    write(tmp_path, [], {})

    assert read(tmp_path).examples == ()


def test_only_one_split(tmp_path: Path) -> None:
    assert written(tmp_path).only(Split.TEST).examples == (WHOLE,)


def test_a_second_opinion_and_further_topics_are_accepted() -> None:
    assert WHOLE.topics_accepted == {"payouts", "refunds", "reader"}
    assert WHOLE.answers_accepted == {"payout-time"}
    assert THANKS.topics_accepted == THANKS.answers_accepted == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"at": "2025-01-06T11:00:00+00:00"',
            '"at": "monday"',
            "line 2, field 'at': expected an ISO 8601 time",
        ),
        (
            '"at": "2025-01-06T11:00:00+00:00"',
            '"at": "2025-01-06"',
            "line 2, field 'at': expected a time with a zone",
        ),
        (
            '"reason": "thanks"',
            '"reason": "rude"',
            "line 2, field 'reason': expected one of thanks, .*, got 'rude'",
        ),
        ('"reason": "thanks"', '"reason": "topic_unsure"', "line 2, field 'reason': expected one of"),
        (
            '"reason": "thanks"',
            '"reason": "thanks", "topic": "fees"',
            "field 'reason': thanks excludes topic and answer",
        ),
        ('"topic": "payouts", ', "", "line 1, field 'answer': needs a topic"),
        ('"case": "c1", ', "", "line 1, field 'case': expected text, got None"),
        ('"case": "c1"', '"case": 1', "line 1, field 'case': expected text, got 1"),
        ('"case": "c1"', '"kase": "c1"', "line 1, field 'kase': no such field"),
        ('"also": ["reader"]', '"also": "reader"', "line 1, field 'also': expected a list of texts"),
        (
            '"split": "test"',
            '"split": "dev"',
            "line 1, field 'split': expected one of train, test, got 'dev'",
        ),
        (
            '"second": {"topic": "refunds"',
            '"second": {"topic": 3',
            "field 'second', field 'topic': expected text, got 3",
        ),
        ('"second": {"reason": "no_request"}', '"second": []', "line 2, field 'second': expected an object"),
        ('{"case": "c2"', '"case": "c2"', "line 2: not JSON"),
    ],
)
def test_an_error_names_line_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    written(tmp_path)
    edit(tmp_path, EXAMPLES, old, new)

    with pytest.raises(DatasetError, match=message):
        read(tmp_path)


def test_an_error_in_the_catalog_names_its_line(tmp_path: Path) -> None:
    written(tmp_path)
    edit(tmp_path, CATALOG, '"key": "refund-card@1", "slug": "refund-card"', '"key": "refund-card@1"')

    with pytest.raises(DatasetError, match=r"catalog.jsonl line 3, field 'slug': expected text"):
        read(tmp_path)


def test_an_edited_dataset_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    with (tmp_path / EXAMPLES).open("a") as examples:
        examples.write("\n")

    with pytest.raises(DatasetError, match=r"fingerprint .*, its card says .*: freeze it again"):
        read(tmp_path)


@pytest.mark.parametrize("name", [CARD, CATALOG, EXAMPLES])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    written(tmp_path)
    (tmp_path / name).unlink()

    with pytest.raises(DatasetError, match=f"{name} cannot be read"):
        read(tmp_path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / CARD).write_text('{"format": 9}')

    with pytest.raises(DatasetError, match="format 9, this version reads 1: freeze it again"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("card", "problem"), [("{ format: 1", "not JSON"), ("[1]", "expected an object, got list")]
)
def test_a_card_spoilt_by_hand_is_refused_with_what_to_do(tmp_path: Path, card: str, problem: str) -> None:
    written(tmp_path)
    (tmp_path / CARD).write_text(card)

    with pytest.raises(DatasetError, match=f"{CARD}: {problem}.*: restore it, or freeze it again"):
        read(tmp_path)


def test_what_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="line 1, field 'reason'"):
        write(tmp_path / "new", [replace(THANKS, topic="fees")], {})
    assert not (tmp_path / "new").exists()
