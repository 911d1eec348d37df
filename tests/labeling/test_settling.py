"""What is gold follows from what people said, and from nothing else."""

import pytest

from labeling.settling import Voice, decide_gold


@pytest.mark.parametrize(
    ("voices", "expected"),
    [
        ([], (None, False)),
        ([Voice(1, "a")], (1, False)),
        ([Voice(1, "a"), Voice(2, "a"), Voice(3, "a")], (1, False)),
        ([Voice(1, "a"), Voice(2, "b")], (None, True)),
        ([Voice(1, "a", also=("b",)), Voice(2, "b")], (1, False)),
        ([Voice(1, "a"), Voice(2, "a"), Voice(3, "b")], (None, True)),
        ([Voice(1, "a"), Voice(2, "b"), Voice(3, "b", is_adjudicated=True)], (3, False)),
        ([Voice(1, "a", is_adjudicated=True), Voice(2, "b")], (1, False)),
        ([Voice(1, "a", is_stale=True), Voice(2, "b")], (2, False)),
        ([Voice(1, "a", is_stale=True)], (1, False)),
    ],
)
def test_gold_is_the_first_voice_that_nobody_contradicts(voices: list[Voice], expected: object) -> None:
    assert decide_gold(voices) == expected
