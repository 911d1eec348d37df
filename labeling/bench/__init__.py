"""How good training is on public or one's own data: each bench trains and judges as a release is."""
