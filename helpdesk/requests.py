"""The request as every page of ours sees it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from helpdesk.models import User


class PageRequest(HttpRequest):
    """A request of somebody signed in (LoginRequiredMiddleware sees to that), perhaps sent by htmx."""

    user: User
    htmx: HtmxDetails
