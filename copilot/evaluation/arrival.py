"""How soon a suggestion is there: from the answered POST of a message to the suggestion in the API."""

import json
import time
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils import timezone

from copilot import suggesting
from copilot.models import Suggestion
from copilot.models.suggestion import State

POLL_SECONDS = 0.005
GIVE_UP_SECONDS = 30


@dataclass(frozen=True)
class Arrival:
    """Milliseconds from the answer to `POST /api/messages/` until the suggestion is no longer pending."""

    n: int
    p50_ms: float
    p95_ms: float
    largest_ms: float


def measure_arrival(*, url: str, token: str, texts: Sequence[str]) -> Arrival:
    """Send messages one after the other and wait for the suggestion of each."""
    took = []
    for text in texts:
        case = _call(url, token, "/api/messages/", _message(text))["case"]
        started = time.perf_counter()
        while _call(url, token, f"/api/cases/{case}/suggestion/")["state"] == "pending":
            if time.perf_counter() - started > GIVE_UP_SECONDS:
                raise TimeoutError(f"case {case} still waits for its suggestion: does a worker run?")
            time.sleep(POLL_SECONDS)
        took.append((time.perf_counter() - started) * 1000)
    return Arrival(
        n=len(took),
        p50_ms=float(np.percentile(took, 50)),
        p95_ms=float(np.percentile(took, 95)),
        largest_ms=max(took),
    )


def suggest_for_case(case: int) -> None:
    """Compute what is expected in a case, as a worker does."""
    pending = Suggestion.objects.filter(case=case, state=State.PENDING).values_list("pk", flat=True)
    suggesting.suggest(suggestion_ids=list(pending), now=timezone.now())


def _message(text: str) -> dict[str, object]:
    customer = {"name": "Bench", "email": "bench@bench.example"}
    return {"channel": "bench", "external_id": uuid.uuid4().hex, "body": text, "customer": customer}


def _call(url: str, token: str, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310  the caller's own site
        url.rstrip("/") + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Token {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)
