"""What of a suggestion one person may see: the one place that every door asks.

Hidden is what lies in the shadow, with all that was computed on the way (also why it was withheld): a hint is help, and
the shadow is there to measure what happens without. What failed is told, since somebody has to repair it.
"""

from collections.abc import Mapping

from django.db.models import QuerySet

from copilot.assigning import variant_for
from copilot.models import Arm, Experiment, Suggestion
from copilot.models.suggestion import State
from helpdesk.models import Case, User

COMPUTED = (State.OFFERED, State.SHADOW, State.WITHHELD, State.SUPERSEDED)


def is_hidden(suggestion: Suggestion, user: User) -> bool:
    """Whether nothing of a suggestion may be shown to a person, because its effect is being measured."""
    if suggestion.state not in COMPUTED:
        return False
    if suggestion.arm != Arm.OFFER or suggestion.state == State.SHADOW:
        return True
    assignment = getattr(suggestion.case, "assignment", None)
    experiment = assignment.experiment if assignment else None
    if experiment is None or not experiment.divides_agents:
        return False
    return variant_for(user, experiment, asked_at=suggestion.message.sent_at).arm != Arm.OFFER


def offered_to(user: User, cases: QuerySet[Case]) -> set[int]:
    """Return the ids of the cases whose newest turn is offered a suggestion that this person may see."""
    newest = Suggestion.objects.newest_in(cases).values_list(
        "case", "state", "message__sent_at", "case__assignment__experiment"
    )
    offered = [row for row in newest if row[1] == State.OFFERED]
    experiments = _of_readers({experiment for *_, experiment in offered if experiment})
    return {
        case
        for case, _, asked_at, number in offered
        if number not in experiments
        or variant_for(user, experiments[number], asked_at=asked_at).arm == Arm.OFFER
    }


def _of_readers(numbers: set[int]) -> Mapping[int, Experiment]:
    """Return the experiments among these that divide agents."""
    if not numbers:
        return {}
    found = Experiment.objects.filter(pk__in=numbers).exclude(unit=Experiment.Unit.CASE)
    return {experiment.pk: experiment for experiment in found.prefetch_related("variants")}
