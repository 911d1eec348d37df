"""The labeling app's tables."""

from labeling.models.act import Act, Disagreement
from labeling.models.annotation import Annotation, Task
from labeling.models.dataset import FrozenDataset
from labeling.models.function import (
    SHARD,
    FunctionFigures,
    FunctionVersion,
    LabelingFunction,
    ModelAnswer,
    VoteShard,
)
from labeling.models.item import Item
from labeling.models.judging import JudgingAct, TurnToJudge, WeeklySample
from labeling.models.queue import Lease, QueueEntry, QueuePlan, QueueShare, Rule
from labeling.models.text_import import ImportReject, TextImport
from labeling.models.topic_change import Heir, LabelMove, TopicChange
from labeling.models.training import TrainingRun
from labeling.models.weak import (
    WeakLabelCandidate,
    WeakLabelClass,
    WeakLabelConfusion,
    WeakLabelFunction,
    WeakLabelRun,
    WeakLabelShard,
)

__all__ = [
    "SHARD",
    "Act",
    "Annotation",
    "Disagreement",
    "FrozenDataset",
    "FunctionFigures",
    "FunctionVersion",
    "Heir",
    "ImportReject",
    "Item",
    "JudgingAct",
    "LabelMove",
    "LabelingFunction",
    "Lease",
    "ModelAnswer",
    "QueueEntry",
    "QueuePlan",
    "QueueShare",
    "Rule",
    "Task",
    "TextImport",
    "TopicChange",
    "TrainingRun",
    "TurnToJudge",
    "VoteShard",
    "WeakLabelCandidate",
    "WeakLabelClass",
    "WeakLabelConfusion",
    "WeakLabelFunction",
    "WeakLabelRun",
    "WeakLabelShard",
    "WeeklySample",
]
