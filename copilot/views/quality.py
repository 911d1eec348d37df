"""The quality page of a release: what it confuses, what its confidence is worth, and where it is surely wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from copilot import evaluating
from copilot.evaluation.mistakes import worst_of
from copilot.evaluation.rows import Row
from copilot.models import Evaluation, Release
from copilot.monitor.quality import Report
from copilot.monitor.quality_tables import TABLES
from copilot.monitor.tables import as_file, kind_of
from copilot.views.releases import check_reader
from helpdesk.access import cases_for
from helpdesk.models import User
from helpdesk.requests import PageRequest


@dataclass(frozen=True)
class Mistake:
    """A row that is surely wrong, and the number of its case where the reader may see it."""

    row: Row
    case: int | None


@require_GET
def quality(request: PageRequest, release_id: int) -> HttpResponse:
    check_reader(request.user)
    release = get_object_or_404(Release.objects.select_related("encoder"), pk=release_id)
    known = newest_by_method(release)
    method = request.GET.get("method") or next(iter(known), "")
    if not known:
        return render(request, "copilot/quality.html", {"release": release})
    if method not in known:
        raise Http404(f"release {release_id} was not judged so: name one of {', '.join(known)}")
    report = Report(known[method], evaluating.rows_of(known[method]))
    if kind := kind_of(request.GET):
        if (part := request.GET[kind]) not in TABLES:
            raise Http404(f"no such table: name one of {', '.join(TABLES)}")
        return as_file(TABLES[part](report), kind=kind, name=f"release-{release_id}-{method}-{part}")
    context = {
        "release": release,
        "known": known,
        "method": method,
        "report": report,
        "query": f"method={method}",
    }
    context |= {"worst": worst_for(request.user, report.rows), "n_known": evaluating.n_known(known[method])}
    return render(request, "copilot/quality.html", context)


def newest_by_method(release: Release) -> dict[str, Evaluation]:
    """Return the last evaluation by each method, on its own dataset if there is one, in the order they are told."""
    newest: dict[str, Evaluation] = {}
    for evaluation in release.evaluations.own_first():
        evaluation.release = release
        newest.setdefault(evaluation.method, evaluation)
    return {method: newest[method] for method in Evaluation.Method.values if method in newest}


def worst_for(user: User, rows: Sequence[Row]) -> list[Mistake]:
    """Return the worst mistakes, each with its case if this person may see it.

    A dataset of other origin may number its rows as we do ours: message and case must both fit.
    """
    worst = worst_of(rows)
    numbers = [int(row.message) for row in worst if row.message.isdecimal() and len(row.message) < 19]
    seen = cases_for(user).filter(messages__in=numbers).values_list("messages", "pk")
    case_of = {(str(message), str(case)): case for message, case in seen}
    return [Mistake(row, case_of.get((row.message, row.case))) for row in worst]
