"""CSV files become datasets: what is wrong is named by file, line and column, what is harmless is counted."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from copilot import datasets
from copilot.datasets import Dataset, Split
from copilot.pipeline.types import Reason

pytestmark = pytest.mark.django_db

FEES = ["how much is the fee", "what does it cost", "is there a monthly price", "tell me your charges please"]
REFUNDS = [
    "give the money back",
    "refund this sale",
    "customer returned a cake",
    "undo the payment for table five",
]


@pytest.fixture(autouse=True)
def root(settings: object, tmp_path: Path) -> Path:
    settings.DATASETS_ROOT = tmp_path / "datasets"
    return tmp_path


def rows(*more: str) -> str:
    return "\n".join(
        [
            "text,category",
            *(f"{text},fees" for text in FEES),
            *(f"{text},refunds" for text in REFUNDS),
            *more,
            "",
        ]
    )


def make(root: Path, content: str | bytes, *options: str, name: str = "train.csv") -> Dataset:
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    call_command("dataset", "ours", "--csv", str(root / name), *options)
    return datasets.read(root / "datasets" / "ours")


def test_texts_and_categories_become_examples(root: Path) -> None:
    dataset = make(root, rows("what is love,oos"))

    found = {example.text: example for example in dataset.examples}
    assert found["refund this sale"].topic == "refunds"
    assert (found["what is love"].topic, found["what is love"].reason) == (None, Reason.OUT_OF_SCOPE)
    assert dataset.card["source"] == "train.csv"


def test_a_file_of_its_own_is_the_test_split(root: Path) -> None:
    (root / "test.csv").write_text(rows().replace(" ", " now "))
    dataset = make(root, rows(), "--csv", str(root / "test.csv"), "--split", "test")

    assert [len(dataset.only(split).examples) for split in Split] == [8, 8]


def test_without_one_a_fifth_is_whatever_the_order_of_the_rows(root: Path) -> None:
    numbers = [f"number {n} of {n * 7919 % 1000} things,{'fees' if n % 2 else 'refunds'}" for n in range(300)]
    first = make(root, "\n".join(["text,category", *numbers]))
    again = make(root, "\n".join(["text,category", *reversed(numbers)]))

    tested = [{example.text for example in d.only(Split.TEST).examples} for d in (first, again)]
    assert tested[0] == tested[1]
    assert 40 <= len(tested[0]) <= 80


def test_with_times_the_latest_are_the_test_split(root: Path) -> None:
    labelled = [(text, "fees") for text in FEES] + [(text, "refunds") for text in REFUNDS]
    content = "text,category,at,case\n" + "".join(
        f"{text},{topic},2025-01-{day:02}T09:00:00,c{day // 2}\n"
        for day, (text, topic) in enumerate(labelled, start=2)
    )
    dataset = make(root, content, "--time-column", "at", "--case-column", "case")

    assert {example.case for example in dataset.only(Split.TEST).examples} == {"c4"}


def test_other_columns_may_hold_them(root: Path) -> None:
    content = rows().replace("text,category", " query , intent ")
    assert len(make(root, content, "--text-column", "query", "--label-column", "intent").examples) == 8


def test_harmless_rows_are_mended_and_counted(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = make(
        root, rows(",fees", "   ,fees", "no label, ", f"{'x' * 100_000},fees", "only two,rare", "of it,rare")
    )

    told = capsys.readouterr().out
    assert "2 rows without a text skipped." in told
    assert "1 rows without a category skipped." in told
    assert "1 texts cut after 20000 characters." in told
    assert "'rare' has only " in told
    assert max(len(example.text) for example in dataset.examples) == 20_000
    assert dataset.card["noticed"]["rows without a text skipped"] == 2


def test_a_mark_of_byte_order_is_no_part_of_the_header(root: Path) -> None:
    assert make(root, b"\xef\xbb\xbf" + rows().encode()).examples


def test_latin_1_is_read_where_it_is_named(root: Path) -> None:
    dataset = make(root, rows("where is my café money,fees").encode("latin-1"), "--encoding", "latin-1")
    assert "where is my café money" in {example.text for example in dataset.examples}


def test_labels_that_differ_by_case_or_blanks_are_joined_on_request(root: Path) -> None:
    dataset = make(root, rows("and what else,Fees", "one more thing, fees "), "--merge-labels")
    assert {example.topic for example in dataset.examples} == {"fees", "refunds"}


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (rows(), ["--label-column", "intent"],
         r"train.csv line 1: no column 'intent' among text, category: name the columns with --text-column and"),
        ("", [], "train.csv line 1: no column 'text' among none"),
        ("text,category\na,fees\nb,fees\n", [],
         "train.csv: two categories are needed to tell them apart, found only 'fees': add rows of another one"),
        ("text,category\n", [], "two categories are needed to tell them apart, found none"),
        (rows("caf\xe9,fees").encode("latin-1"), [],
         r"train.csv line 10: byte 0xe9 is not utf-8: name the file's encoding, as in --encoding latin-1, or convert"),
        (rows("more,Fees", "more, refunds"), [],
         "labels that differ only by case or blanks: 'Fees' and 'fees'; ' refunds' and 'refunds': mend the file, or"),
        (rows("one, two, three"), [], "train.csv line 10: not as many cells as the header has columns"),
        (rows("alone"), [], "train.csv line 10: not as many cells as the header has columns"),
        (rows('"never closed,fees'), [], r"train.csv line \d+: not CSV"),
        (rows(), ["--encoding", "klingon"], "--encoding klingon: no such encoding"),
        (rows(), ["--time-column", "category"],
         "train.csv line 2, column 'category': 'fees' is no ISO 8601 time"),
    ],
)  # fmt: skip
def test_an_error_says_where_and_what_to_do(
    root: Path, content: str | bytes, options: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        make(root, content, *options)
    assert not (root / "datasets").exists()


def test_a_file_that_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(CommandError, match=r"gone.csv: can't be read .*: name a CSV file"):
        call_command("dataset", "ours", "--csv", str(root / "gone.csv"))


def test_a_name_leads_nowhere_else(root: Path) -> None:
    (root / "train.csv").write_text(rows())
    with pytest.raises(CommandError, match="is no name for a dataset"):
        call_command("dataset", "../ours", "--csv", str(root / "train.csv"))
