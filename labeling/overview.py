"""The list of functions: what each says, what it is worth, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from copilot.statistics.intervals import Interval, wilson
from labeling.applying import progress
from labeling.functions.specs import ONE_LABEL
from labeling.gates import MOVES
from labeling.labels import labels_of
from labeling.measuring import precision_of, warnings_of
from labeling.models import FunctionFigures, FunctionVersion, Item, LabelingFunction, Task

State = LabelingFunction.State


@dataclass(frozen=True)
class Listed:
    """One function as the list shows it; `percent` is how much of all items it has read, while it reads."""

    function: LabelingFunction
    version: FunctionVersion
    figures: FunctionFigures | None = None
    coverage: Interval | None = None
    precision: Interval | None = None
    warnings: list[str] = field(default_factory=list)
    percent: int | None = None
    moves: tuple[tuple[str, str], ...] = ()


def listed(*, task: str, state: str = "") -> list[Listed]:
    """Return the functions of a task, in one state or in all but retired, by name."""
    versions = FunctionVersion.objects.newest().filter(function__task=task).select_related("function__owner")
    shown = [state] if state else [value for value in State.values if value != State.RETIRED]
    return _rows(list(versions.filter(function__state__in=shown).order_by("function__slug")), task)


def row_of(function: LabelingFunction) -> Listed:
    """Return one function as the list shows it."""
    [row] = _rows([function.versions.select_related("function__owner").latest("number")], function.task)
    return row


def _rows(found: Sequence[FunctionVersion], task: str) -> list[Listed]:
    figures = {
        row.version_id: row
        for row in FunctionFigures.objects.filter(version__in=found).select_related("alike", "version")
    }
    labels = {label.slug for label in labels_of(task)}
    n_items, read = Item.objects.count(), progress(found)
    return [
        _row(version, figures.get(version.pk), labels, n_items, read[version.sha256]) for version in found
    ]


def counts_of_states(task: str) -> list[tuple[str, str, int]]:
    """Return each state with its name and how many of a task's functions are in it."""
    states = list(LabelingFunction.objects.filter(task=task).values_list("state", flat=True))
    return [(value, label, states.count(value)) for value, label in State.choices]


def tasks() -> list[tuple[str, str]]:
    """Return the tasks with the names that tabs show."""
    return [(task.value, task.value.capitalize()) for task in Task]


def _row(
    version: FunctionVersion, figures: FunctionFigures | None, labels: set[str], n_items: int, n_read: int
) -> Listed:
    function = version.function
    warnings = warnings_of(figures) if figures else []
    if version.kind in ONE_LABEL and version.label not in labels:
        warnings.append(f"its label {version.label} is retired: retire it too, or give it another one")
    is_reading = function.is_voting and not function.problem and n_read < n_items
    return Listed(
        function=function,
        version=version,
        figures=figures,
        coverage=wilson(figures.n_hits, figures.n_items) if figures and figures.n_items else None,
        precision=precision_of(figures) if figures else None,
        warnings=warnings,
        percent=100 * n_read // n_items if is_reading else None,
        moves=tuple((to.value, MOVE_NAMES[to]) for to in MOVES[State(function.state)]),
    )


MOVE_NAMES = {
    State.DRAFT: "Back to draft",
    State.TRIAL: "On trial",
    State.ACTIVE: "Activate",
    State.RETIRED: "Retire",
}
