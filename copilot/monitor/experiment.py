"""One experiment's page: whether chance divided as planned, what the variants change, and how sure that is.

Shares come first: where they are not as planned nothing else is shown, for something has come between chance and the
cases, and nobody knows what it did to the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from copilot.experiments import MILLION
from copilot.models import Arm, Experiment, Variant
from copilot.monitor import case_reading, chance
from copilot.monitor.case_reading import Weeks
from copilot.monitor.chance import Division
from copilot.monitor.comparing import Compared, Pair, compare, control_of
from copilot.monitor.effects import Look
from copilot.monitor.shares import FEWEST_AGENTS

State, Unit = Experiment.State, Experiment.Unit
MOST_NAMED = 4  # releases of a variant; of more only the first and the last are named
TREATED = {
    "offer": "suggestions are offered",
    "shadow": "suggestions are computed and hidden",
    "off": "nothing is computed",
}


@dataclass(frozen=True)
class VariantRow:
    """A variant as the page's table shows it; `n_cases` are all of it, answered or not."""

    variant: Variant
    treated: str
    share: float
    n_cases: int

    @property
    def share_told(self) -> str:
        return f"{100 * self.share:g} %"

    @property
    def n_told(self) -> str:
        return f"{self.n_cases:,}"


@dataclass(frozen=True)
class ExperimentPage:
    """What the page shows; `instead` stands in the place of results that can't be given."""

    experiment: Experiment
    plan: str
    variants: tuple[VariantRow, ...]
    division: Division
    mixed: tuple[str, ...]
    by_design: str
    instead: str
    compared: Compared | None
    treatment: Variant | None
    others: tuple[Variant, ...]


def experiment_page(experiment: Experiment, *, today: date, position: int | None = None) -> ExperimentPage:
    """Return what is known of an experiment; `position` is that of the variant to look at, by default the first."""
    weeks = case_reading.by_week(experiment.pk)
    divided = chance.division(experiment, weeks)
    variants = list(experiment.variants.all())
    n_cases = {variant.pk: weeks.total(variant.pk, "n_cases") for variant in variants}
    served = case_reading.releases_by_variant(experiment.pk)
    instead = _instead(experiment, divided, weeks)
    control = control_of(variants)
    others = tuple(variant for variant in variants if variant != control)
    treatment = next((variant for variant in others if variant.position == position), others[0])
    look = Look.at(experiment.n_planned, reached=weeks.end_of(experiment.n_planned), today=today)
    return ExperimentPage(
        experiment=experiment,
        plan=_plan(experiment, sum(n_cases.values())),
        variants=tuple(
            VariantRow(each, _treated(each, served.get(each.pk, ())), each.share / MILLION, n_cases[each.pk])
            for each in variants
        ),
        division=divided,
        mixed=tuple(chance.mixed(experiment, weeks)),
        by_design=chance.BY_DESIGN.get(Unit(experiment.unit), ""),
        instead=instead,
        compared=None if instead else compare(
            Pair(experiment, control, treatment, weeks, case_reading.matches(experiment.pk), look, today)
        ),
        treatment=treatment,
        others=others,
    )  # fmt: skip


def _instead(experiment: Experiment, divided: Division, weeks: Weeks) -> str:
    """Say why there are no results; nothing where there are."""
    if experiment.is_draft:
        return "This experiment has not started: nothing is divided and nothing is counted yet."
    if divided.is_mismatch:
        return "Results are hidden, since the shares are not as planned."
    n_agents = len(weeks.people)
    if not weeks.weeks:
        return "No case of this experiment is in the figures yet: they are made anew within minutes of every reply."
    if not n_agents:
        return "Nobody has replied to a case of this experiment yet."
    if n_agents == 1:
        return (
            "All of its cases were answered by one agent. How much agents differ can't be known from one of them, and "
            "figures would tell of a single person: let more agents answer."
        )
    if n_agents < FEWEST_AGENTS:
        return (
            f"Fewer than {FEWEST_AGENTS} agents have answered its cases: figures would tell of single people."
        )
    return ""


def _plan(experiment: Experiment, n_cases: int) -> str:
    """Say in words what was planned, and how far it is."""
    unit = chance.UNITS[Unit(experiment.unit)]
    outcome = Experiment.Outcome(experiment.primary_outcome).label.lower()
    planned = f"It divides {unit} and is decided on {outcome} at {experiment.n_planned:,} cases"
    if experiment.is_draft:
        return f"{planned}."
    if n_cases < experiment.n_planned:
        return f"{planned}; {n_cases:,} are there, {experiment.n_planned - n_cases:,} are missing."
    return f"{planned}; {n_cases:,} are there, as many as it needs."


def _treated(variant: Variant, served: Sequence[int]) -> str:
    """Say what is done in a variant, and which releases really did it so far."""
    treated = TREATED[variant.arm]
    if variant.arm == Arm.OFF:
        return treated
    if variant.release_id is None:
        by = _named(served) if served else "the release that is live at the time"
        return f"{treated}, by {by}"
    others = [release for release in served if release != variant.release_id]
    instead = f"; {_named(others)} stood in for it" if others else ""
    return f"{treated}, by release {variant.release_id}{instead}"


def _named(numbers: Sequence[int]) -> str:
    """Name releases.

    >>> _named([3]), _named([3, 4, 7]), _named(range(3, 9))
    ('release 3', 'releases 3, 4 and 7', '6 releases from 3 to 8')
    """
    if len(numbers) > MOST_NAMED:
        return f"{len(numbers)} releases from {numbers[0]} to {numbers[-1]}"
    *others, last = map(str, numbers)
    return f"releases {', '.join(others)} and {last}" if others else f"release {last}"


@dataclass(frozen=True)
class Listed:
    """An experiment in the list, with the cases that are in its figures."""

    experiment: Experiment
    plan: str
    n_cases: int


def listed() -> dict[str, list[Listed]]:
    """Return all experiments by state: what runs, what is drafted, what has ended."""
    found = {"Running": State.RUNNING, "Drafts": State.DRAFT, "Ended": State.ENDED}
    counts = case_reading.n_cases_by_experiment()
    every = [
        Listed(each, _plan(each, counts.get(each.pk, 0)), counts.get(each.pk, 0))
        for each in Experiment.objects.with_people()
    ]
    groups = {name: [row for row in every if row.experiment.state == state] for name, state in found.items()}
    return {name: rows for name, rows in groups.items() if rows}
