"""Neighbour functions that might be worth having: for the labels that rules reach least, by some of their gold.

As drafts they cost nothing. On trial the worker compares vectors, and gold shows what they are worth.
"""

from collections import defaultdict
from datetime import datetime

from copilot import releases
from helpdesk.models import User
from labeling import writing
from labeling.applying import votes_for
from labeling.gold_labels import accepted, gold_of
from labeling.models import FunctionVersion, Item, LabelingFunction

EXEMPLARS = 8
FEWEST_GOLD = 2 * EXEMPLARS  # of a label: what is left must tell how good the function is
REACHED = 0.5  # of a label's gold; who reaches more needs no neighbour
MOST = 5  # labels


def store(task: str, *, by: User | None, now: datetime) -> list[FunctionVersion]:
    """Store a draft for each label that is reached least; its vectors are the live release's, so none without one."""
    if releases.live() is None:
        return []
    made = []
    for label, exemplars, share in _least_reached(task)[:MOST]:
        slug = f"like-{label}"[:80]
        if LabelingFunction.objects.filter(slug=slug).exists():
            continue
        note = f"Suggested: rules reach {share:.0%} of this label's gold; these {len(exemplars)} they miss."
        made.append(
            writing.create(
                slug=slug,
                task=task,
                kind=FunctionVersion.Kind.NEIGHBOUR,
                label=label,
                spec={"exemplars": exemplars},
                note=note,
                by=by,
                now=now,
            )
        )
    return made


def _least_reached(task: str) -> list[tuple[str, list[int], float]]:
    """Return labels with messages of their gold that no function gives them, and the share that one does."""
    said = votes_for(task, states=LabelingFunction.VOTING)
    _, holds = accepted(gold_of(task), said.message_ids, said.labels)
    given: dict[int, set[int]] = defaultdict(set)
    for row, number in zip(said.votes.rows.tolist(), said.votes.classes.tolist(), strict=True):
        given[number].add(row)
    found = []
    for number, label in enumerate(said.labels):
        rows = holds[:, number].nonzero()[0].tolist()
        missed = [row for row in rows if row not in given[number]]
        share = 1 - len(missed) / max(len(rows), 1)
        if len(rows) >= FEWEST_GOLD and len(missed) >= EXEMPLARS and share < REACHED:
            found.append((label, _drawn([int(said.message_ids[row]) for row in missed]), share))
    return sorted(found, key=lambda each: each[2])


def _drawn(message_ids: list[int]) -> list[int]:
    """Draw some of them, the same ones every time."""
    drawn = Item.objects.filter(pk__in=message_ids).order_by("draw").values_list("pk", flat=True)
    return sorted(drawn[:EXEMPLARS])
