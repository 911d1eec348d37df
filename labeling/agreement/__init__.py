"""How far people who labeled the same messages agree (pure): alpha, and who is probably right."""
