"""A real worker of the queue `work` collects items, computes votes and counts figures."""

import pytest

from labeling import tasks
from labeling.models import FunctionFigures, Item, VoteShard
from tests.copilot.making import make_topic
from tests.labeling.making import make_function
from tests.making import make_message
from tests.processes import wait_until, worker


@pytest.mark.django_db(transaction=True)
def test_a_worker_computes_what_was_ordered() -> None:
    make_topic("Payout timing")
    make_message("When does my payout arrive?")
    make_function("payouts")
    with worker("work"):
        tasks.collect_items.delay()
        wait_until(Item.objects.exists, "the item is collected", seconds=60)
        tasks.expect_votes.delay()
        wait_until(VoteShard.objects.exists, "the votes are computed", seconds=60)
        tasks.expect_votes.delay()
        wait_until(FunctionFigures.objects.exists, "the figures are counted", seconds=60)
    assert FunctionFigures.objects.get().n_hits == 1
