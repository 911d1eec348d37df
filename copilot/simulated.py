"""Whether what this database holds is real: every page, file of figures and answer of the API says so if it is not."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from copilot.models import Simulation

PREFIX = "simulated:"  # of every external id, which tells the simulated from the real
API, HEADER = "/api/", "X-Simulated"
DESCRIPTION = (
    "Stands there, with the value `true`, as long as this installation holds simulated cases: figures count them. Each "
    "such case has the tag `simulated`."
)
KEY, SECONDS = "simulation", 5
NONE = ""


def simulation() -> Simulation | None:
    """Return the latest simulation, if there is one; each process looks every few seconds, for every page asks."""
    found = cache.get(KEY)
    if found is None:
        found = Simulation.objects.first() or NONE
        cache.set(KEY, found, SECONDS)
    return found or None


def mark(request: HttpRequest) -> dict[str, object]:
    """Let every page know what is simulated."""
    return {"simulated": SimpleLazyObject(simulation)}


def name_of(file: str) -> str:
    """Return a file's name, which says so if the figures in it are of simulated cases."""
    return f"simulated-{file}" if simulation() else file


@sync_and_async_middleware
def mark_api(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Let every answer of the API say so too, by a header."""

    async def marked_later(request: HttpRequest) -> HttpResponse:
        answer: HttpResponse = await get_response(request)
        return await sync_to_async(_marked)(answer) if request.path.startswith(API) else answer

    def marked(request: HttpRequest) -> HttpResponse:
        answer: HttpResponse = get_response(request)
        return _marked(answer) if request.path.startswith(API) else answer

    return marked_later if iscoroutinefunction(get_response) else marked


def _marked(answer: HttpResponse) -> HttpResponse:
    if simulation():
        answer[HEADER] = "true"
    return answer


def describe_mark(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say in the API's schema what the header means."""
    header = {"description": DESCRIPTION, "schema": {"type": "string", "enum": ["true"]}}
    result["components"].setdefault("headers", {})[HEADER] = header
    for operations in result["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                answer.setdefault("headers", {})[HEADER] = {"$ref": f"#/components/headers/{HEADER}"}
    return result
