"""A worker that runs follows a promotion with its next message: nobody restarts it."""

import time

import pytest
from django.utils import timezone

from copilot import releases
from copilot.evaluation.gate import Finding
from copilot.models import Release, Suggestion
from copilot.models.suggestion import State
from helpdesk.models import Message
from tests.copilot.making import make_answer
from tests.making import make_message
from tests.processes import wait_until, worker
from tests.releasing import make_other_encoder, make_release

pytestmark = [pytest.mark.django_db(transaction=True)]

FOLLOWED = 5.0  # seconds from the promotion to a suggestion of the new release


def suggested(message: Message) -> Suggestion:
    def is_decided() -> bool:
        return Suggestion.objects.exclude(state=State.PENDING).filter(message=message).exists()

    wait_until(is_decided, "the worker decides", seconds=60)
    return Suggestion.objects.get(message=message)


def test_a_running_worker_follows_a_promotion_within_five_seconds() -> None:
    live, candidate = make_release(), make_release(Release.State.CANDIDATE)
    Release.objects.filter(pk=candidate.pk).update(
        encoder=make_other_encoder(live)
    )  # so all of it is loaded anew
    candidate = releases.get(candidate.pk)
    make_answer()
    with worker() as process:
        assert suggested(make_message("When is my payout?", announce=True)).release == live

        findings = (Finding(True, "all well"),)
        promoted_at = time.monotonic()
        releases.promote(candidate, against=live, findings=findings, actor=None, now=timezone.now())
        after = suggested(make_message("Where is my payout?", announce=True))
        took = time.monotonic() - promoted_at

        assert after.release == candidate
        assert [vector.encoder for vector in after.vectors.all()] == [candidate.encoder]
        assert took < FOLLOWED

        releases.roll_back(actor=None, now=timezone.now())
        assert suggested(make_message("And my payout?", announce=True)).release == live
        assert process.poll() is None, "it is still the same worker"
