"""The decay alarm finds answers that became wrong and hardly ever another; the stored result is what the code gives."""

from pathlib import Path

import pytest

from copilot.monitor.trying_decay import WORLDS, try_alarm
from copilot.statistics.coverage import as_json, from_json

STORED = Path(__file__).parents[3] / "fixtures" / "statistics" / "decay.json"


@pytest.mark.slow
def test_the_stored_result_is_what_the_code_gives() -> None:
    assert STORED.read_text("utf-8") == as_json(try_alarm())


def test_every_stored_result_meets_its_bar() -> None:
    stored = from_json(STORED.read_text("utf-8"))
    assert [result for result in stored if not result.meets_bar] == []
    assert {result.repeats for result in stored} == {WORLDS}


def test_it_finds_two_wrong_answers_and_hardly_ever_another() -> None:
    found, other, quiet = try_alarm(worlds=25)
    assert found.share >= 0.9
    assert max(other.share, quiet.share) <= 0.05
