"""Labeling functions: one module a kind, and the engine that runs rules over very many messages."""
