"""The Method page: every figure defined, versions in force, and how the intervals did where the truth is known."""

import csv

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import Settings

from copilot.matching import RULES_VERSION
from copilot.monitor.definitions import SECTIONS
from copilot.monitor.method import stored
from helpdesk.models import User
from tests.copilot.making import make_match_version

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/method/"


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def test_every_figure_is_defined(client: Client) -> None:
    text = client.get(PAGE).text
    for section in SECTIONS:
        assert section.name in text
        for each in section.definitions:
            assert f"<dt>{escape(each.name)}</dt>" in text
            assert each.words.endswith("."), each.name


def test_the_versions_in_force_are_named_with_their_floors(client: Client) -> None:
    version = make_match_version(floor=0.83, is_current=True)
    text = client.get(PAGE).text
    assert f"Replies are compared by match version {version.pk}: normal form 1, rules {RULES_VERSION}" in text
    assert "<td>0.83</td><td>300</td><td>40 of 40" in text
    assert "19 of 20 found (76 to 99 %), of 80 that mean the same" in text
    version.floors.update(n_found=0, n_found_right=0)
    assert "finds none of the 80 that mean the same" in client.get(PAGE).text


def test_the_coverage_is_that_of_the_stored_run(client: Client) -> None:
    rows = list(csv.DictReader(client.get(PAGE, {"csv": "coverage"}).text.splitlines()))
    assert len(rows) == len(stored("coverage")) > 50
    assert {row["n"] for row in rows} == {"4000"}
    assert all(float(row["standard_error"]) < 0.01 for row in rows)
    assert {row["met"] for row in rows} == {"True"}
    assert "All bars are met." in client.get(PAGE).text


def test_how_the_decay_alarm_did_is_that_of_the_stored_run(client: Client) -> None:
    rows = list(csv.DictReader(client.get(PAGE, {"csv": "decay"}).text.splitlines()))
    assert [(row["what"], row["n"], row["met"]) for row in rows] == [
        ("found", "200", "True"), ("false alarms", "200", "True"), ("false alarms", "200", "True"),
    ]  # fmt: skip
    assert "in 200 invented worlds of twelve weeks: both answers that became wrong" in client.get(PAGE).text


def test_without_a_stored_run_the_page_says_what_to_do(
    client: Client, settings: Settings, tmp_path: object
) -> None:
    settings.BASE_DIR = tmp_path
    assert "run manage.py simulate_coverage" in client.get(PAGE).text


def test_other_tables_verbs_and_strangers(client: Client, ana: User) -> None:
    assert client.get(PAGE, {"csv": "other"}).status_code == 404
    assert client.post(PAGE).status_code == 405
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
