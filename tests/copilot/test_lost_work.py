"""A worker killed in the middle loses no turn and decides none twice."""

import random
import signal
import time

import pytest
from django.utils import timezone

from copilot.models import Suggestion
from copilot.models.suggestion import State
from helpdesk.intake import receive_messages
from helpdesk.models import Message
from tests.copilot.making import make_answer
from tests.making import incoming
from tests.processes import start_worker, wait_until, worker
from tests.releasing import make_release

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MESSAGES = 500
KILLS = 3


def pending() -> int:
    return Suggestion.objects.filter(state=State.PENDING).count()


def test_every_turn_has_one_outcome_after_three_kills() -> None:
    make_release()
    make_answer()
    moments = random.Random(7)
    receive_messages(
        [incoming(f"When is payout number {n} in my account?") for n in range(MESSAGES)], now=timezone.now()
    )
    killed_at = []
    for _ in range(KILLS):
        process = start_worker()
        started = pending()
        wait_until(lambda started=started: pending() < started, "the worker begins")
        time.sleep(moments.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed_at.append(pending())
    assert killed_at[-1] > 0, "the last kill came too late to interrupt anything"
    with worker():
        _sweep_until_done()
    assert Message.objects.count() == Suggestion.objects.count() == MESSAGES
    assert Suggestion.objects.exclude(state__in=[State.OFFERED, State.SHADOW, State.WITHHELD]).count() == 0
    assert Suggestion.objects.filter(finished_at=None).count() == 0


def _sweep_until_done() -> None:
    """Do what beat does: ask for a sweep every ten seconds."""
    from copilot import tasks

    deadline = time.monotonic() + 60
    while pending():
        assert time.monotonic() < deadline, f"{pending()} turns still wait a minute after the restart"
        tasks.sweep.delay()
        time.sleep(5)
