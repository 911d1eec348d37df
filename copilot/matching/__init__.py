"""What was sent against what was suggested: how much of it survived, and whether it says the same."""

from copilot.matching.comparing import MATCHING, RULES_VERSION, Match, MatchKind, compare
from copilot.matching.normalising import NORM_VERSION

__all__ = ["MATCHING", "NORM_VERSION", "RULES_VERSION", "Match", "MatchKind", "compare"]
