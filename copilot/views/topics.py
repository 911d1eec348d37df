"""Topics for who looks after them: name, guideline, and what happened to them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from copilot import changing
from copilot.forms import NewTopicForm, TopicForm
from copilot.models import Topic
from copilot.views.editing import check_editor
from helpdesk.models import User
from helpdesk.requests import PageRequest


@require_http_methods(["GET", "POST"])
def topic(request: PageRequest, topic_id: int) -> HttpResponse:
    """A topic's name and guideline."""
    check_editor(request.user)
    row = get_object_or_404(Topic.objects.select_related("area"), pk=topic_id)
    form = TopicForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        _change_topic(topic_id, form, request.user)
        messages.success(request, "Saved.")
        return redirect("copilot:topic", topic_id)
    changes = row.changes.select_related("by")[:20]
    context = {"topic": row, "form": form, "changes": changes, "answers": row.answers.filter(retired_at=None)}
    return render(request, "copilot/topic.html", context)


@require_http_methods(["GET", "POST"])
def new_topic(request: PageRequest) -> HttpResponse:
    check_editor(request.user)
    form = NewTopicForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("copilot:topic", form.save().pk)
    return render(request, "copilot/new_topic.html", {"form": form})


def _change_topic(topic_id: int, form: TopicForm, by: User) -> None:
    """Rename a topic, or write its guideline anew; what stayed is left alone."""
    row, now = Topic.objects.get(pk=topic_id), timezone.now()
    if "name" in form.changed_data:
        changing.rename_topic(row, form.cleaned_data["name"], by=by, now=now)
    if "guideline" in form.changed_data or form.cleaned_data["is_meaning"]:
        changing.reword_guideline(
            row, form.cleaned_data["guideline"], is_meaning=form.cleaned_data["is_meaning"], by=by, now=now,
            note=form.cleaned_data["note"],
        )  # fmt: skip
