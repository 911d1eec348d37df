"""Votes are computed once: shard by shard in the background, kept by what a rule says, and read as one matrix.

1. `expect` looks which shards of which rules are missing or have grown, and queues them. It is called when a function
   is saved, and by a periodic task that finds whatever was lost.
2. `apply_to` reads the items of one shard, runs the rules that still miss it, and stores what each said.
3. `votes_for` joins the columns of a task's functions.

Editing one function gives it a new hash, and so computes one column. A function that crashes is stopped and says where.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Count, F
from numpy.typing import NDArray

from labeling.functions import specs
from labeling.functions.errors import FunctionError
from labeling.items import items_of, rows_of
from labeling.labels import labels_of
from labeling.models import SHARD, FunctionVersion, Item, LabelingFunction, VoteShard
from labeling.votes import Votes
from labeling.voting import Said, say

logger = logging.getLogger(__name__)
State = LabelingFunction.State
A_TASK = 50  # rules that one task runs over a shard


@dataclass(frozen=True, eq=False)
class TaskVotes:
    """What a task's functions said: `votes` has a row for each of `message_ids`, a function for each of `versions`,
    and a class for each of `labels`."""

    votes: Votes
    message_ids: NDArray[np.int64]
    versions: tuple[FunctionVersion, ...]
    labels: tuple[str, ...]


def current_versions(
    task: str | None = None, *, states: Collection[str] = LabelingFunction.VOTING
) -> list[FunctionVersion]:
    """Return the newest version of each function in these states, by the functions' names."""
    newest = FunctionVersion.objects.newest().filter(function__state__in=states)
    if task:
        newest = newest.filter(function__task=task)
    return list(newest.select_related("function__owner").order_by("function__slug"))


def expect(*, now: datetime) -> int:
    """Queue what is missing, and return how many tasks that are."""
    from labeling import tasks  # tasks import this module

    missing = _missing(now)
    n = 0
    for shard, versions in sorted(missing.items(), reverse=True):  # the newest messages first
        for start in range(0, len(versions), A_TASK):
            ids = [version.pk for version in versions[start : start + A_TASK]]
            tasks.apply_functions.apply_async(
                kwargs={"shard": shard, "version_ids": ids}, expires=tasks.EXPECTED_EVERY
            )
            n += 1
    return n


def apply_everything(*, now: datetime) -> int:
    """Compute in this process what is missing, and return how many shards were read."""
    missing = _missing(now)
    for shard, versions in missing.items():
        apply_to(shard=shard, version_ids=[version.pk for version in versions], now=now)
    return len(missing)


def apply_to(*, shard: int, version_ids: Collection[int], now: datetime) -> None:
    """Compute and store the votes of some rules on one shard, those that have them already left out."""
    asked = FunctionVersion.objects.filter(pk__in=version_ids, function__problem="").select_related(
        "function"
    )
    for lag, group in _by_lag(asked).items():
        items = items_of(shard).filter(sent_at__lte=now - lag) if lag else items_of(shard)
        versions = _without_votes(group, shard, items.count())
        if not versions:
            continue
        rows = rows_of(items, with_attributes=any(map(specs.reads_attributes, versions)))
        for version, said in zip(versions, say(versions, rows), strict=True):
            if isinstance(said, FunctionError):
                stop(version, str(said))
            else:
                _store(version.sha256, shard, said, rows.ids, now=now)


def stop(version: FunctionVersion, problem: str) -> None:
    """Note where a function crashed, which ends its run until somebody has mended it."""
    logger.error("function %s stopped: %s", version, problem)
    LabelingFunction.objects.filter(pk=version.function_id).update(problem=f"{version}: {problem}")


def run_again(function: LabelingFunction) -> None:
    """Forget where a function crashed, so that its run goes on."""
    LabelingFunction.objects.filter(pk=function.pk).update(problem="")


def votes_for(task: str, *, states: Collection[str] = (State.ACTIVE,)) -> TaskVotes:
    """Return what a task's functions in these states said of all items, as far as it is computed.

    A vote for a label that is retired is left out.
    """
    versions = current_versions(task, states=states)
    labels = tuple(label.slug for label in labels_of(task))
    ids = np.fromiter(Item.objects.order_by("pk").values_list("pk", flat=True), np.int64)
    columns = columns_of([version.sha256 for version in versions], ids=ids, labels=labels)
    return TaskVotes(Votes.from_columns(columns, n=len(ids), k=len(labels)), ids, tuple(versions), labels)


def columns_of(
    hashes: Sequence[str], *, ids: NDArray[np.int64], labels: Sequence[str]
) -> list[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    """Return for each hash the rows, as places in the ascending `ids`, and the classes of its stored votes."""
    parts: dict[str, list[tuple[NDArray[np.int64], NDArray[np.int32]]]] = {each: [] for each in hashes}
    shards = VoteShard.objects.filter(sha256__in=set(hashes)).order_by("shard")
    for row in shards.iterator(chunk_size=200):
        parts[row.sha256].append(_read(row, labels))
    return [_on_rows(parts[each], ids) for each in hashes]


def progress(versions: Iterable[FunctionVersion]) -> dict[str, int]:
    """Return how many items each of these versions has read, by hash."""
    hashes = {version.sha256 for version in versions}
    read: dict[str, int] = dict.fromkeys(hashes, 0)
    for sha256, n in VoteShard.objects.filter(sha256__in=hashes).values_list("sha256", "n_items"):
        read[sha256] += n
    return read


def _missing(now: datetime) -> dict[int, list[FunctionVersion]]:
    """Return by shard which rules have not read it, or not all of it."""
    versions = [version for version in current_versions() if not version.function.problem]
    hashes = {version.sha256 for version in versions}
    stored = VoteShard.objects.filter(sha256__in=hashes).values_list("sha256", "shard", "n_items")
    read = {(sha256, shard): n for sha256, shard, n in stored}
    missing: dict[int, list[FunctionVersion]] = defaultdict(list)
    for lag, group in _by_lag(versions).items():
        for shard, n in _sizes(now - lag if lag else None).items():
            missing[shard] += [version for version in group if read.get((version.sha256, shard)) != n]
    return {shard: lacking for shard, lacking in missing.items() if lacking}


def _by_lag(versions: Iterable[FunctionVersion]) -> dict[timedelta, list[FunctionVersion]]:
    """Group rules by how old a message must be before they read it."""
    groups: dict[timedelta, list[FunctionVersion]] = defaultdict(list)
    for version in versions:
        groups[specs.lag_of(version)].append(version)
    return groups


def _sizes(until: datetime | None) -> dict[int, int]:
    """Return how many items each shard has, or has of those sent until a time."""
    items = Item.objects.filter(sent_at__lte=until) if until else Item.objects.all()
    by_shard = items.annotate(shard=F("message_id") / SHARD).values("shard")
    return dict(by_shard.annotate(n=Count("*")).values_list("shard", "n"))


def _without_votes(versions: Sequence[FunctionVersion], shard: int, n_items: int) -> list[FunctionVersion]:
    """Leave out the versions whose votes on a shard are there; of versions that say the same, one is kept."""
    done = set(
        VoteShard.objects.filter(
            shard=shard, n_items=n_items, sha256__in=[version.sha256 for version in versions]
        ).values_list("sha256", flat=True)
    )
    return list({version.sha256: version for version in versions if version.sha256 not in done}.values())


def _store(sha256: str, shard: int, said: Said, ids: Sequence[int], *, now: datetime) -> None:
    offsets = np.asarray(ids, np.int64)[said.places] - shard * SHARD
    VoteShard.objects.update_or_create(
        sha256=sha256,
        shard=shard,
        defaults={
            "n_items": len(ids),
            "offsets": offsets.astype(np.uint16).tobytes(),
            "classes": said.classes.astype(np.uint16).tobytes(),
            "labels": list(said.labels),
            "computed_at": now,
        },
    )


def _read(row: VoteShard, labels: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the ids of the messages that a shard's votes are on, and their classes; -1 for what is no label now."""
    place = {label: number for number, label in enumerate(labels)}
    classes = np.array([place.get(label, -1) for label in row.labels], np.int32)
    ids = np.frombuffer(row.offsets, np.uint16).astype(np.int64) + row.shard * SHARD
    return ids, classes[np.frombuffer(row.classes, np.uint16)]


def _on_rows(
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int32]]], ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Join parts, and turn ids of messages into places; what is not among the ids or no label is left out."""
    voted = np.concatenate([np.zeros(0, np.int64), *(part for part, _ in parts)])
    classes = np.concatenate([np.zeros(0, np.int32), *(part for _, part in parts)])
    places = np.searchsorted(ids, voted)
    kept = (places < len(ids)) & (classes >= 0)
    kept[kept] = ids[places[kept]] == voted[kept]
    return places[kept], classes[kept]
