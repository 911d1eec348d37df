"""How fast messages come in where very many are already: batches as an import sends them."""

import random
import time
from collections.abc import Sequence
from datetime import datetime

from helpdesk.benching.inbox import Waited, waited
from helpdesk.intake import LARGEST_BATCH, IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import Customer


def measure_intake(*, batches: int, bodies: Sequence[str], now: datetime) -> Waited:
    """Take in batches of the largest size, each message a new case, half of them from customers known already."""
    chance = random.Random(now.timestamp())  # noqa: S311  no secret: new external ids each time
    known = Customer.objects.order_by("-pk").values_list("pk", flat=True)[0]
    times = []
    for _ in range(batches):
        batch = [
            IncomingMessage(
                channel="web",
                external_id=f"bench-{chance.getrandbits(100)}",
                body=chance.choice(bodies),
                customer=IncomingCustomer(email=f"customer-{chance.randint(1, 2 * known)}@example.org"),
                sent_at=now,
                subject="Question",
            )
            for _ in range(LARGEST_BATCH)
        ]
        started = time.perf_counter()
        receipts = receive_messages(batch, now=now, announce=False)
        times.append(1000 * (time.perf_counter() - started))
        if refused := [receipt.error for receipt in receipts if receipt.error]:
            raise RuntimeError(f"the intake refused a message of the bench: {refused[0]}")
    return waited(times, queries=0)
