"""How messages come in and replies go out; one module a channel."""
