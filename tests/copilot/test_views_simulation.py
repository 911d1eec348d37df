"""Every page says that data is simulated, how far that is, and how to remove it."""

from datetime import datetime

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from copilot import simulated
from copilot.models import Simulation, TurnDay
from helpdesk.models import User

pytestmark = pytest.mark.django_db
PAGE, MARK = "/copilot/simulation/", "/copilot/simulation/mark/"
State = Simulation.State


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def row(now: datetime) -> Simulation:
    """One that is in its fifth week; no process remembers that there was none."""
    cache.delete(simulated.KEY)
    return Simulation.objects.create(
        seed=1, n_cases=2000, state=State.RUNNING, step="Week 5 of 12", share=0.35, n_weeks=4, ordered_at=now,
        told_at=now,
    )  # fmt: skip


def make_turn() -> None:
    counts = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}
    day = timezone.localdate()
    TurnDay.objects.create(
        day=day, arm="offer", language="en", agent=1, **counts | {"n_turns": 1, "n_ignored": 1}
    )


@pytest.mark.parametrize("page", ["/cases/", "/copilot/catalog/", PAGE])
def test_every_page_bears_the_mark(client: Client, row: Simulation, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    text = answer.text
    assert 'id="simulated"' in text
    assert f'href="{PAGE}"' in text
    assert 'value="35"' in text


def test_no_page_bears_it_where_nothing_is_simulated(client: Client) -> None:
    assert 'id="simulated"' not in client.get("/cases/").text
    assert "Nothing here is simulated" in client.get(PAGE).text


def test_pages_look_for_it_only_now_and_then(client: Client, row: Simulation) -> None:
    assert simulated.simulation() == row
    Simulation.objects.all().delete()
    assert simulated.simulation() == row, "for some seconds"
    cache.delete(simulated.KEY)
    assert simulated.simulation() is None


def test_the_mark_asks_how_far_it_is_until_it_is_done(client: Client, row: Simulation) -> None:
    assert f'hx-get="{MARK}"' in client.get(MARK).text
    Simulation.objects.update(state=State.FINISHED, share=1.0, n_weeks=12)
    text = client.get(MARK).text
    assert "hx-get" not in text
    assert "progress" not in text


def test_the_page_says_how_far_it_is(client: Client, row: Simulation) -> None:
    text = client.get(PAGE).text
    assert "2,000 cases" in text
    assert "35 %, week 5 of 12" in text
    assert "manage.py simulate --remove" in text
    fragment = client.get(PAGE, headers={"hx-request": "true"}).text
    assert "<html" not in fragment
    Simulation.objects.update(state=State.FAILED, problem="OSError: the disk is full")
    assert "It ended in week 5: OSError: the disk is full" in client.get(PAGE).text


def test_files_of_figures_say_it_in_their_name(client: Client, sana: User, row: Simulation) -> None:
    client.force_login(sana)
    make_turn()
    table = "/copilot/monitor/adoption/?csv=acceptance"
    assert "simulated-adoption-acceptance.csv" in client.get(table)["Content-Disposition"]
    cache.set(simulated.KEY, simulated.NONE)
    assert '"adoption-acceptance.csv"' in client.get(table)["Content-Disposition"]


@pytest.mark.parametrize("page", [PAGE, MARK])
def test_it_is_only_read_and_by_people_who_signed_in(client: Client, page: str) -> None:
    assert client.post(page).status_code == 405
    assert Client().get(page).status_code == 302


def test_answers_of_the_api_say_it_in_a_header(api: APIClient, row: Simulation) -> None:
    assert api.get("/api/cases/")["X-Simulated"] == "true"
    assert api.get("/api/cases/999999/")["X-Simulated"] == "true", "refusals too"
    cache.set(simulated.KEY, simulated.NONE)
    assert "X-Simulated" not in api.get("/api/cases/")


def test_the_apis_schema_says_what_the_header_means(api: APIClient) -> None:
    schema = api.get("/api/schema/", HTTP_ACCEPT="application/json").json()
    assert "simulated cases" in schema["components"]["headers"]["X-Simulated"]["description"]
    answer = schema["paths"]["/api/cases/"]["get"]["responses"]["200"]
    assert answer["headers"]["X-Simulated"] == {"$ref": "#/components/headers/X-Simulated"}
