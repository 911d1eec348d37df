"""How simulated agents behave, read from `fixtures/behaviour.yaml` and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from copilot.config.demo.world import FIXTURES

FILE = FIXTURES / "behaviour.yaml"


class BehaviourError(ValueError):
    """The file can't be used; the message names the entry and what is wrong."""


@dataclass(frozen=True)
class Habit:
    """What an agent does with the card; all are probabilities.

    `looks` of a card on the screen; `takes_right` and `takes_wrong` of a suggestion looked at that is right or wrong;
    `edits` and `removes` of a text taken; `dismisses` of one that was not; `looks_up` the catalog's answer by hand;
    `anchored`: writes what was read on the card without taking it; `late`: has typed before the card came.
    """

    looks: float
    takes_right: float
    takes_wrong: float
    edits: float
    removes: float
    dismisses: float
    looks_up: float
    anchored: float
    late: float


@dataclass(frozen=True)
class Learning:
    grows: float
    half: float

    def added(self, n_seen: int) -> float:
        """Return by how much the chance to look an answer up has grown after it was seen so often.

        >>> Learning(grows=0.3, half=6).added(0), Learning(grows=0.3, half=6).added(6)
        (0.0, 0.15)
        """
        return self.grows * n_seen / (n_seen + self.half)


@dataclass(frozen=True)
class Change:
    """Two answers became wrong in a week; `facts` are what an agent who knows writes in place of what stood there."""

    week: int
    from_days: float
    to_days: float
    corrects: float
    facts: Mapping[str, Mapping[str, str]]

    def corrected(self, answer: str, text: str) -> str:
        """Return the text with the facts that hold since the change; one that states them stays as it is.

        >>> change = Change(8, 0, 12, corrects=0.6, facts={"fee": {"1 %": "1.5 %"}})
        >>> change.corrected("fee", "It costs 1 %."), change.corrected("fee", "It costs 1.5 %. Until May it was 1 %.")
        ('It costs 1.5 %.', 'It costs 1.5 %. Until May it was 1 %.')
        """
        if self._is_new(answer, text):
            return text
        for old, new in self.facts.get(answer, {}).items():
            text = text.replace(old, new)
        return text

    def is_outdated(self, answer: str, text: str, *, week: float) -> bool:
        """Return whether a text says what is no longer true in that week (week 1 begins at 1.0)."""
        return week >= self.week and self.corrected(answer, text) != text

    def _is_new(self, answer: str, text: str) -> bool:
        """Whether the new fact stands there already, beside the old one that it replaced."""
        return any(new in text for new in self.facts.get(answer, {}).values())


@dataclass(frozen=True)
class Times:
    """Median seconds of active time, and the standard deviation of their logarithm."""

    read: float
    search: float
    write: float
    insert: float
    edit: float
    judge: float
    spread: float


@dataclass(frozen=True)
class Opening:
    """When an agent opens a case: median minutes and how much they spread, or a share of them at once."""

    minutes: float
    spread: float
    longest: float
    at_once: float
    seconds: float


@dataclass(frozen=True)
class Computing:
    """How long a suggestion takes: median milliseconds and how much they spread; in a share of hours it is stalled."""

    milliseconds: float
    spread: float
    stalled: float
    seconds: float


@dataclass(frozen=True)
class Demand:
    """How much more often customers ask about what changes, and from which week on."""

    stirred: float
    from_week: int


@dataclass(frozen=True)
class Trial:
    """An experiment: from which week on, which share of the cases is hidden, and how many cases are planned."""

    from_week: int
    hidden: float
    planned: int


@dataclass(frozen=True)
class After:
    """What comes with a reply: a rating with so many stars, the customer again, a correction, a call for help."""

    rates: float
    stars: Mapping[str, tuple[float, ...]]
    comes_back: Mapping[str, float]
    back_within: float
    notices: float
    escalates: Mapping[str, float]


@dataclass(frozen=True)
class Experts:
    """Who judges, and how they err: right texts that they call wrong, wrong ones that they pass, and neither."""

    names: tuple[str, ...]
    condemns: float
    passes: float
    unsure: float

    def share_called_right(self, share: float) -> float:
        """Return which share of texts they call right, of those that they judge, if this share of them is.

        >>> Experts((), condemns=0.1, passes=0.2, unsure=0.0).share_called_right(0.5)
        0.55
        """
        return share * (1 - self.condemns) + (1 - share) * self.passes


@dataclass(frozen=True)
class Behaviour:
    """All that is known of the simulated people."""

    habits: Mapping[str, Habit]
    agents: Mapping[str, tuple[str, ...]]
    uneven: float
    edits: Mapping[str, float]
    learning: Learning
    change: Change
    times: Times
    opening: Opening
    computing: Computing
    experiment: Trial
    demand: Demand
    after: After
    experts: Experts
    again: tuple[str, ...]
    sorry: str
    elsewhere: tuple[str, ...]
    added: tuple[str, ...]

    @cached_property
    def habit_of(self) -> dict[str, Habit]:
        """The habit by username."""
        return {agent: self.habits[name] for name, agents in self.agents.items() for agent in agents}


def read_behaviour(file: Path = FILE) -> Behaviour:
    """Read and check the file.

    Raises:
        BehaviourError: it is no YAML, an entry is missing or unknown, or a number can't be what it is meant to be.
    """
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise BehaviourError(f"{file.name} can't be read: {error}") from error
    try:
        change, after = entries["change"], entries["after"]
        behaviour = Behaviour(
            habits={name: _made(Habit, entry, name) for name, entry in entries["habits"].items()},
            agents={name: tuple(names) for name, names in entries["agents"].items()},
            uneven=float(entries["uneven"]),
            edits=entries["edits"],
            learning=_made(Learning, entries["learning"], "learning"),
            change=Change(
                change["week"], **change["heard"], corrects=change["corrects"], facts=change["facts"]
            ),
            times=_made(Times, entries["times"], "times"),
            opening=_made(Opening, entries["opening"], "opening"),
            computing=_made(Computing, entries["computing"], "computing"),
            experiment=_made(Trial, entries["experiment"], "experiment"),
            demand=_made(Demand, entries["demand"], "demand"),
            after=_made(After, after | {"stars": {k: tuple(v) for k, v in after["stars"].items()}}, "after"),
            experts=_made(
                Experts, entries["experts"] | {"names": tuple(entries["experts"]["names"])}, "experts"
            ),
            again=tuple(entries["again"]),
            sorry=str(entries["sorry"]),
            elsewhere=tuple(entries["elsewhere"]),
            added=tuple(entries["added"]),
        )
    except KeyError as error:
        raise BehaviourError(f"{file.name} has no entry {error.args[0]}") from error
    except TypeError as error:
        raise BehaviourError(f"{file.name}: {error}") from error
    _check(behaviour, file.name)
    return behaviour


def _made(kind: Any, entry: Mapping[str, Any], name: str) -> Any:
    known = {field.name for field in fields(kind)}
    if wrong := sorted(known ^ set(entry)):
        raise BehaviourError(
            f"{name}: {', '.join(wrong)} is missing or unknown; it takes {', '.join(sorted(known))}"
        )
    return kind(**entry)


def _check(behaviour: Behaviour, name: str) -> None:
    chances = {
        f"habits.{habit}.{key}": p for habit, row in behaviour.habits.items() for key, p in vars(row).items()
    }
    chances |= {"learning.grows": behaviour.learning.grows, "change.corrects": behaviour.change.corrects}
    after = behaviour.after
    chances |= {"after.rates": after.rates, "after.notices": after.notices}
    chances |= {f"after.comes_back.{key}": p for key, p in after.comes_back.items()}
    chances |= {f"after.escalates.{key}": p for key, p in after.escalates.items()}
    chances |= {
        "opening.at_once": behaviour.opening.at_once,
        "computing.stalled": behaviour.computing.stalled,
        "experiment.hidden": behaviour.experiment.hidden,
    }
    experts = behaviour.experts
    chances |= {
        "experts.condemns": experts.condemns, "experts.passes": experts.passes, "experts.unsure": experts.unsure,
    }  # fmt: skip
    if wrong := [f"{key} is {p}" for key, p in chances.items() if not 0 <= p <= 1]:
        raise BehaviourError(f"{name}: {', '.join(wrong)}; a probability lies between 0 and 1")
    sums = {"edits": sum(behaviour.edits.values())}
    sums |= {f"after.stars.{key}": sum(stars) for key, stars in behaviour.after.stars.items()}
    if off := [f"{key} add up to {total:g}" for key, total in sums.items() if abs(total - 1) > 1e-6]:
        raise BehaviourError(f"{name}: {', '.join(off)} instead of 1")
    if unknown := sorted(set(behaviour.agents) - set(behaviour.habits)):
        raise BehaviourError(f"{name}: agents of a habit that isn't there: {', '.join(unknown)}")
