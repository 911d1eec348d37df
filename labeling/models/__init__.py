"""The labeling app's tables."""

from labeling.models.annotation import Annotation
from labeling.models.training import TrainingRun

__all__ = ["Annotation", "TrainingRun"]
