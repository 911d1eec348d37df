"""The labeling app's tables."""

from labeling.models.annotation import Annotation

__all__ = ["Annotation"]
