"""The block that an agent ends most replies with: learned where it is repeated, and no edit of a suggestion."""

import pytest

from copilot.matching import MatchKind, compare
from copilot.matching.signatures import LEAST_REPLIES, learn_block, without_block

BLOCK = "Over and out,\nMaya from the shop\nRate me: tillwren.example/maya"
TEXT = "Hold the power button for 10 seconds. You lose no sales."


def replies(n_with: int, n_without: int = 0) -> list[str]:
    signed = [f"Hi Ana,\n\nNumber {n} is what you need.\n\n{BLOCK}" for n in range(n_with)]
    return signed + [f"Number {n} it is, as far as I can see." for n in range(n_without)]


@pytest.mark.parametrize(
    ("written", "block"),
    [
        (replies(10), BLOCK),
        (replies(30, 20), BLOCK),
        (replies(29, 21), ""),  # under 60 %
        (replies(LEAST_REPLIES - 1), ""),
        (replies(0, 50), ""),
        ([f"{reply}\n\n> On Monday you wrote:\n> number {n}" for n, reply in enumerate(replies(10))], BLOCK),
        ([TEXT] * 50, ""),  # the same short answer over and over is no signature
        (["\n".join([f"Number {n}.", *["A line that is as long as a sentence of an answer usually is, give or take."] * 3, "x" * 90]) for n in range(20)], ""),  # noqa: E501
        ([], ""),
    ],
)  # fmt: skip
def test_a_block_is_learned_where_most_replies_end_with_it(written: list[str], block: str) -> None:
    assert learn_block(written) == block


def test_it_is_taken_off_whatever_blank_lines_are_in_it() -> None:
    spaced = BLOCK.replace("\n", "\n\n")
    assert without_block(f"{TEXT}\n\n{spaced}\n\n", BLOCK) == TEXT
    assert without_block(f"{BLOCK}\n\n{TEXT}", BLOCK) == f"{BLOCK}\n\n{TEXT}"


def test_it_is_no_edit() -> None:
    assert compare(TEXT, f"{TEXT}\n\n{BLOCK}").kind is not MatchKind.EXACT
    match = compare(TEXT, f"{TEXT}\n\n{BLOCK}", signature=BLOCK)
    assert (match.kind, match.only_frame_edited) == (MatchKind.EXACT, True)
    assert compare(f"{TEXT}\n\n{BLOCK}", TEXT, signature=BLOCK).kind is MatchKind.EXACT


def test_a_reply_with_nothing_but_a_signature_is_no_reply() -> None:
    match = compare(TEXT, BLOCK, signature=BLOCK)
    assert (match.kind, match.n_sent_tokens) == (MatchKind.NONE, 0)


@pytest.mark.parametrize(
    ("suggested", "sent", "is_frame"),
    [
        (TEXT, TEXT, False),
        (TEXT, f"Hi Ana,\n\n{TEXT}\n\nKind regards,\nMaya", True),
        (f"Dear {{{{name}}}},\n\n{TEXT}", f"Dear Ana,\n\n{TEXT}", False),
        (f"Dear {{{{name}}}},\n\n{TEXT}", f"Hi Ana,\n\n{TEXT}", True),
        (f"{TEXT} It is {{{{case.place}}}}.", f"{TEXT} It is in the\nshop.", False),
        (TEXT, f"{TEXT} It is in the shop.", False),
    ],
)
def test_edits_of_greeting_and_signature_alone_are_told(suggested: str, sent: str, is_frame: bool) -> None:
    assert compare(suggested, sent, values={"name": "Ana"}).only_frame_edited is is_frame
