"""The memory that a bench has needed."""

import resource
import sys

UNIT = 1 if sys.platform == "darwin" else 1024  # bytes: what getrusage counts in


def peak_mb() -> float:
    """Return the most memory that this process has held at once, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 2**20
