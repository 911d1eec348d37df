"""The demo world as it stands in the files of `fixtures/`, read and checked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from copilot.config.embedded import ROOT
from copilot.pipeline.types import VALIDITY_REASONS

FIXTURES = ROOT / "fixtures"
PREFIX = "demo:"  # of every external id, which tells the world from what came in since
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class WorldError(ValueError):
    """A fixture can't be used; the message names the file, the entry and what is wrong."""


@dataclass(frozen=True)
class Opinion:
    """What a person believes about a message: a reason why it is no question, or its topic and answer."""

    reason: str = ""
    topic: str = ""
    answer: str = ""


@dataclass(frozen=True)
class SentReply:
    """What the agent sent. `body` is empty where the answer went out as it stands."""

    kind: str
    body: str


@dataclass(frozen=True)
class WrittenMessage:
    """One customer's message with what people believe about it and what was replied."""

    id: str
    customer: str
    week: int
    channel: str
    body: str
    gold: Opinion
    subject: str = ""
    second: Opinion | None = None
    facts: dict[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    group: str = ""
    follows: str = ""
    reply: SentReply | None = None


@dataclass(frozen=True)
class World:
    """Everything in the files: plain entries as written, messages as typed rows."""

    people: dict[str, Any]
    areas: list[dict[str, Any]]
    customers: list[dict[str, Any]]
    messages: list[WrittenMessage]
    drafts: list[dict[str, Any]]
    changes: list[dict[str, Any]]

    @property
    def topics(self) -> dict[str, str]:
        """Area by topic."""
        return {topic["slug"]: area["area"]["slug"] for area in self.areas for topic in area["topics"]}

    @property
    def answers(self) -> dict[str, dict[str, Any]]:
        return {answer["slug"]: answer for area in self.areas for answer in area["answers"]}


def read_world(folder: Path = FIXTURES) -> World:
    """Read and check all fixtures.

    Raises:
        WorldError: a file is no YAML, or an entry names something that isn't there.
    """
    world = World(
        people=_read(folder / "people.yaml"),
        areas=[_read(file) for file in sorted((folder / "catalog").glob("*.yaml"))],
        customers=[entry for file in sorted((folder / "customers").glob("*.yaml")) for entry in _read(file)],
        messages=[
            message for file in sorted((folder / "messages").glob("*.yaml")) for message in _messages(file)
        ],
        drafts=_read(folder / "drafts.yaml"),
        changes=_read(folder / "changes.yaml"),
    )
    problems = list(_problems(world))
    if problems:
        raise WorldError("the demo world contradicts itself: " + "; ".join(problems[:10]))
    return world


def _read(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506  a safe loader, in C
    except (OSError, yaml.YAMLError) as error:
        raise WorldError(f"{file.name} can't be read: {error}") from error


def _messages(file: Path) -> Iterator[WrittenMessage]:
    for entry in _read(file):
        reply = entry.get("reply")
        second = entry.get("second")
        try:
            yield WrittenMessage(
                id=entry["id"],
                customer=entry["customer"],
                week=entry["week"],
                channel=entry["channel"],
                body=entry["body"],
                gold=_opinion(entry),
                subject=str(entry.get("subject") or ""),
                second=_opinion(second) if second else None,
                facts={name: str(value) for name, value in (entry.get("facts") or {}).items()},
                also=tuple(entry.get("also", ())),
                group=entry.get("group", ""),
                follows=entry.get("follows", ""),
                reply=SentReply(reply["kind"], reply.get("body", "")) if reply else None,
            )
        except KeyError as error:
            raise WorldError(f"{file.name}: {entry.get('id', entry)} has no {error.args[0]}") from error


def _opinion(entry: dict[str, Any]) -> Opinion:
    answer = entry.get("answer", "none")
    return Opinion(entry.get("reason", ""), entry.get("topic", ""), "" if answer == "none" else answer)


def _problems(world: World) -> Iterator[str]:
    customers = {customer["slug"] for customer in world.customers}
    by_id = {message.id: message for message in world.messages}
    if len(by_id) < len(world.messages):
        yield "two messages have one id"
    yield from _problems_of_curation(world)
    for message in world.messages:
        for opinion in (message.gold, message.second):
            if opinion is not None:
                yield from (f"{message.id}: {problem}" for problem in _unknown(opinion, world))
        if message.customer not in customers:
            yield f"{message.id}: unknown customer {message.customer}"
        if message.follows:
            earlier = by_id.get(message.follows)
            if not earlier or not earlier.reply or earlier.customer != message.customer:
                yield f"{message.id}: follows {message.follows}, which is no answered message of that customer"


def _problems_of_curation(world: World) -> Iterator[str]:
    for draft in world.drafts:
        if "new" in draft and draft["new"]["topic"] not in world.topics:
            yield f"a draft of {draft['new']['slug']}: unknown topic {draft['new']['topic']}"
        elif "new" not in draft and draft["answer"] not in world.answers:
            yield f"a draft of {draft['answer']}: there is no such answer"
    for change in world.changes:
        if unknown := sorted(set(change["topics"]) - set(world.topics)):
            yield f"a change of week {change['week']}: unknown topics {', '.join(unknown)}"


def _unknown(opinion: Opinion, world: World) -> Iterator[str]:
    if opinion.reason and opinion.reason not in VALIDITY_REASONS:
        yield f"unknown reason {opinion.reason}"
    if not opinion.reason and opinion.topic not in world.topics:
        yield f"unknown topic {opinion.topic!r}"
    if opinion.answer and opinion.answer not in world.answers:
        yield f"unknown answer {opinion.answer}"
