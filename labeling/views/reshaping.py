"""A topic is merged, split or retired: what is proposed for its labels is reviewed here, applied, or dropped."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from copilot import changing
from copilot.models import Topic
from helpdesk.requests import PageRequest
from labeling import reshaping, tasks
from labeling.access import check_labeler
from labeling.forms import ReshapeForm
from labeling.models import LabelMove, TopicChange
from labeling.sorting import texts_of

PER_PAGE = 50
ASK = "ask"  # in an address: those that are to be asked again


@require_http_methods(["GET", "POST"])
def reshape(request: PageRequest, topic_id: int) -> HttpResponse:
    """Begin to merge, split or retire a topic; one that is begun already goes on."""
    check_labeler(request.user)
    topic = get_object_or_404(Topic.objects.select_related("area"), pk=topic_id)
    begun = TopicChange.objects.filter(topic=topic, state__in=TopicChange.OPEN).first()
    if begun:
        return redirect("labeling:topic_change", begun.pk)
    form = ReshapeForm(request.POST or None, topic=topic)
    if request.method == "POST" and form.is_valid():
        try:
            change = reshaping.begin(topic=topic, **form.cleaned_data, by=request.user, now=timezone.now())
            return redirect("labeling:topic_change", change.pk)
        except reshaping.ReshapingError as error:
            form.add_error(None, str(error))
    n = reshaping.labels_of_topic(topic).count()
    return render(request, "labeling/reshape.html", {"topic": topic, "form": form, "n": n})


@require_http_methods(["GET", "POST"])
def topic_change(request: PageRequest, change_id: int) -> HttpResponse:
    """One change: examples of the parts of a split, and what is proposed for each label."""
    check_labeler(request.user)
    change = _change(change_id)
    if request.method == "POST":
        _propose(request, change)
        return redirect("labeling:topic_change", change.pk)
    context = {
        "change": change,
        "ask": ASK,
        **_parts(change),
        **_moves(change, request.GET.get("to", ""), request.GET.get("page", "1")),
    }
    return render(request, "labeling/topic_change.html", context)


@require_POST
def choose(request: PageRequest, move_id: int) -> HttpResponse:
    """Change one proposal by hand."""
    check_labeler(request.user)
    move = get_object_or_404(LabelMove.objects.select_related("change__topic"), pk=move_id)
    _try(request, lambda: reshaping.choose(move, request.POST.get("label", "")), "Noted.")
    to, page = request.POST.get("to", ""), request.POST.get("page", "1")
    query = f"?to={to if to.replace('-', '').isalnum() else ''}&page={page if page.isdecimal() else 1}"
    return redirect(f"{reverse('labeling:topic_change', args=[move.change_id])}{query}#move-{move.pk}")


@require_POST
def decide(request: PageRequest, change_id: int) -> HttpResponse:
    """Apply a change as a whole, or drop it."""
    check_labeler(request.user)
    change = _change(change_id)
    if "drop" in request.POST:
        _try(request, lambda: reshaping.drop(change), "Dropped: nothing has changed.")
    else:
        _try(
            request,
            lambda: reshaping.apply(change, by=request.user, now=timezone.now()),
            "Applied. It can be undone as a whole.",
        )
    return redirect("labeling:topic_change", change.pk)


def _propose(request: PageRequest, change: TopicChange) -> None:
    """Store the examples of a split's parts, and let a worker read the labels."""
    examples = {
        heir.topic_id: request.POST.get(f"examples-{heir.topic_id}", "")[:20_000]
        for heir in change.heirs.all()
    }
    given = {answer.pk: request.POST.get(f"answer-{answer.pk}", "") for answer in change.topic.answers.all()}
    answers = {answer: int(topic) for answer, topic in given.items() if topic.isdecimal()}
    if reshaping.give_examples(change, examples=examples, answers=answers):
        tasks.propose_split.delay_on_commit(change_id=change.pk)  # type: ignore[attr-defined]  # not in celery's stubs
    else:
        messages.error(request, "It is no split that is open.")


def _parts(change: TopicChange) -> dict[str, object]:
    """The topics that take its place, and to which of them each of its answers goes."""
    heirs = list(change.heirs.select_related("topic").prefetch_related("answers"))
    of_answer = {answer.pk: heir.topic_id for heir in heirs for answer in heir.answers.all()}
    answers = change.topic.answers.filter(retired_at=None)
    return {"heirs": heirs, "answers": [(answer, of_answer.get(answer.pk)) for answer in answers]}


def _moves(change: TopicChange, to: str, number: str) -> dict[str, object]:
    """What is proposed, counted; a page of it, all or what goes to one topic, with the questions."""
    moves = change.moves.select_related("annotation__message__case", "annotation__author").order_by("pk")
    if to:
        moves = moves.filter(label="" if to == ASK else to)
    page = Paginator(moves, PER_PAGE).get_page(number)
    return {
        "tallies": change.moves.values("label", "why").annotate(n=Count("pk")).order_by("-n", "label"),
        "n": change.moves.count(),
        "page": page,
        "moves": zip(page, texts_of([move.annotation for move in page]), strict=True),
        "to": to,
    }


def _try(request: PageRequest, act: Callable[[], object], done: str) -> None:
    """Do something that may be refused, and say which it was."""
    try:
        act()
    except (reshaping.ReshapingError, changing.ChangeError) as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, done)


def _change(change_id: int) -> TopicChange:
    return get_object_or_404(TopicChange.objects.select_related("topic__area", "change", "by"), pk=change_id)
