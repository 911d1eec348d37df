"""What goes wrong with labeling functions."""


class SpecError(ValueError):
    """A specification can't be used; the message names the key, what is wrong with it and what to do."""


class FunctionError(RuntimeError):
    """A function can't vote: it crashed, or what it needs is gone; never counted as an abstain."""
