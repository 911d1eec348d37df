"""`manage.py bench inbox` at its smallest: it builds its database, measures every kind of request and tidies up."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from helpdesk.benching.apart import NAME
from tests.processes import ROOT, environment


@pytest.mark.slow
@pytest.mark.django_db
def test_the_inbox_is_measured_in_a_database_apart() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", "inbox", "--cases", "200", "--requests", "2", "--json"],
        cwd=ROOT, env=os.environ | environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert {
        "agent: view mine",
        "agent: case page",
        "agent: reply sent",
        "intake of 500 messages",
    } <= figures.keys()
    assert all(figure["n"] and figure["p95_ms"] <= figure["max_ms"] for figure in figures.values())
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [NAME])
        assert not cursor.fetchall()
