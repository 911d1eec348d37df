"""The floor of a semantic match: chosen on labelled pairs by a bound, and judged on others."""

from pathlib import Path

import pytest

from copilot.matching import MatchKind
from copilot.matching.floors import PRECISION, Scored, choose_floor, judge
from copilot.matching.pairs import Half, Label, Pair, PairsError, fingerprint, read_pairs

FIXTURES = Path(__file__).parents[3] / "fixtures" / "matching"


def scored(closeness: float, label: Label = Label.SAME, *, kind: MatchKind = MatchKind.SEMANTIC) -> Scored:
    return Scored(Pair(Half.CHOOSING, "en", "one", "other", label), closeness, kind)


UNLIKE = [scored(0.1, Label.OTHER, kind=MatchKind.NONE)] * 300


def test_the_lowest_floor_that_is_precise_enough_is_chosen() -> None:
    right = [scored(0.9 + n / 1000) for n in range(60)]
    wrong = [scored(0.5, Label.OTHER), scored(0.8, Label.CHANGED), scored(0.7, Label.CHANGED)]
    found = choose_floor([*right, scored(0.75), scored(0.85), *wrong, *UNLIKE], language="en")
    assert (found.floor, found.n_above, found.n_right, found.n_pairs) == (0.75, 63, 62, 365)
    assert found.low is not None
    assert found.low >= PRECISION


def test_vetoed_pairs_say_nothing_of_the_floor() -> None:
    vetoed = [scored(0.99, Label.CHANGED, kind=MatchKind.CONFLICT) for _ in range(50)]
    found = choose_floor([scored(0.9) for _ in range(40)] + vetoed + UNLIKE, language="en")
    assert (found.floor, found.n_above, found.n_pairs) == (0.9, 40, 390)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([], "only 0 labelled pairs: at least 300 are needed"),
        ([scored(0.9)] * 299, "only 299 labelled pairs: at least 300 are needed"),
        (UNLIKE + [scored(0.9)] * 34, "only 34 pairs whose facts agree: at least 35 are needed"),
        (UNLIKE + [scored(0.9), scored(0.9, Label.OTHER)] * 30,
         "no floor is precise enough: the best lower bound is 0.38, 0.90 is needed"),
    ],
)  # fmt: skip
def test_there_is_none_where_the_pairs_allow_none(pairs: list[Scored], reason: str) -> None:
    found = choose_floor(pairs, language="en")
    assert (found.floor, found.reason) == (None, reason)


def test_equal_closeness_is_taken_together() -> None:
    found = choose_floor([scored(0.9)] * 40 + [scored(0.9, Label.OTHER)] * 5 + UNLIKE, language="en")
    assert found.floor is None


def test_a_judgment_counts_what_floor_and_veto_do() -> None:
    pairs = [
        scored(0.9), scored(0.7), scored(0.95, kind=MatchKind.CONFLICT), scored(0.9, Label.CHANGED),
        scored(0.9, Label.CHANGED, kind=MatchKind.CONFLICT), scored(0.6, Label.OTHER),
    ]  # fmt: skip
    found = judge(pairs, language="en", floor=0.8)
    assert (found.n_found, found.n_right, found.n_same) == (2, 1, 3)
    assert (found.n_changed, found.n_vetoed, found.n_vetoed_same) == (2, 1, 1)
    assert judge(pairs, language="en", floor=None).n_found == 0


def test_the_labelled_pairs_are_many_and_of_two_halves() -> None:
    pairs = read_pairs(FIXTURES)
    assert len(pairs) >= 300
    assert len({(pair.suggested, pair.sent) for pair in pairs}) == len(pairs)
    assert 0.4 < sum(pair.label is Label.SAME for pair in pairs) / len(pairs) < 0.6
    assert {pair.half for pair in pairs if pair.language == "en"} == set(Half)
    assert fingerprint(pairs) == fingerprint(reversed(pairs)) != fingerprint(pairs[1:])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"choosing": "- {language: en, suggested: A}"}, "pairs-choosing.yaml: KeyError.*each suggestion needs"),
        ({"choosing": "just words"}, "pairs-choosing.yaml: TypeError"),
        (dict.fromkeys(Half, "- {language: en, suggested: A, same: [B], changed: [], other: []}"),
         "in both halves is 'A': what chooses must not judge"),
    ],
)  # fmt: skip
def test_pairs_that_cannot_be_used_are_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for half, text in files.items():
        (tmp_path / f"pairs-{half}.yaml").write_text(text)
    with pytest.raises(PairsError, match=message):
        read_pairs(tmp_path)
