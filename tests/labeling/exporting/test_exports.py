"""Exports: every format holds the dataset's rows, a stream is checked before it begins, redaction can be undone."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from copilot import datasets
from copilot.datasets import DatasetError, Example, Opinion, Source, Split
from copilot.pipeline.types import Reason
from labeling.exporting.exports import FORMATS, Choice, export, export_key
from tests.making import make_message
from tests.pipelines import CATALOG, PAYOUT, make_example

PAID = make_example(
    1, "when is it\u2028paid, “really”?\n=1+1", subject="=HYPERLINK(1)", topic="payouts", answer="payout-time",
    second=Opinion(topic="refunds"), also=("reader", "tips"), source=Source.WEAK, weight=0.75,
)  # fmt: skip
THANKS = make_example(2, "thanks", reason=Reason.THANKS, split=Split.TEST)
UNNAMED = make_example(3, "hm", topic="payouts")


@pytest.fixture
def folder(settings: object, tmp_path: Path) -> Path:
    settings.DATASETS_ROOT = tmp_path
    datasets.write(tmp_path / "ours", [PAID, THANKS, UNNAMED], {"name": "ours"}, catalog=CATALOG)
    return tmp_path / "ours"


def exported(folder: Path, slug: str, **choice: object) -> bytes:
    return b"".join(export(folder, FORMATS[slug], Choice(**choice)))


def test_json_lines_are_those_of_the_dataset(folder: Path) -> None:
    assert exported(folder, "jsonl") == (folder / datasets.EXAMPLES).read_bytes()


def test_csv_is_read_back_and_holds_no_formula(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(folder, "csv").decode(), newline="")))
    assert [row["text"] for row in rows] == [PAID.text, THANKS.text, UNNAMED.text]
    assert (rows[0]["subject"], rows[0]["second_topic"], rows[0]["also"]) == (
        "'=HYPERLINK(1)",
        "refunds",
        "reader tips",
    )
    assert (rows[0]["weight"], rows[1]["reason"], rows[1]["split"]) == ("0.75", "thanks", "test")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\n=1", "\r=1"])
def test_a_cell_never_starts_like_a_formula(tmp_path: Path, text: str) -> None:
    datasets.write(tmp_path, [make_example(1, text, topic="t")], {})
    [row] = csv.DictReader(io.StringIO(exported(tmp_path, "csv").decode(), newline=""))
    assert row["text"] == f"'{text}"


def test_parquet_keeps_types_and_row_groups(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyarrow.parquet import ParquetFile

    monkeypatch.setattr("labeling.exporting.parquet.ROWS_A_GROUP", 2)
    file = ParquetFile(io.BytesIO(exported(folder, "parquet")))
    rows = file.read().to_pylist()
    assert file.num_row_groups == 2
    assert [(row["text"], row["at"], row["weight"]) for row in rows] == [
        (each.text, each.at, each.weight) for each in (PAID, THANKS, UNNAMED)
    ]


def test_conversations_name_the_topic_and_leave_the_test_split_out(folder: Path) -> None:
    said = [json.loads(line)["messages"] for line in exported(folder, "chat-topics").splitlines()]
    assert [[message["role"] for message in messages] for messages in said] == [
        ["system", "user", "assistant"]
    ] * 2
    assert [messages[2]["content"] for messages in said] == ["payouts", "payouts"]
    [tested] = exported(folder, "chat-topics", split=Split.TEST).splitlines()
    assert json.loads(tested)["messages"][2]["content"] == "thanks"


def test_conversations_give_the_approved_answer(folder: Path) -> None:
    [line] = exported(folder, "chat-answers").splitlines()
    assert json.loads(line)["messages"][1:] == [
        {"role": "user", "content": PAID.text},
        {"role": "assistant", "content": PAYOUT},
    ]


@pytest.mark.parametrize("slug", FORMATS)
def test_a_changed_dataset_is_refused_before_anything_is_sent(folder: Path, slug: str) -> None:
    file = folder / datasets.EXAMPLES
    file.write_text(file.read_text().replace("hm", "HM"))
    with pytest.raises(DatasetError, match="freeze it again"):
        export(folder, FORMATS[slug], Choice())


@pytest.mark.parametrize("slug", FORMATS)
def test_an_empty_dataset_is_an_empty_export(tmp_path: Path, slug: str) -> None:
    datasets.write(tmp_path, [], {})
    assert exported(tmp_path, slug).count(b"\n") <= 1 or slug == "parquet"


@pytest.fixture
def of_a_case(settings: object, tmp_path: Path, db: None) -> Callable[..., Path]:
    """A dataset of one message of a case of Priya Raman's, as freezing writes it."""

    def make(text: str, **card: object) -> Path:
        settings.DATASETS_ROOT = tmp_path
        message = make_message(text)
        example: Example = make_example(
            1, text, topic="t", case=str(message.case_id), message=str(message.pk)
        )
        datasets.write(tmp_path / "cases", [example], card)
        return tmp_path / "cases"

    return make


LETTER = "Priya here, ring 020 7946 0958 or +44 20 7946 0958"


def test_a_redacted_export_knows_the_customers_name(of_a_case: Callable[..., Path]) -> None:
    row = json.loads(exported(of_a_case(LETTER, manifest="m"), "jsonl", redacted=True))
    assert row["text"] == "[name-1] here, ring [phone-1] or [phone-2]"


def test_the_cases_of_a_dataset_from_elsewhere_are_not_ours(of_a_case: Callable[..., Path]) -> None:
    row = json.loads(exported(of_a_case(LETTER), "jsonl", redacted=True))
    assert row["text"] == "Priya here, ring [phone-1] or [phone-2]"


def test_the_commands_write_a_key_apart_and_restore_by_it(
    of_a_case: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = of_a_case(LETTER, manifest="m")
    out, key, whole = tmp_path / "out.jsonl", tmp_path / "key.jsonl", tmp_path / "whole.jsonl"
    call_command("export_dataset", "cases", "--redact", "--to", str(out), "--key", str(key))
    assert "7946" not in out.read_text()
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_bytes() == b"".join(export_key(folder, Choice(redacted=True)))
    call_command("restore_export", str(out), "--key", str(key), "--to", str(whole))
    assert whole.read_bytes() == (folder / datasets.EXAMPLES).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone"], "there is no dataset 'gone'"),
        (["../x"], "there is no dataset"),
        (["ours", "--key", "k"], "nothing is replaced without --redact"),
        (["ours", "--to", "/nowhere/x"], "No such file"),
    ],
)
def test_a_bad_order_says_why(folder: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("export_dataset", *arguments)


def test_what_is_no_export_is_not_restored(tmp_path: Path) -> None:
    for name, content in (("out", '{"text": "x"}\n'), ("key", "[]\n")):
        (tmp_path / name).write_text(content)
    with pytest.raises(CommandError, match="no redacted export with its key"):
        call_command(
            "restore_export",
            str(tmp_path / "out"),
            "--key",
            str(tmp_path / "key"),
            "--to",
            str(tmp_path / "w"),
        )
