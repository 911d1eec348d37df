"""How far people who labeled the same messages agree (pure): kappa, alpha, and who is probably right."""
