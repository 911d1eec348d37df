"""The demo world is as large and as varied as it should be.

The figures in brackets are those of BANKING77's human-written questions.
"""

import re
from collections import Counter, defaultdict
from itertools import combinations

import pytest
from rapidfuzz.fuzz import token_sort_ratio

from copilot.approving import check_wording
from copilot.config.demo.world import World, WrittenMessage, read_world
from helpdesk.bodies import split

WORD = re.compile(r"[\w']+")


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


def words_of(message: WrittenMessage) -> list[str]:
    """The customer's own words: neither what they quoted nor their signature."""
    return WORD.findall(split(message.body).text.lower())


def test_catalog_is_large_enough(world: World) -> None:
    assert len(world.areas) == 5
    assert len(world.topics) >= 24
    assert len(world.answers) >= 70
    answers = world.answers.values()
    assert sum("{{" in (answer.get("body") or "") for answer in answers) >= 20
    assert sum("expires_in_days" in answer for answer in answers) >= 3
    assert sum(answer.get("visibility") == "internal" for answer in answers) >= 3
    assert sum(bool(answer.get("conflicts_with")) for answer in answers) >= 3
    assert [slug for slug, answer in world.answers.items() if answer.get("versions")] == [
        "instant-payout-fee",
        "return-window",
    ]


def test_drafts_that_call_themselves_wordings_change_no_fact(world: World) -> None:
    terms = frozenset(world.people["terms"])
    wordings = [draft for draft in world.drafts if draft.get("change") == "wording"]
    assert len(wordings) >= 3
    for draft in wordings:
        check_wording(world.answers[draft["answer"]]["body"], draft["body"], terms=terms)


def test_people_are_there(world: World) -> None:
    roles = Counter(person["role"] for person in world.people["people"])
    assert (roles["agent"], roles["sme"], roles["data_scientist"]) == (25, 3, 2)
    assert len(world.people["teams"]) == 2
    assert len(world.customers) >= 300


@pytest.mark.parametrize(
    ("group", "least"),
    [
        ("valid", 1200), ("several", 60), ("no question", 150), ("out of scope", 200), ("other language", 40),
        ("hostile", 100), ("second opinion", 1800), ("replied", 450),
    ],
)  # fmt: skip
def test_messages_of_each_group_are_enough(world: World, group: str, least: int) -> None:
    tests = {
        "valid": lambda m: not m.gold.reason and not m.also,
        "several": lambda m: bool(m.also),
        "no question": lambda m: m.gold.reason in {"thanks", "auto_reply", "spam", "no_request"},
        "out of scope": lambda m: m.gold.reason == "out_of_scope" and m.group != "hostile",
        "other language": lambda m: m.gold.reason == "other_language",
        "hostile": lambda m: m.group == "hostile",
        "second opinion": lambda m: m.second is not None,
        "replied": lambda m: m.reply is not None,
    }
    assert sum(map(tests[group], world.messages)) >= least


def test_replies_are_of_every_kind(world: World) -> None:
    kinds = Counter(message.reply.kind for message in world.messages if message.reply)
    assert set(kinds) == {"as_it_stands", "edited", "own", "changed_fact"}
    assert min(kinds.values()) >= 30
    assert kinds["edited"] == max(kinds.values())


def test_weeks_are_all_alive(world: World) -> None:
    weeks = Counter(message.week for message in world.messages)
    assert set(weeks) == set(range(1, 13))
    assert min(weeks.values()) >= 0.5 * max(weeks.values())


def test_lengths_run_from_two_words_to_three_hundred(world: World) -> None:
    lengths = [len(WORD.findall(message.body)) for message in world.messages]
    assert min(lengths) <= 2
    assert max(lengths) >= 250
    assert sum(length <= 6 for length in lengths) >= 0.08 * len(lengths)
    assert sum(length >= 100 for length in lengths) >= 0.05 * len(lengths)


def test_messages_of_a_topic_are_no_variants_of_each_other(world: World) -> None:
    """Token-sort similarity above 0.85 in at most 0.5 % of a topic's pairs on average, 1.5 % in any (0.3, 1.4)."""
    by_topic = defaultdict(list)
    for message in world.messages:
        by_topic[message.gold.topic or message.gold.reason].append(" ".join(words_of(message)))
    shares = {
        topic: sum(token_sort_ratio(a, b) > 85 for a, b in combinations(texts, 2))
        / (len(texts) * (len(texts) - 1) / 2)
        for topic, texts in by_topic.items()
    }
    assert max(shares.values()) <= 0.015, shares
    assert sum(shares.values()) / len(shares) <= 0.005


def test_few_messages_share_six_words_in_a_row(world: World) -> None:
    """At most 15 % (15)."""
    holders: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for message in world.messages:
        words = words_of(message)
        for start in range(len(words) - 5):
            holders[tuple(words[start : start + 6])].add(message.id)
    sharing = {message for ids in holders.values() if len(ids) > 1 for message in ids}
    assert len(sharing) <= 0.15 * len(world.messages)


def test_no_opening_is_a_habit(world: World) -> None:
    """No three words open more than 3.5 % of the messages (3.3)."""
    openings = Counter(tuple(words_of(message)[:3]) for message in world.messages)
    [(_, most)] = openings.most_common(1)
    assert most <= 0.035 * len(world.messages)
