"""One labeling function: written, tried on a sample while it is written, and saved as its next version."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.requests import PageRequest
from labeling import gates, overview, previewing, samples, tasks, writing
from labeling.access import check_labeler
from labeling.function_forms import FunctionForm, form_class, initial_of
from labeling.functions.errors import FunctionError, SpecError
from labeling.functions.specs import KINDS, RULES
from labeling.models import FunctionVersion, LabelingFunction, Task

Kind = FunctionVersion.Kind
NAMED_KINDS = [(kind, Kind(kind).label) for kind in KINDS]


@require_http_methods(["GET", "POST"])
def new_function(request: PageRequest) -> HttpResponse:
    """A blank function, or one with a word, a label and a task from elsewhere filled in."""
    check_labeler(request.user)
    task = _among(request.GET.get("task"), Task.values, Task.TOPIC)
    kind = _among(request.GET.get("kind"), list(KINDS), Kind.KEYWORD)
    form = form_class(kind)(request.POST or None, initial=_prefilled(request), task=task, is_new=True)
    if request.method == "POST" and form.is_valid() and (saved := _saved(request, form, None)):
        return redirect("labeling:function", saved.function.slug)
    return render(request, "labeling/function.html", _context(form))


@require_http_methods(["GET", "POST"])
def function(request: PageRequest, slug: str) -> HttpResponse:
    check_labeler(request.user)
    known = get_object_or_404(LabelingFunction.objects.select_related("owner"), slug=slug)
    row = overview.row_of(known)
    kind = _among(request.GET.get("kind"), list(KINDS), row.version.kind)
    initial = initial_of(row.version)
    form = form_class(kind)(request.POST or None, initial=initial, task=known.task, is_new=False)
    if request.method == "POST" and form.is_valid() and _saved(request, form, known):
        return redirect("labeling:function", slug)
    versions = known.versions.select_related("author").order_by("-number")
    more = {"row": row, "function": known, "versions": versions, "against": gates.reason_against(known)}
    return render(request, "labeling/function.html", _context(form) | more)


@require_POST
def preview_function(request: PageRequest) -> HttpResponse:
    """What the function on the page would do, as far as it is written."""
    check_labeler(request.user)
    task = _among(request.GET.get("task"), Task.values, Task.TOPIC)
    kind = _among(request.GET.get("kind"), list(KINDS), Kind.KEYWORD)
    form = form_class(kind)(request.POST, task=task, is_new=False)
    return render(request, "labeling/_preview.html", _tried(form, itself=request.GET.get("itself", "")))


def _prefilled(request: PageRequest) -> dict[str, str]:
    keyword, label = request.GET.get("keyword", "").strip()[:200], request.GET.get("label", "")
    return {
        "any": keyword,
        "label": label,
        "slug": slugify(f"{label} {keyword}")[:80].strip("-") if keyword else "",
    }


def _context(form: FunctionForm) -> dict[str, Any]:
    """What the page shows of a form; the same as its preview will, when scripts are off."""
    return {
        "form": form,
        "task": form.task,
        "kind": form.kind,
        "kinds": NAMED_KINDS,
        "tasks": overview.tasks(),
    } | (_tried(form) if form.is_bound else {"waits": form.kind in RULES})


def _tried(form: FunctionForm, *, itself: str = "") -> dict[str, Any]:
    if form.kind not in RULES or not form.is_valid():
        return {"problems": _problems(form)}
    label = form.cleaned_data["label"]
    try:
        found = previewing.preview(
            RULES[form.kind](form.spec), label, samples.sample_of(form.task), itself=itself
        )
    except FunctionError as error:
        return {"problems": [str(error)]}
    return {"preview": found, "label": label}


def _problems(form: FunctionForm) -> list[str]:
    """What keeps a form from being tried, each with the field it is about."""
    names = {name: f"{field.label}: " for name, field in form.fields.items()}
    return [
        f"{names.get(name, '')}{problem}" for name, problems in form.errors.items() for problem in problems
    ]


def _saved(
    request: PageRequest, form: FunctionForm, known: LabelingFunction | None
) -> FunctionVersion | None:
    """Store what a valid form says; note on the form why that is refused."""
    filled = form.cleaned_data
    said = {"kind": form.kind, "label": filled.get("label", ""), "spec": form.spec, "note": filled["note"]}
    said |= {"by": request.user, "now": timezone.now()}
    try:
        if known:
            version = writing.edit(known, **said, change=filled["change"])
        else:
            version = writing.create(slug=filled["slug"], task=form.task, **said)
    except SpecError as error:
        form.add_error(None, str(error))
        return None
    tasks.expect_votes.delay_on_commit()  # type: ignore[attr-defined]  # not in celery's stubs
    return version


def _among(found: str | None, choices: list[str], default: str) -> str:
    return found if found in choices else default
