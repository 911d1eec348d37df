"""The bench of weak supervision: it reads no label but gold, and says what functions gain."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from copilot.datasets import Example
from labeling.bench import asking
from labeling.bench.function_files import Function, read_functions, votes_of
from labeling.bench.weak_supervision import measure_weak_supervision
from labeling.functions import keyword
from tests.pipelines import FakeEncoder, make_dataset, make_example

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "fixtures/benchmarks/banking77-functions.yaml"
ROWS = [example for example in make_dataset().examples if example.topic]
FEW = ROWS[::2]
TOPICS = sorted({str(row.topic) for row in ROWS})
WORDS = {"payouts": ["payout", "payouts"], "refunds": ["refund"], "reader": ["reader"]}


def functions() -> list[Function]:
    return [
        Function(f"{topic}-{number}", topic, keyword.read({"any": words}))
        for topic, words in WORDS.items()
        for number in range(2)
    ]


def measured(train: list[Example], **changes: object) -> dict[str, dict[str, object]]:
    options = {"functions": functions(), "encoder": FakeEncoder(), "n_gold": 12, "seeds": [1, 2], **changes}
    return measure_weak_supervision(train, ROWS, **options)


def test_it_measures_the_four_and_what_both_gain() -> None:
    figures = measured(FEW)

    ways = {"gold only", "gold and its own guesses", "functions only"}
    assert ways | {"both"} | {f"both less {way}" for way in ways} <= set(figures)
    assert figures["both"]["accuracy low"] < figures["both"]["accuracy"]
    assert len(figures["both less gold only"]["by seed"]) == 2
    gain = figures["both"]["accuracy"] - figures["gold only"]["accuracy"]
    assert figures["both less gold only"]["accuracy"] == pytest.approx(gain)


def test_a_label_model_that_was_not_tried_is_not_told_to_be_wrong() -> None:
    labels = measured(FEW)["labels"]

    assert labels["gold_weighted right on gold"] == [None, None], "12 of gold are too few to weigh votes by"
    assert labels["majority right on gold"] > 0.5


def test_no_label_is_read_but_those_of_gold() -> None:
    gold = set(np.random.default_rng(1).choice(len(FEW), 12, replace=False).tolist())
    blind = [row if at in gold else replace(row, topic="nonsense") for at, row in enumerate(FEW)]

    assert measured(blind, seeds=[1]) == measured(FEW, seeds=[1])


def test_votes_are_what_functions_find() -> None:
    votes = votes_of(functions(), ["my reader", "a refund of my payout", "hello"], TOPICS)

    said = {(int(row), TOPICS[kind]) for row, kind in zip(votes.rows, votes.classes, strict=True)}
    assert said == {(0, "reader"), (1, "refunds"), (1, "payouts")}


def test_the_shipped_functions_can_be_read_and_have_one_for_every_topic() -> None:
    found = read_functions(SHIPPED)

    assert len({function.label for function in found}) == 77
    assert len({function.name for function in found}) == len(found) >= 77


def test_functions_for_other_tasks_are_no_topics(tmp_path: Path) -> None:
    entry = "{{name: {0}, task: {1}, kind: keyword, label: {0}, spec: {{any: [a]}}}}\n"
    tasks = {"fees": "topic", "thanks": "validity", "fee-table": "answer"}
    (tmp_path / "a.yaml").write_text("".join("- " + entry.format(*pair) for pair in tasks.items()))

    assert [function.label for function in read_functions(tmp_path / "a.yaml")] == ["fees"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("- {name: a, kind: regex, label: b, spec: {pattern: '('}}", "entry 1: pattern"),
        ("- {name: a, kind: magic, label: b, spec: {}}", "entry 1: 'magic'"),
        ("- [", "can't be read"),
        ("- some words", "entry 1: "),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, content: str, error: str) -> None:
    (tmp_path / "a.yaml").write_text(content)
    (tmp_path / "a.csv").write_text("text,category\n" + "".join(f"{row.text},{row.topic}\n" for row in ROWS))

    with pytest.raises(CommandError, match=error):
        call_command(
            "bench", "weak-supervision", "--train", str(tmp_path / "a.csv"), "--test", str(tmp_path / "a.csv"),
            "--functions", str(tmp_path / "a.yaml"), stderr=StringIO(),
        )  # fmt: skip


def test_more_gold_than_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="rows for 5 of gold: give more"):
        measured([make_example(1, "one")], n_gold=5)


def test_the_command_reads_tables_and_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_encoders", lambda *_: lambda rows, seed: FakeEncoder())
    lines = [*(f"{row.text},{row.topic}\n" for row in ROWS), "what is love,oos\n"]
    (tmp_path / "a.csv").write_text("text,category\n" + "".join(lines))
    (tmp_path / "a.yaml").write_text(
        "".join(
            f"- {{name: {topic}, task: topic, kind: keyword, label: {topic}, spec: {{any: {words}}}}}\n"
            for topic, words in WORDS.items()
        )
    )
    said, told, table = StringIO(), StringIO(), str(tmp_path / "a.csv")

    call_command(
        "bench", "weak-supervision", "--train", table, "--test", table, "--functions", str(tmp_path / "a.yaml"),
        "--gold", "12", "--seeds", "1", "--json", stdout=said, stderr=told,
    )  # fmt: skip

    figures = json.loads(said.getvalue())
    assert figures["both"]["accuracy"] > 0.5
    assert figures["rows"] == {"train": len(ROWS), "gold": 12, "test": len(ROWS), "seeds": [1]}
    assert "2 rows out of scope left out" in told.getvalue()
