"""Agents as they stand in figures: who is the same, not who it is."""

import hashlib
import hmac

from django.conf import settings

from copilot.models.rollup import NOBODY


def agent_hash(user_id: int | None) -> int:
    """Return the number by which an agent stands in the figures: the same for good, and no name."""
    if user_id is None:
        return NOBODY
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"agent:{user_id}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], signed=True)
