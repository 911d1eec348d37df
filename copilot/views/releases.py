"""Releases for data scientists: the list, one release's card, two of them compared, promotion and rollback."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from copilot import embedding, evaluating, releases, shadowing
from copilot.datasets import DatasetError
from copilot.evaluation import gate
from copilot.evaluation.comparison import Comparison, ComparisonError
from copilot.evaluation.rows import FIGURES
from copilot.forms import ShadowForm
from copilot.models import EvaluationOrder, Promotion, Release
from helpdesk.models import User
from helpdesk.requests import PageRequest

KEY_FIGURES = ("topic", "answered", "misled")
TIMES = ("all", "encoder", "validity", "topic", "answer")
WRONG = {  # by floor
    "validity": "no question, of what passes as one",
    "topic": "the topic, of questions that pass",
    "answer": "the answer, where the topic is right",
    "scope": "an answer offered, of what is out of scope",
    "confidence": "the answer, of what is offered",
}
LABELS = {figure.name: figure.label for figure in FIGURES}
PARTS = ("encoder", "validity", "topics", "answers")


@dataclass(frozen=True)
class Pair:
    """Two releases and a dataset, with what can be said of them.

    `comparison` is None until both were evaluated by the same version of the code. The old one may be `broken`: then
    it can't be evaluated, and the new one need not be compared with it.
    """

    old: Release
    new: Release
    dataset: str
    comparison: Comparison | None
    problem: str = ""
    broken: releases.ReleaseError | None = None

    @cached_property
    def findings(self) -> tuple[gate.Finding, ...]:
        if self.broken:
            return (gate.nothing_to_lose(self.broken),)
        if not self.comparison:
            return ()
        return (*gate.check(self.comparison), *shadowing.findings(self.old, self.new))

    @property
    def rows(self) -> list[tuple[bool, str]]:
        """The findings as they are recorded and shown."""
        return [(finding.passed, finding.text) for finding in self.findings]

    @property
    def is_passed(self) -> bool:
        return bool(self.findings) and all(finding.passed for finding in self.findings)


@require_GET
def release_list(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    rows = list(Release.objects.defer("learned_from"))
    live = next((row for row in rows if row.state == Release.State.LIVE), None)
    context = {
        "releases": rows,
        "live": live,
        "previous": releases.previous_of(live) if live else None,
        "figures": {name: LABELS[name] for name in KEY_FIGURES},
        "history": Promotion.objects.select_related("release", "previous", "actor")[:50],
    }
    return render(request, "copilot/releases.html", context)


@require_GET
def release_card(request: PageRequest, release_id: int) -> HttpResponse:
    check_reader(request.user)
    release = _release(release_id)
    context = {
        "release": release,
        "card": release.card,
        "floors": _in_order(release.card.get("floors", {}), tuple(WRONG)),
        "wrong": WRONG,
        "latency": _in_order((release.card.get("test") or {}).get("latency_ms", {}), TIMES),
        "labels": LABELS,
        "live": releases.live(),
        "progress": embedding.progress_of(release),
        "shadow_percent": f"{100 * release.shadow_share:g}",
        "promotions": release.promotions.select_related("actor", "previous"),
    }
    return render(request, "copilot/release.html", context)


@require_GET
def vectors(request: PageRequest, release_id: int) -> HttpResponse:
    """How far the vectors of its encoder are, which asks for itself as long as a worker adds some."""
    check_reader(request.user)
    release = _release(release_id)
    context = {"release": release, "progress": embedding.progress_of(release)}
    return render(request, "copilot/_vectors.html", context)


@require_GET
def compare(request: PageRequest) -> HttpResponse:
    check_reader(request.user)
    numbers = [request.GET.get(name, "") for name in ("old", "new")]
    if not all(number.isdecimal() and len(number) < 10 for number in numbers):
        raise Http404("name two releases: ?old=1&new=2")
    old, new = (_release(int(number)) for number in numbers)
    datasets = evaluating.names()
    dataset = request.GET.get("dataset", new.dataset)
    orders = EvaluationOrder.objects.filter(release__in=[old, new], dataset=dataset)
    context = {
        "compared": compared_on(old, new, dataset),
        "orders": orders,
        "waits": any(not order.problem for order in orders),
        "datasets": datasets,
        "shadow": shadowing.rates(old, new),
    }
    return render(request, "copilot/compare.html", context)


@require_POST
def evaluate(request: PageRequest) -> HttpResponse:
    check_manager(request.user)
    numbers = [int(number) for number in request.POST.getlist("release") if number.isdecimal()][:2]
    dataset = request.POST.get("dataset", "")
    if len(numbers) != 2 or dataset not in evaluating.names():
        raise Http404("name two releases and a dataset")
    for release in [_release(number) for number in numbers]:
        evaluating.order(release, dataset, now=timezone.now())
    return redirect(f"{reverse('copilot:compare')}?old={numbers[0]}&new={numbers[1]}&dataset={dataset}")


@require_http_methods(["GET", "POST"])
def promote(request: PageRequest, release_id: int) -> HttpResponse:
    check_manager(request.user)
    release, live = _release(release_id), releases.live()
    name = request.GET.get("dataset") or request.POST.get("dataset") or release.dataset
    compared = compared_on(live, release, name) if live else None
    problem = _promoted(request, release, live, compared) if request.method == "POST" else ""
    if problem is None:
        return redirect("copilot:releases")
    progress = embedding.progress_of(release)
    context = {
        "release": release,
        "live": live,
        "compared": compared,
        "problem": problem,
        "progress": progress,
    }
    return render(request, "copilot/promote.html", context)


@require_POST
def roll_back(request: PageRequest) -> HttpResponse:
    check_manager(request.user)
    try:
        promotion = releases.roll_back(
            actor=request.user, now=timezone.now(), reason=request.POST.get("reason", "")
        )
        messages.success(request, f"Release {promotion.release_id} is live again.")
        if loss := embedding.progress_of(promotion.release).loss:
            messages.warning(request, loss)
    except releases.ReleaseError as error:
        messages.error(request, str(error))
    return redirect("copilot:releases")


@require_POST
def shadow(request: PageRequest, release_id: int) -> HttpResponse:
    """Let a candidate look at a share of the cases, or at none any more."""
    check_manager(request.user)
    form = ShadowForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The share of cases in the shadow is a number from 0 to 100.")
    else:
        percent = form.cleaned_data["percent"]
        releases.set_shadow_share(_release(release_id), percent / 100)
        messages.success(request, f"Release {release_id} looks at {percent:g} % of the cases.")
    return redirect("copilot:release", release_id)


def check_reader(user: User) -> None:
    """Refuse who does not read figures about the copilot."""
    if not user.reads_dashboards:
        raise PermissionDenied("Releases are for data scientists, experts and administrators.")


def check_manager(user: User) -> None:
    """Refuse who may not change what serves."""
    if not user.manages_releases:
        raise PermissionDenied("Only data scientists and administrators train, promote and roll back.")


def compared_on(old: Release, new: Release, dataset: str) -> Pair:
    """Compare two releases by their stored evaluations; nothing is run here."""
    try:
        sha256 = evaluating.fingerprint_of(dataset)
        was, said = evaluating.stored(old, sha256), evaluating.stored(new, sha256)
        found = evaluating.compare(was, said) if was and said and was.code == said.code else None
        return Pair(old, new, dataset, found, broken=_broken(old, dataset) if said and not found else None)
    except (ComparisonError, DatasetError) as error:
        return Pair(old, new, dataset, None, problem=str(error))


def _broken(release: Release, dataset: str) -> releases.ReleaseError | None:
    """Return why a release can't be loaded any more, if a worker could not evaluate it."""
    if not EvaluationOrder.objects.filter(release=release, dataset=dataset).exclude(problem="").exists():
        return None
    try:
        releases.check_files(release)
    except releases.ReleaseError as error:
        return error
    return None


def _promoted(
    request: PageRequest, release: Release, live: Release | None, compared: Pair | None
) -> str | None:
    """Promote as the form says; return what is wrong, or None if the release is live now."""
    try:
        releases.promote(
            release,
            against=live,
            findings=compared.findings if compared else (),
            actor=request.user,
            now=timezone.now(),
            reason=request.POST.get("reason", ""),
            override="override" in request.POST,
        )
    except releases.ReleaseError as error:
        return str(error)
    messages.success(request, f"Release {release.pk} is live. Workers follow with their next task.")
    return None


def _in_order(values: Mapping[str, object], names: Sequence[str]) -> list[tuple[str, object]]:
    """What a card says of each name; JSON in the database keeps no order."""
    return [(name, values[name]) for name in names if name in values]


def _release(number: int) -> Release:
    return get_object_or_404(Release.objects.select_related(*PARTS), pk=number)
