"""People and rules become labels, labels become datasets, datasets become artifacts."""
