"""The bench of labeling functions tells what it promises, and snorkel's votes are the same."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def bench(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, float]]:
    call_command("bench", "labeling", *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_it_tells_rows_a_second_memory_and_snorkel_beside(capsys: pytest.CaptureFixture[str]) -> None:
    figures = bench(capsys, "--rows", "40000", "--functions", "12", "--snorkel-rows", "300")
    everything = figures["all functions"]
    assert (everything["rows"], everything["functions"]) == (40_000, 12)
    assert everything["rows_per_second"] > 1_000
    assert 0 < everything["coverage"] <= 1
    assert everything["peak_mb"] > 10
    assert figures["one function edited"]["seconds"] < everything["seconds"]
    assert figures["one message"]["p50_us"] > 0
    assert figures["snorkel on a slice"]["same_votes"] > 0.999


@pytest.mark.usefixtures("release")
def test_the_heads_that_serve_are_timed_apart_from_encoding(capsys: pytest.CaptureFixture[str]) -> None:
    figures = bench(capsys, "--rows", "700", "--functions", "5", "--snorkel-rows", "0")[
        "one artifact function"
    ]
    assert figures["rows"] == 700
    assert figures["rows_per_second"] > figures["rows_encoded_per_second"] > 0


def test_without_a_release_no_heads_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    figures = bench(capsys, "--rows", "100", "--functions", "5", "--snorkel-rows", "0")
    assert "one artifact function" not in figures


def test_a_file_of_texts_may_be_given(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(f"question about thing{chr(97 + n)} and stuff{chr(98 + n)}" for n in range(20)))
    assert (
        bench(capsys, "--rows", "50", "--texts", str(file), "--snorkel-rows", "0")["all functions"]["rows"]
        == 50
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rows", "0"), "at least one of each is needed"),
        (("--texts", "/no/such/file"), "No such file"),
    ],
)
def test_bad_questions_say_why(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("bench", "labeling", *arguments)


def test_a_file_without_words_says_so(tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("a b c\n")
    with pytest.raises(CommandError, match="hardly any words"):
        call_command("bench", "labeling", "--texts", str(file))
