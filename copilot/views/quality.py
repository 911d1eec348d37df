"""The quality page of a release: what it confuses, what its confidence is worth, and where it is surely wrong."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from copilot import evaluating
from copilot.evaluation.mistakes import worst_of
from copilot.evaluation.rows import Row
from copilot.models import Evaluation, Release
from copilot.monitor.quality import Report, risk_of
from copilot.monitor.tables import quoted
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
    if part := request.GET.get("csv"):
        return as_csv(report, part)
    context = {"release": release, "known": known, "method": method, "report": report}
    context |= {"worst": worst_for(request.user, report.rows), "n_known": evaluating.n_known(known[method])}
    return render(request, "copilot/quality.html", context)


def newest_by_method(release: Release) -> dict[str, Evaluation]:
    """Return the last evaluation of each method, in the order in which they are told."""
    newest: dict[str, Evaluation] = {}
    for evaluation in release.evaluations.order_by("evaluated_at"):
        evaluation.release = release
        newest[evaluation.method] = evaluation
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


def as_csv(report: Report, part: str) -> HttpResponse:
    """Write one of the page's tables; a name that a spreadsheet could take for a formula is quoted."""
    if part not in TABLES:
        raise Http404(f"no such table: name one of {', '.join(TABLES)}")
    evaluation = report.evaluation
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"release-{evaluation.release_id}-{evaluation.method}-{part}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    head, *rows = TABLES[part](report)
    origin = [evaluation.release_id, evaluation.method, evaluation.dataset, evaluation.dataset_sha256[:12]]
    writer = csv.writer(response)
    writer.writerow([*head, "release", "method", "dataset", "sha256"])
    writer.writerows([*(quoted(cell) for cell in row), *map(quoted, origin)] for row in rows)
    return response


def _confused(report: Report) -> list[list[object]]:
    counts = sorted(report.confusion.counts.items())
    return [["true", "said", "n"], *([true, said, n] for (true, said), n in counts)]


def _reliable(report: Report) -> list[list[object]]:
    rows: list[list[object]] = [
        [found.low, found.high, found.n, found.confidence, found.accuracy] for found in report.bins
    ]
    return [["low", "high", "n", "confidence", "accuracy"], *rows]


def _risky(report: Report) -> list[list[object]]:
    rows: list[list[object]] = [[at.floor, at.coverage, at.n_passed, risk_of(at)] for at in report.curve]
    return [["floor", "coverage", "n_passed", "risk"], *rows]


def _lost(report: Report) -> list[list[object]]:
    rows: list[list[object]] = [
        [str(end), rate.k, rate.n, rate.interval and rate.interval.low, rate.interval and rate.interval.high]
        for end, rate in report.quality.ends.items()
    ]
    return [["end", "k", "n", "low", "high"], *rows]


TABLES: Mapping[str, Callable[[Report], list[list[object]]]] = {
    "losses": _lost,
    "confusion": _confused,
    "reliability": _reliable,
    "risk": _risky,
}
