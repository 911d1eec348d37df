"""Replies found among others: what is read, what is refused, and that the same file gives the same figures."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from labeling.bench.replies import FEWEST_CASES, WAYS, RepliesError, measure_replies, read_pairs
from tests.pipelines import START, FakeEncoder

THINGS = (
    "reader",
    "payout",
    "refund",
    "invoice",
    "printer",
    "battery",
    "screen",
    "charger",
    "receipt",
    "terminal",
)
PLACES = ("market", "bakery", "salon", "garage", "studio", "museum", "kiosk", "hotel", "farm", "library")


def make_case(number: int, *texts: tuple[str, str]) -> str:
    messages = [
        {"external_id": f"{number}-{at}", "from": who, "at": f"{START + timedelta(hours=number, minutes=at):%FT%TZ}",
         "body": body}
        for at, (who, body) in enumerate(texts)
    ]  # fmt: skip
    return json.dumps({"external_id": str(number), "messages": messages})


def write(path: Path, lines: list[str]) -> Path:
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_a_pair_is_the_first_message_and_the_reply_to_it_masked(tmp_path: Path) -> None:
    lines = [
        make_case(2, ("customer", "later one"), ("agent", "Yes.")),
        make_case(3, ("customer", "nobody replied")),
        "",
        make_case(1, ("agent", "Hello?"), ("note", "VIP"), ("customer", "Order #101-2020"), ("customer", "Well?"),
                  ("note", "hm"), ("agent", "Order 101-2020 is late."), ("agent", "Bye.")),
    ]  # fmt: skip

    pairs = read_pairs(write(tmp_path / "cases.jsonl.gz", lines))

    assert [(pair.asked, pair.replied) for pair in pairs] == [
        ("Order number", "Order number is late."),
        ("later one", "Yes."),
    ]


def test_times_with_and_without_a_zone_are_put_in_order(tmp_path: Path) -> None:
    first, second = (
        make_case(2, ("customer", "a"), ("agent", "b")),
        make_case(1, ("customer", "c"), ("agent", "d")),
    )

    pairs = read_pairs(write(tmp_path / "cases.jsonl.gz", [first, second.replace('Z"', '"')]))

    assert [pair.asked for pair in pairs] == ["c", "a"]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"messages": 3}',
        '{"messages": [{"from": "agent", "body": "no time"}]}',
        '{"messages": [{"from": "customer", "at": "2025-01-06T09:00:00Z", "body": null},'
        ' {"from": "agent", "at": "2025-01-06T09:05:00Z", "body": "b"}]}',
        '{"messages": [{"from": "customer", "at": 17, "body": "a"}]}',
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "cases.jsonl.gz", [make_case(1, ("customer", "a"), ("agent", "b")), line])

    with pytest.raises(RepliesError, match="line 2 is no case"):
        read_pairs(path)


def test_a_file_that_is_not_there_or_no_gzip_is_named(tmp_path: Path) -> None:
    (tmp_path / "plain.gz").write_text("{}")

    for name in ("missing.jsonl", "plain.gz"):
        with pytest.raises(RepliesError, match=f"{name} can't be read"):
            read_pairs(tmp_path / name)


def test_too_few_cases_are_said(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path / "few.jsonl.gz", [make_case(1, ("customer", "a"), ("agent", "b"))]))

    with pytest.raises(RepliesError, match=f"1 cases have a reply, {FEWEST_CASES} are needed"):
        measure_replies(pairs, encoder=FakeEncoder(), seed=1)


def test_one_reply_to_nearly_all_is_said(tmp_path: Path) -> None:
    replies = ["We look into it." if number % 6 else f"A{number}." for number in range(FEWEST_CASES)]
    lines = [
        make_case(number, ("customer", f"question {number}"), ("agent", reply))
        for number, reply in enumerate(replies)
    ]
    pairs = read_pairs(write(tmp_path / "cases.jsonl.gz", lines))

    with pytest.raises(
        RepliesError, match=r"of 150 cases 25 have another reply than 'We look into it.', 99 are needed"
    ):
        measure_replies(pairs, encoder=FakeEncoder(), seed=1)


def test_every_way_ranks_the_same_cases_and_again_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lines = []
    for number in range(FEWEST_CASES):
        thing, place = rng.integers(10, size=2)
        asked, replied = (
            f"my {THINGS[thing]} at the {PLACES[place]}",
            f"about {THINGS[thing]}s for a {PLACES[place]}",
        )
        lines.append(
            make_case(number, ("customer", f"{asked} {number % 7}"), ("agent", f"{replied} {number % 5}"))
        )
    pairs = read_pairs(write(tmp_path / "cases.jsonl.gz", lines))

    figures = measure_replies(pairs, encoder=FakeEncoder(), seed=1)
    again = measure_replies(pairs, encoder=FakeEncoder(), seed=1)

    assert figures["cases"] == {"earlier": 450, "later": 150, "others": 99}
    assert list(figures)[1:] == list(WAYS)
    for name in WAYS:
        row = figures[name]
        assert row["recall_1"]["low"] <= row["recall_1"]["estimate"] <= row["recall_5"]["estimate"]
        assert row["recall_5"]["estimate"] <= row["recall_10"]["estimate"] <= row["recall_10"]["high"] <= 1
        assert row["recall_1"] == again[name]["recall_1"]
        assert row["mrr"] == again[name]["mrr"]
    assert figures["plain towers"]["recall_1_over_plain_towers"]["estimate"] == 0
    assert figures["towers"]["mrr"]["estimate"] > figures["cosine"]["mrr"]["estimate"]


def test_the_command_says_which_line_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path / "cases.jsonl.gz", ["nonsense"])

    with pytest.raises(CommandError, match="line 1 is no case"):
        call_command("bench", "replies", "--data", str(path), "--json")
