"""The match rate page: a finding in words, two charts, the same rows as a table and as a CSV."""

from collections.abc import Container, Mapping, Sequence
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.monitor import charts
from copilot.monitor.charts import Chart
from copilot.monitor.figures import Figure, drawable
from copilot.monitor.rates import MatchRates, match_rates, turns_by_arm
from copilot.monitor.shares import FEWEST, METHOD
from copilot.monitor.tables import as_csv, table_of_figures
from helpdesk.requests import PageRequest

ARMS = {"offer": "Offered", "shadow": "Held out"}
PERS = ("day", "week")
SPANS = {"28": "4 weeks", "84": "12 weeks", "365": "A year"}
SENT = {"offer": "sent what was suggested", "shadow": "sent what would have been suggested, unseen,"}


@require_GET
def match_rate(request: PageRequest) -> HttpResponse:
    if not request.user.reads_dashboards:
        raise PermissionDenied(
            "Figures about the copilot are for data scientists, experts and administrators."
        )
    days = chosen(request, "days", SPANS, "84")
    per = chosen(request, "per", PERS, "")
    since = timezone.now() - timedelta(days=int(days))
    turns = turns_by_arm(since=since)
    arm = chosen(request, "arm", ARMS, first_with_turns(turns))
    rates = match_rates(arm=arm, since=since, per=per)
    drawn = charts_of(rates)
    if key := request.GET.get("csv"):
        if key not in drawn:
            raise Http404(f"no such table: name one of {', '.join(drawn)}")
        return as_csv(drawn[key].table, filename=f"match-rate-{arm}-{key}.csv")
    context: dict[str, object] = {
        "rates": rates,
        "arm": arm,
        "arms": ARMS,
        "days": days,
        "spans": SPANS,
        "pers": PERS,
        "others": [(other, ARMS[other], n) for other, n in turns.items() if n and other != arm],
    }
    context |= {"caption": finding(rates, arm=arm), "warning": replayed(rates)}
    context |= {"match_version": rates.match_version, "method": METHOD}
    context |= {"charts": drawn.values(), "query": f"arm={arm}&days={days}&per={rates.per}"}
    return render(request, "copilot/match_rate.html", context)


def chosen(request: PageRequest, name: str, choices: Container[str], default: str) -> str:
    """Return what an address chooses, if it is one of the choices."""
    value = request.GET.get(name, default)
    return value if value in choices else default


def first_with_turns(turns: Mapping[str, int]) -> str:
    """Return the arm that has something to show; the first one where none has."""
    return next((arm for arm in ARMS if turns[arm]), next(iter(ARMS)))


def finding(rates: MatchRates, *, arm: str) -> str:
    """Say in words what the figures show."""
    total = rates.total
    if total.n == 0:
        return "No turn can be counted yet."
    if total.n < FEWEST:
        turns = "1 turn" if total.n == 1 else f"{total.n} turns"
        return f"Only {turns} can be counted yet, too few to say how often agents {SENT[arm]} or nearly so."
    if total.value is None:
        return (
            f"{total.n} turns can be counted, but no figure is shown: fewer than five agents stand behind it."
        )
    return (
        f"Agents {SENT[arm]} or nearly so in {100 * total.value:.0f} % of {total.n} turns "
        f"(95 % interval {100 * (total.low or 0):.0f} to {100 * (total.high or 0):.0f} %, {total.n_agents} agents)."
    )


def replayed(rates: MatchRates) -> str:
    """Say how many turns were suggested for afterwards, by a release that may have learned from them."""
    n, total = rates.n_replayed, rates.total.n
    if not n:
        return ""
    which = f"All {total}" if n == total else f"{n} of the {total}"
    return (
        f"{which} turns were replayed afterwards by a release trained later than their messages. It may have learned "
        "from these very replies, so their rate flatters."
    )


def charts_of(rates: MatchRates) -> dict[str, Chart]:
    """Return the page's charts by key."""
    found = {}
    for key, name, rows in (("time", rates.per, rates.by_time), ("topic", "topic", rates.by_topic)):
        title = f"Match rate by {name} with 95 % intervals"
        svg, empty = None, ""
        if not drawable(rows):
            empty = f"No {name} has five turns of five agents yet, so nothing is drawn."
        elif key == "time":
            by_day = {date.fromisoformat(row.name): row for row in rows}
            svg = charts.line_band([charts.Series("", by_day)], title=title)
        else:
            svg = charts.forest(rows, title=title)
        table = table_of_figures(name.capitalize(), rows, value="Match rate", k="Matches")
        found[key] = Chart(key, f"By {name}", _extremes(rows), table, svg, empty)
    return found


def _extremes(rows: Sequence[Figure]) -> str:
    """Say which row is lowest and which highest; nothing of one row alone."""
    known = sorted(drawable(rows), key=lambda row: row.value or 0.0)
    if len(known) < 2:
        return ""
    return f"Lowest: {known[0].told}. Highest: {known[-1].told}."
