"""Contamination: what makes two arms more alike than chance meant them to be, noted as it happens.

It is not prevented, for customers and colleagues come first; it is counted beside every effect.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Count

from copilot.models import Assignment, Contamination, Experiment, Exposure, Suggestion
from helpdesk.models import Case, Reply, Status, User

Kind = Contamination.Kind


def note_customers(new: Sequence[Assignment], *, cases: Collection[Case], now: datetime) -> None:
    """Note once for each new case that its customer has another open case that is treated differently."""
    customers = {case.pk: case.customer_id for case in cases}
    treatments = ("case__customer_id", "arm", "variant__release_id")
    oldest = (  # of each treatment of each customer: somebody may have thousands of open cases
        Assignment.objects.filter(case__customer__in=customers.values())
        .exclude(case__status=Status.CLOSED)
        .order_by(*treatments, "case_id")
        .distinct(*treatments)
        .select_related("case", "variant")
    )
    rows = []
    for mine in new:
        others = (
            other
            for other in oldest
            if other.case.customer_id == customers[mine.case_id]
            and treatment(other) != treatment(mine)
            and (other.case_id < mine.case_id or other.case_id not in customers)
        )
        if other := next(others, None):
            numbers = (mine.experiment_id, other.experiment_id)
            rows.append(
                Contamination(
                    kind=Kind.SAME_CUSTOMER,
                    case_id=mine.case_id,
                    other_case_id=other.case_id,
                    experiment_id=next((number for number in numbers if number), None),
                    at=now,
                )
            )
    Contamination.objects.bulk_create(rows)


def note_answers(replies: Sequence[Reply], *, now: datetime) -> None:
    """Note once for each agent of an experiment that they have answered cases of two variants."""
    cases = {reply.case_id for reply in replies}
    assigned = {row.case_id: row for row in Assignment.objects.filter(case__in=cases, variant__isnull=False)}
    mine = [(reply, assigned[reply.case_id]) for reply in replies if reply.case_id in assigned]
    if not mine:
        return
    experiments = {row.experiment_id for _, row in mine}
    noted = Contamination.objects.filter(kind=Kind.BOTH_VARIANTS, experiment__in=experiments)
    known: set[tuple[int | None, int | None]] = set(noted.values_list("experiment", "agent"))
    rows = []
    for reply, row in mine:
        if (key := (row.experiment_id, reply.author_id)) in known:
            continue
        others = Reply.objects.filter(author=reply.author_id, case__assignment__experiment=row.experiment_id)
        other = others.exclude(case__assignment__variant=row.variant_id).order_by("pk").first()
        if other is not None:
            known.add(key)
            rows.append(
                Contamination(
                    kind=Kind.BOTH_VARIANTS,
                    case_id=reply.case_id,
                    other_case_id=other.case_id,
                    experiment_id=row.experiment_id,
                    agent_id=reply.author_id,
                    at=now,
                )
            )
    Contamination.objects.bulk_create(rows, ignore_conflicts=True)


def note_readers(exposure: Exposure, *, now: datetime) -> None:
    """Note that agents of two variants worked on one suggestion, of which each saw something else."""
    if exposure.suggestion.exposures.exclude(variant=exposure.variant_id).exists():
        Contamination.objects.create(
            kind=Kind.TWO_READERS,
            case_id=exposure.suggestion.case_id,
            experiment_id=exposure.variant.experiment_id,
            agent_id=exposure.agent_id,
            at=now,
        )


def note_merge(*, kept: Case, merged: Case, now: datetime) -> None:
    """Note that two cases became one whose arms differ; the one that is kept keeps its arm."""
    both = {
        row.case_id: row
        for row in Assignment.objects.select_related("variant").filter(case__in=(kept, merged))
    }
    if len(both) == 2 and treatment(both[kept.pk]) != treatment(both[merged.pk]):
        Contamination.objects.create(
            kind=Kind.MERGED,
            case=kept,
            other_case=merged,
            experiment_id=both[kept.pk].experiment_id or both[merged.pk].experiment_id,
            at=now,
        )


def note_hidden_report(suggestion: Suggestion, agent: User, *, now: datetime) -> None:
    """Note that a page claims to have shown what is hidden: if it did, some door is open."""
    assignment = Assignment.objects.filter(case=suggestion.case_id).first()
    experiment = assignment.experiment_id if assignment else None
    Contamination.objects.create(
        kind=Kind.HIDDEN_REPORTED, case_id=suggestion.case_id, experiment_id=experiment, agent=agent, at=now
    )


def count_of(experiment: Experiment) -> dict[str, int]:
    """Return how often each kind of contamination was noted in an experiment."""
    kinds = Contamination.objects.filter(experiment=experiment).values_list("kind")
    found = dict(kinds.annotate(n=Count("pk")).order_by())
    return {kind: found.get(kind, 0) for kind in Kind.values}


def treatment(assignment: Assignment) -> tuple[str, int | None]:
    """Return what a case gets, by which two cases are compared: an arm, and a release of its own."""
    return assignment.arm, assignment.variant.release_id if assignment.variant else None
