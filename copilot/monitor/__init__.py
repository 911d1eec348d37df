"""What became of suggestions, as figures that can be recomputed from events."""
