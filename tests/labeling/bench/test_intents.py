"""The bench of topics: the figures that it promises, from heads that serve, on rows of anybody's."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from copilot import datasets
from copilot.datasets import NO_CATALOG, Example, Opinion, Split
from copilot.pipeline.types import Features, Question, Reason
from labeling.bench import asking, intents
from labeling.bench.intents import Told, drawn, macro_f1, measure_intents
from labeling.bench.reading import Material
from tests.pipelines import CATALOG, FakeEncoder, make_dataset, make_example

ROWS = [example for example in make_dataset().examples if example.topic]
STRANGERS = [
    make_example(1000 + number, f"{word} weather in {place} tomorrow", reason=Reason.OUT_OF_SCOPE)
    for number, (word, place) in enumerate(
        (w, p) for w in ("fine", "bad", "hot") for p in ("rome", "oslo", "bern")
    )
]


class DeafEncoder(FakeEncoder):
    """Hears no word of any text."""

    def features(self, questions: Sequence[Question]) -> Features:
        return super().features([Question("")] * len(questions))


def measured(
    train: list[Example], test: list[Example], validation: Sequence[Example] = (), **changes: object
) -> dict[str, object]:
    options = {"encoder_for": lambda rows, seed: FakeEncoder(), "seeds": [1], **changes}
    return measure_intents(Material(train, test, validation), **options)


def test_topics_that_can_be_told_apart_are() -> None:
    figures = measured(ROWS, ROWS)

    assert figures["accuracy"] > 0.9
    assert figures["accuracy low"] < figures["accuracy"]
    assert figures["test rows"] == len(ROWS)
    assert "AUROC" not in figures


def test_strangers_are_judged_where_there_are_some() -> None:
    figures = measured([*ROWS, *STRANGERS], [*ROWS, *STRANGERS])

    assert figures["AUROC"] > 0.9
    assert 0 <= figures["out-of-scope recall at 90%"] <= 1


def test_labels_without_sense_are_not_learned() -> None:
    rng = np.random.default_rng(3)
    topics = rng.choice(["payouts", "refunds", "reader"], size=len(ROWS))
    shuffled = [replace(row, topic=str(topic), answer=None) for row, topic in zip(ROWS, topics, strict=True)]

    assert measured(shuffled, shuffled)["accuracy held back"] < 0.6


def test_so_many_shots_are_drawn_of_each_topic_and_by_the_seed() -> None:
    some = drawn([*ROWS, *STRANGERS], shots=4, seed=1)

    assert sorted(row.topic or "" for row in some) == sorted(
        [""] * len(STRANGERS) + ["payouts", "refunds", "reader"] * 4
    )
    assert some == drawn([*ROWS, *STRANGERS], shots=4, seed=1) != drawn([*ROWS, *STRANGERS], shots=4, seed=2)


def test_what_the_encoder_takes_to_be_tuned_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(intents, "perf_counter", lambda: clock[0])

    def tuned(rows: Sequence[Example], seed: int) -> FakeEncoder:
        clock[0] += 60
        return FakeEncoder()

    figures = measured(ROWS, ROWS, encoder_for=tuned)

    assert [figures[f"{what} seconds"] for what in ("tune", "encode", "fit")] == [60, 0, 0]


def test_a_set_of_candidates_is_never_empty() -> None:
    unheard = [replace(row, text="words of no topic") for row in ROWS]

    figures = measured(ROWS, unheard, validation=ROWS)

    assert figures["set size"] == 1
    assert figures["set coverage"] == figures["accuracy"]


def test_sets_promise_nothing_of_a_topic_that_was_not_learned() -> None:
    unheard = [replace(row, topic="unheard") for row in ROWS]

    figures = measured(ROWS, [*ROWS, *unheard], validation=[*ROWS, *unheard])

    assert figures["set size"] == 3, "half of the rows held back have no right set, so all topics are in each"


@pytest.mark.parametrize("which", ["test", "validation"])
def test_rows_that_are_all_out_of_scope_cannot_judge(which: str) -> None:
    rows = {"test": ROWS, "validation": ROWS} | {which: STRANGERS}

    with pytest.raises(ValueError, match=f"no {which} row has a topic"):
        measured([*ROWS, *STRANGERS], rows["test"], validation=rows["validation"])


def test_seeds_are_averaged() -> None:
    figures = measured(ROWS, ROWS, seeds=[1, 2], shots=5)

    assert figures["accuracy"] == pytest.approx(np.mean(figures["accuracy by seed"]))
    assert figures["train rows"] == 15


def test_a_figure_that_one_seed_lacks_has_no_mean() -> None:
    figures = measured(
        ROWS, ROWS, seeds=[1, 2], encoder_for=lambda rows, seed: FakeEncoder() if seed == 1 else DeafEncoder()
    )

    assert measured(ROWS, ROWS)["accuracy at 99%"] == 1
    assert figures["coverage at 99%"] == 0.5
    assert figures["accuracy at 99%"] is None


def test_macro_f1_weighs_each_class_alike() -> None:
    told = Told(
        ("a", "b"),
        np.array([[1.0, 0], [1, 0], [1, 0], [0, 1]]),
        np.array(["a", "a", "b", "b"]),
        np.ones(4) > 0,
    )

    assert macro_f1(told) == pytest.approx((0.8 + 2 / 3) / 2)


def run_bench(
    folder: Path, tables: dict[str, list[tuple[str, str]]], *words: str
) -> tuple[dict[str, dict[str, object]], str]:
    """Return the figures and what else was said, with a table for each option."""
    said, told = StringIO(), StringIO()
    for name, rows in tables.items():
        lines = "".join(f"{text},{label}\n" for text, label in rows)
        (folder / f"{name}.csv").write_text(f"text,category\n{lines}")
        words = (*words, f"--{name}", str(folder / f"{name}.csv"))
    call_command("bench", "intents", *words, "--json", stdout=said, stderr=told)
    return json.loads(said.getvalue()), told.getvalue()


@pytest.fixture
def fake_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_encoders", lambda *_: lambda rows, seed: FakeEncoder())


LABELED = [(row.text, str(row.topic)) for row in ROWS]
SHOUTED = [(text, label.upper()) for text, label in LABELED]


@pytest.mark.parametrize("other", ["validation", "test"])
def test_a_label_that_is_spelt_otherwise_in_another_table_is_refused(other: str, tmp_path: Path) -> None:
    tables = {"train": LABELED, "test": LABELED, other: SHOUTED}

    with pytest.raises(
        CommandError, match="labels that differ only by case or blanks: 'PAYOUTS' and 'payouts'"
    ):
        run_bench(tmp_path, tables)


@pytest.mark.usefixtures("fake_encoder")
def test_merged_labels_are_one_in_all_tables(tmp_path: Path) -> None:
    tables = {"train": LABELED, "test": SHOUTED, "validation": SHOUTED}

    figures, _ = run_bench(tmp_path, tables, "--merge-labels")

    assert figures["all rows"]["accuracy"] > 0.9
    assert figures["all rows"]["accuracy held back"] > 0.9


@pytest.mark.usefixtures("fake_encoder")
def test_a_test_label_that_is_not_learned_is_told(tmp_path: Path) -> None:
    test = [*LABELED, ("may i pay in gold", "bullion"), ("what of bitcoin", "coins"), ("or ether", "coins")]

    _, told = run_bench(tmp_path, {"train": [*LABELED, *test[-3:-1]], "test": test})

    assert "'bullion': 1 test rows, too few to learn it from: they count as wrong." in told
    assert "'coins': 2 test rows, too few" in told
    assert "'payouts'" not in told


def freeze(root: Path, test: list[Example], train: Sequence[Example] = ROWS, **more: object) -> None:
    datasets.write(root / "ours", [*train, *(replace(row, split=Split.TEST) for row in test)], {}, **more)


@pytest.mark.usefixtures("fake_encoder")
def test_a_dataset_judges_by_the_topics_that_somebody_said(tmp_path: Path, settings: object) -> None:
    settings.DATASETS_ROOT = tmp_path
    nobody_said = replace(ROWS[0], topic=None, answer=None)
    freeze(tmp_path, [*ROWS, nobody_said, replace(ROWS[0], topic="reader", answer=None, stale=("topic",))])

    figures, told = run_bench(tmp_path, {}, "--dataset", "ours", "--against", "hybrid")

    assert "ours: 1 test rows without a topic left out." in told
    assert figures["all rows"]["test rows"] == len(ROWS)
    assert figures["all rows"]["accuracy"] == figures["all rows"]["rival accuracy"] == 1


@pytest.mark.usefixtures("fake_encoder")
def test_either_opinion_is_right(tmp_path: Path, settings: object) -> None:
    settings.DATASETS_ROOT = tmp_path
    freeze(
        tmp_path, [replace(row, topic="doubt", answer=None, second=Opinion(topic=row.topic)) for row in ROWS]
    )

    figures, told = run_bench(tmp_path, {}, "--dataset", "ours", "--against", "hybrid")

    assert "count as wrong" not in told
    names = ("accuracy", "rival accuracy", "macro F1", "set coverage")
    assert [figures["all rows"][name] for name in names] == [1, 1, 1, 1]


@pytest.mark.usefixtures("fake_encoder")
def test_the_answers_of_a_dataset_speak_for_their_topics(tmp_path: Path, settings: object) -> None:
    settings.DATASETS_ROOT = tmp_path
    texts = {answer.topic: answer.text for answer in CATALOG.answers}
    asked = [replace(row, text=texts[str(row.topic)]) for row in ROWS]

    said = []
    for catalog in (NO_CATALOG, CATALOG):
        freeze(tmp_path, asked, catalog=catalog)
        said.append(run_bench(tmp_path, {}, "--dataset", "ours")[0]["all rows"])

    assert said[0]["confidence"] < said[1]["confidence"]
    assert said[1]["accuracy"] == 1


@pytest.mark.usefixtures("fake_encoder")
def test_a_dataset_in_another_language_is_measured(tmp_path: Path, settings: object) -> None:
    settings.DATASETS_ROOT = tmp_path
    rows = [replace(row, language="de") for row in (*ROWS, *STRANGERS)]
    freeze(tmp_path, rows, train=rows)

    figures, _ = run_bench(tmp_path, {}, "--dataset", "ours")

    assert figures["all rows"]["AUROC"] > 0.9


@pytest.mark.usefixtures("fake_encoder")
def test_a_test_table_of_one_label_is_measured(tmp_path: Path) -> None:
    figures, _ = run_bench(tmp_path, {"train": LABELED, "test": LABELED[:1]})

    assert figures["all rows"]["test rows"] == 1


@pytest.mark.slow
@pytest.mark.django_db
def test_the_command_reads_tables_and_draws_a_curve(tmp_path: Path) -> None:
    rows = LABELED + [(row.text, "strange") for row in STRANGERS]

    figures, _ = run_bench(
        tmp_path, {"train": rows, "test": rows}, "--oos-label", "strange", "--curve", "3,5,8"
    )

    assert list(figures) == ["3 a topic", "5 a topic", "8 a topic", "projected to 108 a topic"]
    assert figures["8 a topic"]["train rows"] == 3 * 8 + len(STRANGERS)
    assert figures["8 a topic"]["AUROC"] > 0.8


@pytest.mark.usefixtures("fake_encoder")
def test_a_curve_ends_where_every_row_is_drawn(tmp_path: Path) -> None:
    rows = [row for row in LABELED if row[1] != "reader"][:40] + LABELED[-30:]
    sizes = Counter(label for _, label in rows)

    figures, told = run_bench(
        tmp_path, {"train": rows, "test": LABELED}, "--curve", "8,5,1000,500,8", "--seeds", "2"
    )

    assert list(figures)[:3] == ["5 a topic", "8 a topic", "500 a topic"]
    assert figures["500 a topic"]["rows a topic"] == len(rows) / len(sizes)
    assert f"projected to {len(rows) / len(sizes) + 100:.0f} a topic" in figures
    assert "1000 a topic: left out, since 500 draw every row already." in told


@pytest.mark.usefixtures("fake_encoder")
def test_a_curve_of_two_points_is_not_drawn_out(tmp_path: Path) -> None:
    figures, told = run_bench(tmp_path, {"train": LABELED, "test": LABELED}, "--curve", "5,8")

    assert list(figures) == ["5 a topic", "8 a topic"]
    assert "2 points of a curve, 3 say what more labels would bring" in told


@pytest.mark.parametrize("option", ["--shots", "--seeds", "--curve"])
@pytest.mark.parametrize("number", ["0", "-3", "some"])
def test_what_is_no_number_from_one_on_is_refused(option: str, number: str) -> None:
    with pytest.raises(CommandError, match=f"'{number}' is no number from 1 on"):
        call_command("bench", "intents", f"{option}={number}")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "nothing to measure: give --train and --test, or --dataset"),
        (["--train", "gone.csv", "--test", "gone.csv"], "gone.csv: can't be read"),
        (["--dataset", "../elsewhere"], "there is no dataset '../elsewhere'"),
    ],
)
def test_what_is_missing_is_named(words: list[str], error: str) -> None:
    with pytest.raises(CommandError, match=re.escape(error)):
        call_command("bench", "intents", *words)
