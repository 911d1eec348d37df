"""Simulated agents do what their file says, and what they send is what the matching is meant to see."""

import random
from collections import Counter
from pathlib import Path

import pytest

from copilot.config.demo.world import World, read_world
from copilot.config.simulation.acting import Act, Offer, Scene, Way, act, edited
from copilot.config.simulation.behaviour import FILE, BehaviourError, Habit, read_behaviour
from copilot.matching import MatchKind, compare

BEHAVIOUR = read_behaviour()
FEE = "Hi Ana,\n\nAn instant payout costs 1 % of it: of £500.00, £495.00 arrives.\n\nIt is quick.\n\nCheers,\nOwen"
SURE = dict.fromkeys(vars(BEHAVIOUR.habits["careful"]), 0.0)


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


def habit(**sure: float) -> Habit:
    """One who does nothing but what is named."""
    return Habit(**(SURE | sure))


def scene(*, week: float = 3, is_right: bool = True, is_shown: bool = True, knows: bool = False) -> Scene:
    offer = Offer("instant-payout-fee", FEE, is_right, is_shown)
    return Scene(week, "instant-payout-fee", FEE, "Own words.", offer, n_seen=0, knows_change=knows)


def done(case: Scene, who: Habit, seed: int = 1) -> Act:
    return act(case, who, BEHAVIOUR, random.Random(seed))


def test_every_agent_of_the_world_has_a_habit(world: World) -> None:
    agents = {person["username"] for person in world.people["people"] if person["role"] == "agent"}
    assert set(BEHAVIOUR.habit_of) == agents


def test_the_facts_that_change_stand_in_the_catalog(world: World) -> None:
    for answer, facts in BEHAVIOUR.change.facts.items():
        first = world.answers[answer]["versions"][0]["body"]
        assert BEHAVIOUR.change.is_outdated(answer, first, week=8.5)
        assert not BEHAVIOUR.change.is_outdated(answer, first, week=7.9)
        assert all(old in first for old in facts)
        second = world.answers[answer]["versions"][1]["body"]
        assert not BEHAVIOUR.change.is_outdated(answer, second, week=10.5), "the catalog followed"


@pytest.mark.parametrize(
    ("who", "case", "way", "viewed", "inserted"),
    [
        (habit(looks=1, takes_right=1), scene(), Way.VERBATIM, True, True),
        (habit(looks=1, takes_right=1, edits=1), scene(), Way.EDITED, True, True),
        (habit(looks=1, takes_right=1, removes=1), scene(), Way.OWN, True, True),
        (habit(looks=1, anchored=1), scene(), Way.ANCHORED, True, False),
        (habit(looks=1, anchored=1), scene(is_right=False), Way.OWN, True, False),
        (habit(looks_up=1), scene(), Way.LOOKED_UP, False, False),
        (habit(late=1, looks=1, takes_right=1), scene(), Way.OWN, False, False),
        (habit(looks=1, takes_right=1), scene(is_shown=False), Way.OWN, False, False),
        (habit(looks=1, takes_wrong=1), scene(is_right=False), Way.VERBATIM, True, True),
    ],
)
def test_a_habit_leads_to_its_way(who: Habit, case: Scene, way: Way, viewed: bool, inserted: bool) -> None:
    found = done(case, who)
    assert (found.way, found.is_viewed, found.is_inserted) == (way, viewed, inserted)
    assert found.seconds > 0


def test_nobody_sees_what_is_held_out() -> None:
    for seed in range(200):
        found = done(scene(is_shown=False), BEHAVIOUR.habits["trusting"], seed)
        assert (found.is_viewed, found.is_inserted, found.is_late, found.dismissed_for) == (False,) * 3 + (
            "",
        )
        assert found.way in {Way.OWN, Way.LOOKED_UP}


def test_who_knows_of_the_change_corrects_or_dismisses() -> None:
    found = [done(scene(week=9, knows=True), habit(looks=1, takes_right=1), seed) for seed in range(300)]
    assert Counter(each.way for each in found).keys() == {Way.CORRECTED, Way.OWN}
    assert all("1.5 %" in each.body for each in found if each.way is Way.CORRECTED)
    assert {each.dismissed_for for each in found if each.way is Way.OWN} == {"out_of_date"}
    assert all(each.is_right for each in found)


def test_who_does_not_know_sends_what_is_wrong() -> None:
    found = done(scene(week=9), habit(looks=1, takes_right=1))
    assert (found.way, found.is_right) == (Way.VERBATIM, False)
    assert done(scene(week=7), habit(looks=1, takes_right=1)).is_right


def test_the_same_turn_ends_the_same_way() -> None:
    assert done(scene(), BEHAVIOUR.habits["rewriting"], 5) == done(scene(), BEHAVIOUR.habits["rewriting"], 5)


def test_agents_learn_what_they_were_shown() -> None:
    seen = [Scene(3, "reader-reset", "Text.", "Own.", None, n_seen=n, knows_change=False) for n in (0, 50)]
    looked_up = [
        sum(done(each, BEHAVIOUR.habits["careful"], seed).way is Way.LOOKED_UP for seed in range(1000))
        for each in seen
    ]
    assert looked_up[1] > looked_up[0] + 100


def test_what_is_sent_matches_as_it_came_about(world: World) -> None:
    chance = random.Random(3)
    kinds: Counter[tuple[str, bool]] = Counter()
    for answer in world.answers.values():
        body = (answer.get("versions") or [answer])[0]["body"]
        text = f"Hi Jo,\n\n{body.strip()}\n\nHappy selling,\nAna"
        assert compare(text, text).kind is MatchKind.EXACT
        kinds["edited", compare(text, edited(text, BEHAVIOUR, chance)).is_match] += 1
        kinds["elsewhere", compare(text, chance.choice(BEHAVIOUR.elsewhere)).is_match] += 1
    assert kinds["edited", True] >= 0.95 * (kinds["edited", True] + kinds["edited", False])
    assert kinds["elsewhere", True] == 0


def test_a_corrected_fact_is_a_conflict(world: World) -> None:
    for answer in BEHAVIOUR.change.facts:
        text = world.answers[answer]["versions"][0]["body"]
        assert compare(text, BEHAVIOUR.change.corrected(answer, text)).kind is MatchKind.CONFLICT


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("looks: 0.95", "looks: 1.95", "habits.careful.looks is 1.95; a probability lies between 0 and 1"),
        ("late: 0.02", "slow: 0.02", "careful: late, slow is missing or unknown"),
        ("greeting: 0.45", "greeting: 0.15", "edits add up to 0.7 instead of 1"),
        ("uneven: 1.8", "even: 1.8", "has no entry uneven"),
        ("  trusting: [dev", "  lazy: [dev", "agents of a habit that isn't there: lazy"),
        ("\nagain:", "\n- again: [", "can't be read"),
        ("longest: 180", "most: 180", "opening: longest, most is missing or unknown"),
        ("stalled: 0.03", "stalled: 3", "computing.stalled is 3"),
        ("wrong: 0.20}", "wrong: 2}", "after.comes_back.wrong is 2"),
        ("notices: 0.30", "notices: -1", "after.notices is -1"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = FILE.read_text()
    assert text.count(old) == 1
    file = tmp_path / "behaviour.yaml"
    file.write_text(text.replace(old, new))
    with pytest.raises(BehaviourError, match=problem.replace(".", r"\.")):
        read_behaviour(file)


def test_learning_never_makes_it_surer_than_sure() -> None:
    assert all(who.looks_up + BEHAVIOUR.learning.grows <= 1 for who in BEHAVIOUR.habits.values())
