"""A turn begins or goes on: its suggestion is expected, stored pending with the message, so that no turn is ever lost.

In the arm OFF the row is complete at once: it stands for a turn for which nothing is computed.
"""

from collections.abc import Sequence
from datetime import datetime

from copilot.assigning import assign
from copilot.models import Arm, Experiment, Suggestion
from copilot.models.suggestion import Reason, State
from helpdesk.models import Message
from helpdesk.turns import messages_of

BATCH = 32  # suggestions that a worker computes at once


def expect(messages: Sequence[Message], *, now: datetime) -> list[Suggestion]:
    """Store a pending suggestion for the newest message of each case, and queue them."""
    from copilot import tasks  # tasks import this module

    rows = store_pending(messages, now=now)
    ids = [row.pk for row in rows if row.is_pending]
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        tasks.suggest.delay_on_commit(suggestion_ids=batch)  # type: ignore[attr-defined]  # not in celery's stubs
    return rows


def store_pending(
    messages: Sequence[Message], *, now: datetime, experiment: Experiment | None = None
) -> list[Suggestion]:
    """Store what `expect` stores; who calls this computes it. An experiment may be given that divides new cases."""
    newest = _newest_of_their_cases(messages)
    _supersede(newest)
    assigned = assign([message.case for message in newest.values()], now=now, experiment=experiment)
    return Suggestion.objects.bulk_create(
        _expected(message, Arm(assigned[case_id].arm), now=now) for case_id, message in newest.items()
    )


def _expected(message: Message, arm: Arm, *, now: datetime) -> Suggestion:
    """Return the row of a turn that has just begun or gone on: pending, or complete where nothing is computed."""
    row = Suggestion(case_id=message.case_id, message=message, arm=arm, created_at=now, queued_at=now)
    if arm == Arm.OFF:
        row.state, row.reason, row.finished_at = State.OFF, Reason.OFF, now
    return row


def _newest_of_their_cases(messages: Sequence[Message]) -> dict[int, Message]:
    """Return each case's newest message, where it is one of these: one that arrives late changes nothing."""
    newest = {message.case_id: message for message in sorted(messages, key=lambda m: (m.sent_at, m.pk))}
    last = dict(
        Message.objects.filter(case__in=newest)
        .order_by("case_id", "-sent_at", "-pk")
        .distinct("case_id")
        .values_list("case_id", "pk")
    )
    return {case_id: message for case_id, message in newest.items() if last[case_id] == message.pk}


def _supersede(newest: dict[int, Message]) -> None:
    """Mark the earlier suggestions of the turns that go on."""
    earlier = (
        Suggestion.objects.current()
        .filter(case_id__in=newest)
        .select_related("message")
        .order_by("case_id", "-message__sent_at")
        .distinct("case_id")
    )
    same_turn = [
        row.pk
        for row in earlier
        if row.message_id in {message.pk for message in messages_of(newest[row.case_id])}
    ]
    Suggestion.objects.filter(pk__in=same_turn).update(state=State.SUPERSEDED)
