"""The match rate page: a finding in words, two charts, the same rows as a table and as a CSV."""

import csv
from collections.abc import Container, Mapping
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from copilot.matching.normalising import NORM_VERSION
from copilot.monitor import charts
from copilot.monitor.rates import FEWEST, MatchRates, Rate, match_rates, turns_by_arm
from helpdesk.requests import PageRequest

ARMS = {"offer": "Offered", "shadow": "Held out"}
PERS = ("day", "week")
SPANS = {"28": "4 weeks", "84": "12 weeks", "365": "A year"}
METHOD = "Intervals: 95 %, agents as clusters: Wilson on the effective sample, Clopper-Pearson where agents are few"
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
    if request.GET.get("format") == "csv":
        return as_csv(rates, arm=arm)
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
    context |= {"norm_version": NORM_VERSION, "method": METHOD} | drawn(rates)
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
    if total.rate is None:
        return (
            f"{total.n} turns can be counted, but no figure is shown: fewer than five agents stand behind it."
        )
    return (
        f"Agents {SENT[arm]} or nearly so in {100 * total.rate:.0f} % of {total.n} turns "
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


def drawn(rates: MatchRates) -> dict[str, str]:
    """Return the charts; none where no row could be trusted."""
    found: dict[str, str] = {}
    if any(row.rate is not None for row in rates.by_time):
        title = f"Match rate by {rates.per} with 95 % intervals"
        found["time_chart"] = charts.rate_by_time(rates.by_time, title=title)
    if any(row.rate is not None for row in rates.by_topic):
        found["topic_chart"] = charts.rate_by_topic(
            rates.by_topic, title="Match rate by topic with 95 % intervals"
        )
    return found


def as_csv(rates: MatchRates, *, arm: str) -> HttpResponse:
    """Write the page's rows; a name that a spreadsheet could take for a formula is quoted."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="match-rate-{arm}.csv"'
    writer = csv.writer(response)
    writer.writerow(
        [
            "by",
            "name",
            "arm",
            "n",
            "matches",
            "agents",
            "rate",
            "low",
            "high",
            "note",
            "method",
            "norm_version",
        ]
    )
    parts = (("all", [rates.total]), (rates.per, rates.by_time), ("topic", rates.by_topic))
    writer.writerows(_cells(by, row, arm) for by, rows in parts for row in rows)
    return response


def _cells(by: str, row: Rate, arm: str) -> list[object]:
    name = f"'{row.name}" if row.name[:1] in "=+-@\t\r" else row.name
    figures = [row.n, row.n_matches, row.n_agents, row.rate, row.low, row.high]
    return [by, name, arm, *figures, row.note, row.method, NORM_VERSION]
