"""The copilot's tables: what may be said, what decides, what was suggested, what became of it."""

from copilot.models.agent_day import AgentDay
from copilot.models.agent_week import AgentWeek, TopicWeek, VersionWeek
from copilot.models.alert import Alert, AlertEvent
from copilot.models.case_day import BacklogDay, CaseDay, CaseWeek, KindWeek
from copilot.models.catalog import Answer, AnswerVersion, Area, Guidance, Term, Topic
from copilot.models.change import CatalogChange
from copilot.models.experiment import Assignment, Contamination, Experiment, Exposure, Variant
from copilot.models.follow_up import FollowUp
from copilot.models.input_day import BinDay, FloorDay, InputDay, SeenTopic
from copilot.models.judgment import Judgment, Verdict
from copilot.models.match import Match, current_version
from copilot.models.match_version import MatchVersion, SemanticFloor
from copilot.models.order import EvaluationOrder
from copilot.models.release import Artifact, Evaluation, Promotion, Release
from copilot.models.rollup import AnswerDay, ConfidenceDay, ReasonDay, RollupState, TurnDay
from copilot.models.shadow import ShadowOutcome
from copilot.models.signature import AgentSignature
from copilot.models.simulation import Simulation
from copilot.models.suggestion import Alternative, Arm, DecidingSentence, Suggestion, SuggestionEvent
from copilot.models.topic_day import TopicDay, VersionDay
from copilot.models.touch import Touch
from copilot.models.vector import QuestionVector
from copilot.models.withheld import WithheldText

__all__ = [
    "AgentDay",
    "AgentSignature",
    "AgentWeek",
    "Alert",
    "AlertEvent",
    "Alternative",
    "Answer",
    "AnswerDay",
    "AnswerVersion",
    "Area",
    "Arm",
    "Artifact",
    "Assignment",
    "BacklogDay",
    "BinDay",
    "CaseDay",
    "CaseWeek",
    "CatalogChange",
    "ConfidenceDay",
    "Contamination",
    "DecidingSentence",
    "Evaluation",
    "EvaluationOrder",
    "Experiment",
    "Exposure",
    "FloorDay",
    "FollowUp",
    "Guidance",
    "InputDay",
    "Judgment",
    "KindWeek",
    "Match",
    "MatchVersion",
    "Promotion",
    "QuestionVector",
    "ReasonDay",
    "Release",
    "RollupState",
    "SeenTopic",
    "SemanticFloor",
    "ShadowOutcome",
    "Simulation",
    "Suggestion",
    "SuggestionEvent",
    "Term",
    "Topic",
    "TopicDay",
    "TopicWeek",
    "Touch",
    "TurnDay",
    "Variant",
    "Verdict",
    "VersionDay",
    "VersionWeek",
    "WithheldText",
    "current_version",
]
