"""The benches that work in a database apart, at their smallest: they build it, measure everything and tidy up."""

import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from copilot.config.management.commands.bench import ANNOTATE, INBOX, MONITOR, SEARCH
from copilot.evaluation.monitor_bench import QUERIES, measure_monitor
from copilot.models import Release, Suggestion
from copilot.monitor import rolling
from helpdesk.models import User
from tests.copilot.making import make_suggestion
from tests.making import make_case
from tests.processes import ROOT, environment


def run_bench(*arguments: str) -> dict[str, dict[str, float]]:
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", *arguments, "--json"],
        cwd=ROOT, env=os.environ | environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def is_there(database: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [database])
        return bool(cursor.fetchall())


@pytest.mark.parametrize("bench", ["search", "pipeline", "arrival"])
@pytest.mark.django_db
def test_a_database_without_tables_is_told_what_it_lacks(bench: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path TO pg_catalog")  # where none of ours are
    with pytest.raises(CommandError, match="no tables: run manage.py demo, or migrate"):
        call_command("bench", bench)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_inbox_is_measured_in_a_database_apart() -> None:
    figures = run_bench("inbox", "--cases", "200", "--requests", "2")
    assert {
        "agent: view mine",
        "agent: case page",
        "agent: reply sent",
        "intake of 500 messages",
    } <= figures.keys()
    assert all(figure["n"] and figure["p95_ms"] <= figure["max_ms"] for figure in figures.values())
    assert not is_there(INBOX)


@pytest.mark.slow
def test_news_are_measured_from_their_commit_to_their_arrival(site: str, sana: User) -> None:
    asked = ("--url", site, "--pid", f"{os.getpid()}", "--streams", "3", "--seconds", "0.2", "--cases", "2")
    figures = run_bench("streams", *asked)
    assert figures["idle streams"]["n"] == 3
    for what in ("a new message", "a suggestion"):
        heard = figures[f"page hears of {what}"]
        assert heard["n"] == 2
        assert 0 < heard["p50_ms"] <= heard["p95_ms"] <= heard["largest_ms"]
    assert Suggestion.objects.filter(state="failed", reason="no_release").count() == 2, (
        "each case's was computed"
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_search_is_measured_in_a_database_apart(release: Release) -> None:
    figures = run_bench("search", "--vectors", "2000", "--searches", "5")
    assert figures["index"]["vectors"] == 2000
    for seen in ("every case", "a team's cases", "a small team's cases"):
        search = figures[f"nearest cases, seeing {seen}"]
        assert (search["n"], search["recall"]) == (5, pytest.approx(1, abs=0.05))
        assert search["found"] == min(10, search["n_seen"])
    assert {"exact search, without the index", "storing a vector"} <= figures.keys()
    assert not is_there(SEARCH)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_labeling_is_measured_in_a_database_apart() -> None:
    figures = run_bench("annotate", "--messages", "2000", "--annotations", "300", "--labels", "12")
    for task in ("validity", "topic", "answer"):
        assert figures[f"{task}: submit and next"]["n"] == 12
    assert {"topic: skip", "topic: undo"} <= figures.keys()
    assert figures["topic: queue filled in the background"]["queries"] > 0
    assert not is_there(ANNOTATE)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_monitor_is_measured_in_a_database_apart() -> None:
    figures = run_bench("monitor", "--matches", "500", "--requests", "1")
    assert figures["filled"]["matches"] > 400
    assert figures["filled"]["events"] > 3000
    assert figures["a day of many replies rolled"]["turns"] > 20
    assert {"today", "adoption"} <= figures.keys()
    assert "alert" not in figures, "which is only posted to"
    assert not is_there(MONITOR)


@pytest.mark.django_db
def test_the_busiest_day_is_rolled_alone(sana: User) -> None:
    make_suggestion(make_case())
    rolling.roll_day(timezone.localdate(), now=timezone.now())
    figures = measure_monitor(n=1, day_alone=True, tell=print)
    assert set(figures) == {"filled", "a day of many replies rolled"}, "no page is asked for"
    assert figures["a day of many replies rolled"]["turns"] == 1


@pytest.mark.django_db
def test_chosen_pages_of_the_monitor_are_measured_in_each_way(sana: User) -> None:
    told: list[str] = []
    figures = measure_monitor(n=1, pages=["adoption"], tell=told.append)
    assert set(figures) == {"filled", "adoption"}, "nothing is rolled"
    assert [line.split(":")[0] for line in told] == [*(f"adoption?{way}" for way in QUERIES), "adoption"]
    with pytest.raises(LookupError, match="no page nowhere: choose among accuracy, adoption"):
        measure_monitor(n=1, pages=["nowhere"], tell=told.append)
