"""The request as every page and every endpoint of ours sees it."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from helpdesk.models import User


class PageRequest(HttpRequest):
    """A request of somebody signed in (LoginRequiredMiddleware sees to that), perhaps sent by htmx."""

    user: User
    htmx: HtmxDetails


class ApiRequest(Request):
    """A request below /api/ of somebody known by token or session (the permissions see to that)."""

    user: User


def quiet_when_gone(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give an open page nothing (204) instead of an error for what its reader may no longer see.

    A case may be moved out of sight between the news of it and the page's question; anybody else gets the 404.
    """

    @wraps(view)
    def answer(request: PageRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            if not request.htmx:
                raise
            return HttpResponse(status=204)

    return answer
