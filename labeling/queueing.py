"""The queues are filled in the background, so that whoever labels never waits for a rule to look for messages."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import floor

from django.db import transaction
from django.db.models import Count, Max, Min
from django.db.models.functions import Now

from labeling import picking
from labeling.models import Annotation, Item, QueueEntry, QueuePlan, QueueShare, Rule, Task

Mode = Annotation.Mode
MODES = (Mode.BLIND, Mode.CONFIRM)
SIZE = 600  # messages that nobody has labeled yet: more than an hour of three people
MOST_DRAWN = 2 * SIZE  # at once: after an import of very many messages the sample reaches less far
LEAST_RANDOM = 5  # percent; without a random sample no figure of the whole can be told
DEFAULT_PERCENT = {
    Rule.RANDOM: 30,
    Rule.UNCERTAIN: 20,
    Rule.DISPUTED: 10,
    Rule.STALE: 10,
    Rule.RARE: 10,
    Rule.CLUSTER: 5,
    Rule.CONFLICT: 10,
    Rule.DISMISSED: 5,
}


def plan_of(task: str) -> QueuePlan:
    """Return a task's plan, made with the usual shares at first sight."""
    plan, is_new = QueuePlan.objects.get_or_create(task=task)
    if is_new:
        QueueShare.objects.bulk_create(
            QueueShare(plan=plan, rule=rule, percent=percent) for rule, percent in DEFAULT_PERCENT.items()
        )
    return plan


@transaction.atomic
def change_plan(*, task: str, percents: Mapping[str, int], overlap_percent: int, overlap_people: int) -> None:
    """Set the shares of a task's rules and how many people label what; they hold for what is queued from now on."""
    plan = plan_of(task)
    QueuePlan.objects.filter(pk=plan.pk).update(
        overlap_percent=overlap_percent, overlap_people=overlap_people
    )
    for rule, percent in percents.items():
        QueueShare.objects.update_or_create(plan=plan, rule=rule, defaults={"percent": percent})


def counts_by_rule(task: str) -> dict[str, tuple[int, int]]:
    """Return for each rule how many messages wait to be labeled blind, and how many were labeled in 30 days."""
    waiting = QueueEntry.objects.waiting(task, Mode.BLIND).filter(n_labeled=0)
    n_waiting = dict(waiting.values_list("rule").annotate(n=Count("*")))
    labeled = Annotation.objects.standing().filter(task=task, made_at__gte=Now() - timedelta(days=30))
    n_labeled = dict(labeled.values_list("picked_by").annotate(n=Count("*")))
    return {rule: (n_waiting.get(rule, 0), n_labeled.get(rule, 0)) for rule in DEFAULT_PERCENT}


def fill_all(*, now: datetime, seed: int) -> int:
    """Fill the queues that run low, and return how many messages were added."""
    return sum(fill(task=task, mode=mode, now=now, seed=seed) for task in Task.values for mode in MODES)


@transaction.atomic
def fill(*, task: str, mode: str, now: datetime, seed: int, size: int = SIZE) -> int:
    """Top a queue up to `size` messages without a label, by the shares of its plan, and return how many came.

    0. Conflicts don't wait for their turn: up to their share, the newest go before all others.
    1. Each other rule brings its share.
    2. The rest is drawn: the random sample of the task reaches further, and all that lies below is queued with that
       probability. What is confirmed is no sample, so there the rules bring all.
    3. All are mixed, so that each stretch of the queue has the same shares.
    """
    plan_of(task)
    plan = QueuePlan.objects.select_for_update().get(task=task)  # one process at a time
    percents = dict(plan.shares.values_list("rule", "percent"))
    n_first = _put_conflicts_first(plan, percents, size=size, now=now) if mode == Mode.BLIND else 0
    n = size - QueueEntry.objects.waiting(task, mode).filter(n_labeled=0).count()
    if n < size // 4:
        return n_first
    if mode == Mode.CONFIRM:
        percents.pop(Rule.RANDOM)
    picked: dict[str, list[int]] = {}
    for rule, wanted in apportion(percents, n).items():
        if rule == Rule.CONFLICT and mode == Mode.BLIND:
            continue
        earlier = {message for found in picked.values() for message in found}
        found = picking.candidates(rule, task=task, mode=mode, n=wanted, now=now)
        picked[rule] = [message for message in found if message not in earlier]
    entries = [_entry(rule, message, task, mode, now) for rule, found in picked.items() for message in found]
    _keep_sampled(entries, task)
    if mode == Mode.BLIND:
        entries = _draw(plan, entries, n=n - len(entries), now=now)
    _store(entries, plan, random.Random(seed))  # noqa: S311  no secret
    return n_first + len(entries)


def _put_conflicts_first(plan: QueuePlan, percents: Mapping[str, int], *, size: int, now: datetime) -> int:
    """Queue the newest conflicts before all that waits, up to their share of a full queue; return how many came.

    Where a reply says something else than the suggestion, one of both is wrong today. A fifth is left to chance all
    the same (see `picking.RESERVED`), and a thousand conflicts don't push the random sample out.
    """
    waiting = QueueEntry.objects.waiting(plan.task, Mode.BLIND)
    n_waiting = waiting.filter(rule=Rule.CONFLICT, n_labeled=0).count()
    wanted = apportion(percents, size).get(Rule.CONFLICT, 0) - n_waiting
    found = picking.candidates(Rule.CONFLICT, task=plan.task, mode=Mode.BLIND, n=wanted, now=now)
    entries = [_entry(Rule.CONFLICT, message, plan.task, Mode.BLIND, now) for message in found]
    _keep_sampled(entries, plan.task)
    open_entries = QueueEntry.objects.filter(task=plan.task, closed_at=None)
    first = floor(open_entries.aggregate(first=Min("place"))["first"] or 0)
    for place, entry in enumerate(entries, start=first - len(entries)):
        entry.place = place
    QueueEntry.objects.bulk_create(entries, batch_size=1000)
    return len(entries)


def _entry(rule: str, message: int, task: str, mode: str, now: datetime) -> QueueEntry:
    return QueueEntry(message_id=message, task=task, mode=mode, rule=rule, queued_at=now)


def _keep_sampled(entries: Sequence[QueueEntry], task: str) -> None:
    """Let what belongs to the random sample stay in it: its label is out of date, how it was drawn is not."""
    drawn = dict(
        Annotation.objects.standing()
        .filter(task=task, inclusion_probability__isnull=False)
        .filter(message__in=[entry.message_id for entry in entries])
        .values_list("message_id", "inclusion_probability")
    )
    for entry in entries:
        if entry.message_id in drawn:
            entry.rule, entry.inclusion_probability = Rule.RANDOM, drawn[entry.message_id]


def _draw(plan: QueuePlan, entries: list[QueueEntry], *, n: int, now: datetime) -> list[QueueEntry]:
    """Let the sample of the task reach n items further, and return the entries with those that came into it."""
    n_items = Item.objects.count()
    if not n_items:
        return entries
    reach = min(1.0, plan.sampled_below + max(0, n) / n_items)
    drawn, below = picking.draw(task=plan.task, below=reach, most=MOST_DRAWN)
    QueuePlan.objects.filter(pk=plan.pk).update(sampled_below=below)
    waiting = QueueEntry.objects.waiting(plan.task, Mode.BLIND).filter(message__in=drawn)
    moved = set(waiting.values_list("message_id", flat=True))
    waiting.update(rule=Rule.RANDOM, inclusion_probability=below)
    entries = [entry for entry in entries if entry.message_id not in set(drawn)]
    for message in drawn:
        if message not in moved:
            entry = _entry(Rule.RANDOM, message, plan.task, Mode.BLIND, now)
            entry.inclusion_probability = below
            entries.append(entry)
    return entries


def _store(entries: Sequence[QueueEntry], plan: QueuePlan, chance: random.Random) -> None:
    """Queue the entries behind what waits already, each rule's evenly spread, some of them for several people."""
    n_of = Counter(entry.rule for entry in entries)
    nth: Counter[str] = Counter()
    last = QueueEntry.objects.filter(task=plan.task, closed_at=None).aggregate(last=Max("place"))["last"]
    base = floor(last or 0) + 1
    for entry in entries:
        entry.place = base + (nth[entry.rule] + 0.5) / n_of[entry.rule]
        nth[entry.rule] += 1
        if entry.mode == Mode.BLIND and chance.random() < plan.overlap_percent / 100:
            entry.n_wanted = plan.overlap_people
    QueueEntry.objects.bulk_create(entries, batch_size=1000)


def apportion(percents: Mapping[str, int], n: int) -> dict[str, int]:
    """Divide n among rules by their shares, by largest remainders.

    >>> apportion({"random": 50, "stale": 25, "rare": 25}, 10)
    {'random': 5, 'stale': 3, 'rare': 2}
    """
    total = sum(percents.values())
    if not total:
        return dict.fromkeys(percents, 0)
    exact = {name: n * percent / total for name, percent in percents.items()}
    whole = {name: int(value) for name, value in exact.items()}
    rest = n - sum(whole.values())
    for name in sorted(exact, key=lambda name: whole[name] - exact[name])[:rest]:
        whole[name] += 1
    return whole
