"""Figures that say how sure they are: pure functions over numpy, one file an idea (metrics sections 4 to 9)."""
