"""What a simulated agent does with one turn (pure): looks at the card or not, takes it or not, and what is sent.

    typed before it came? ── yes ──────────────────────────────┐
    looks? ── no ──────────────────────────────────────────────┤
    sees that it is out of date? corrects it, or dismisses ────┤
    takes it? ── no: dismisses or not; may write what it read ─┤
    removes it again? ── yes ──────────────────────────────────┤
    edits it? sent edited, or as it stands                     └─> on their own: looks the answer up, or own words

Each draw comes from the chance that is handed in, so that the same turn of the same simulation ends the same way.
"""

import math
import random
import re
from dataclasses import dataclass, field
from enum import StrEnum

from copilot.config.simulation.behaviour import Behaviour, Habit

FACT = re.compile(r"\d|£|n[o']t\b|\bno\b|never|must|may\b|might|https?:|Wren|plan\b", re.IGNORECASE)
OUT_OF_DATE, WRONG_ANSWER, TONE = "out_of_date", "wrong_answer", "tone"


class Way(StrEnum):
    """How the text that was sent came about."""

    VERBATIM = "verbatim"  # the suggestion as it stands
    EDITED = "edited"
    CORRECTED = "corrected"  # the suggestion with a fact changed
    ANCHORED = "anchored"  # typed, after the suggestion was read
    LOOKED_UP = "looked_up"  # the catalog's answer, found by hand
    OWN = "own"


@dataclass(frozen=True)
class Offer:
    """A suggestion for a turn; `text` is what would be inserted, `is_shown` false in the shadow.

    It `is_ready` if it was there before the agent was.
    """

    answer: str
    text: str
    is_right: bool
    is_shown: bool
    is_ready: bool = True


@dataclass(frozen=True)
class Scene:
    """What an agent has before them.

    `answer` is the one that fits, with its text as the catalog has it now (both empty where none fits); `own` is what
    the agent would write in their own words. `n_seen` is how often this agent was shown that answer before.
    """

    week: float
    answer: str
    catalog_text: str
    own: str
    offer: Offer | None
    n_seen: int
    knows_change: bool


@dataclass
class Act:
    """What the agent did, in order, and what was sent. `is_right` says whether the customer was told the truth."""

    body: str = ""
    way: Way = Way.OWN
    is_late: bool = False
    is_viewed: bool = False
    is_inserted: bool = False
    is_removed: bool = False
    dismissed_for: str = ""
    is_right: bool = True
    seconds: float = 0.0
    spent: list[float] = field(default_factory=list)


def act(scene: Scene, habit: Habit, behaviour: Behaviour, chance: random.Random) -> Act:
    """Return what an agent of that habit does."""
    done = Act()
    _spend(done, behaviour.times.read)
    taken = _with_card(scene, scene.offer, habit, behaviour, chance, done) if scene.offer else False
    if not taken:
        _alone(scene, habit, behaviour, chance, done)
    done.seconds = sum(done.spent) * math.exp(chance.gauss(0, behaviour.times.spread))
    return done


def _with_card(
    scene: Scene, offer: Offer, habit: Habit, behaviour: Behaviour, chance: random.Random, done: Act
) -> bool:
    """Deal with the card; return whether a text for the reply came of it."""
    if not offer.is_shown:
        return False
    if chance.random() < habit.late or not offer.is_ready:
        done.is_late = True
        return False
    if chance.random() >= habit.looks:
        return False
    done.is_viewed = True
    _spend(done, behaviour.times.judge)
    is_outdated = behaviour.change.is_outdated(offer.answer, offer.text, week=scene.week)
    if is_outdated and scene.knows_change:
        return _outdated(offer, behaviour, chance, done)
    is_right = offer.is_right and not is_outdated
    if chance.random() < (habit.takes_right if offer.is_right else habit.takes_wrong):
        return _take(offer, is_right, habit, behaviour, chance, done)
    if chance.random() < habit.dismisses:
        done.dismissed_for = TONE if offer.is_right else WRONG_ANSWER
    if offer.is_right and chance.random() < habit.anchored:
        done.body, done.way, done.is_right = offer.text, Way.ANCHORED, is_right
        _spend(done, behaviour.times.write / 2)
        return True
    return False


def _outdated(offer: Offer, behaviour: Behaviour, chance: random.Random, done: Act) -> bool:
    if chance.random() >= behaviour.change.corrects:
        done.dismissed_for = OUT_OF_DATE
        return False
    done.is_inserted = True
    done.body, done.way = behaviour.change.corrected(offer.answer, offer.text), Way.CORRECTED
    done.is_right = offer.is_right
    _spend(done, behaviour.times.insert, behaviour.times.edit)
    return True


def _take(
    offer: Offer, is_right: bool, habit: Habit, behaviour: Behaviour, chance: random.Random, done: Act
) -> bool:
    done.is_inserted = True
    _spend(done, behaviour.times.insert)
    if chance.random() < habit.removes:
        done.is_removed = True
        return False
    done.body, done.way, done.is_right = offer.text, Way.VERBATIM, is_right
    if chance.random() < habit.edits:
        done.body, done.way = edited(offer.text, behaviour, chance), Way.EDITED
        _spend(done, behaviour.times.edit)
    return True


def _alone(scene: Scene, habit: Habit, behaviour: Behaviour, chance: random.Random, done: Act) -> None:
    known = habit.looks_up + behaviour.learning.added(scene.n_seen)
    if scene.answer and chance.random() < known:
        done.way, done.body = Way.LOOKED_UP, scene.catalog_text
        _spend(done, behaviour.times.search)
    else:
        done.way, done.body = Way.OWN, scene.own
        _spend(done, behaviour.times.write)
    if scene.knows_change and scene.week >= behaviour.change.week:
        done.body = behaviour.change.corrected(scene.answer, done.body)
    done.is_right = not behaviour.change.is_outdated(scene.answer, done.body, week=scene.week)


def edited(text: str, behaviour: Behaviour, chance: random.Random) -> str:
    """Return a text as somebody changes it who means the same.

    A greeting of one's own, a sentence more, or one less that states no fact.
    """
    how = chance.choices(list(behaviour.edits), weights=list(behaviour.edits.values()))[0]
    first, *rest = text.split("\n\n")
    spare = [at for at, part in enumerate(rest[:-1]) if at and not FACT.search(part)]
    if how == "adds":
        return f"{text}\n\n{chance.choice(behaviour.added)}"
    if how == "drops" and spare:
        del rest[chance.choice(spare)]
        return "\n\n".join([first, *rest])
    return "\n\n".join([f"Hello, and thanks for writing to us.\n{first}", *rest])


def _spend(done: Act, *seconds: float) -> None:
    done.spent += seconds
