"""The inbox: one page of a view, and one act on several of its cases."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from helpdesk import bulk, choosing, listing, live
from helpdesk.forms import BulkForm
from helpdesk.requests import PageRequest


@require_GET
def home(request: PageRequest) -> HttpResponse:
    return redirect("helpdesk:inbox")


@require_GET
def inbox(request: PageRequest) -> HttpResponse:
    since = live.moment()
    page = listing.list_cases(user=request.user, filters=listing.Filters.read(request.GET))
    context = {"listing": page, "views": listing.VIEWS, "counts": listing.count_views(request.user)}
    if request.htmx:
        return render(request, "helpdesk/_list.html", context | {"is_refresh": True})
    context["since"] = since
    context["choices"] = choosing.filter_choices(request.user)
    context["colleagues"] = choosing.colleagues_of(request.user)
    return render(request, "helpdesk/inbox.html", context)


@require_POST
def bulk_act(request: PageRequest) -> HttpResponse:
    if not request.user.answers_cases:
        raise PermissionDenied("Only agents change cases.")
    form = BulkForm(request.POST)
    if form.is_valid():
        _act(request, form)
    else:
        for message in [message for errors in form.errors.values() for message in errors]:
            messages.error(request, str(message))
    query = listing.Filters.read(QueryDict(request.POST.get("list", ""))).query
    return redirect(f"{reverse('helpdesk:inbox')}?{query}")


def _act(request: PageRequest, form: BulkForm) -> None:
    chosen = form.cleaned_data
    act = bulk.Act(chosen["act"])
    done, problems = bulk.act_on(
        case_ids=chosen["cases"],
        act=act,
        actor=request.user,
        now=timezone.now(),
        assignee=chosen["assignee"],
        tag=chosen["tag"],
    )
    messages.success(request, f"{act.label} {done} {'case' if done == 1 else 'cases'}.")
    for problem in problems[:5]:
        messages.error(request, problem)
