"""The request as every page and every endpoint of ours sees it."""

from django.http import HttpRequest
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
