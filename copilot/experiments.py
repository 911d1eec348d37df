"""Which arm a case belongs to: a pure function of a salt and the case, for good."""

import hashlib
from typing import Literal


def assign_arm(*, salt: str, unit: int, shadow_share: float) -> Literal["offer", "shadow"]:
    """Return the arm of a unit; about `shadow_share` of all units fall in the shadow.

    The unit's place in [0, 1) is the first 8 bytes of SHA-256 over salt and unit, as in design invariant 4.

    >>> assign_arm(salt="holdout-1", unit=7, shadow_share=0.0)
    'offer'
    >>> assign_arm(salt="holdout-1", unit=7, shadow_share=1.0)
    'shadow'
    """
    digest = hashlib.sha256(f"{salt}:{unit}".encode()).digest()
    place = int.from_bytes(digest[:8]) / 2**64
    return "shadow" if place < shadow_share else "offer"
