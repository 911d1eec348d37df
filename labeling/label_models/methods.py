"""The methods there are, by name; importing them costs nothing."""

from enum import StrEnum


class Method(StrEnum):
    """How votes are weighed."""

    MAJORITY = "majority"
    GOLD_WEIGHTED = "gold_weighted"
    LABEL_MODEL = "label_model"
