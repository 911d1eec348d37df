"""What was sent against what was suggested: how much of it survived, and whether it says the same."""

from copilot.matching.comparing import MATCHING, Match, MatchKind, compare

__all__ = ["MATCHING", "Match", "MatchKind", "compare"]
