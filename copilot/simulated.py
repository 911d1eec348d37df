"""Whether what this database holds is real: every page and every file of figures says so if it is not."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from copilot.models import Simulation

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
