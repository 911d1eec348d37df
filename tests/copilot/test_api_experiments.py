"""Experiments by the API: they work, refuse the wrong verb and strangers, and say what is bad."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from copilot.models import Experiment
from helpdesk.models import User
from tests.copilot.making import make_experiment

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(sana: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(sana)
    return client


def variants(share: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"name": name, "share": share, "arm": "offer"} | fields for name in "ab"]


def plan(**fields: Any) -> dict[str, Any]:
    both = [
        {"name": "with", "share": 900_000, "arm": "offer"},
        {"name": "without", "share": 100_000, "arm": "off"},
    ]
    return {"name": "Worth it?", "hypothesis": "Faster.", "n_planned": 500, "variants": both} | fields


def test_an_experiment_lives_by_the_api(api: APIClient) -> None:
    made = api.post("/api/experiments/", plan(), format="json")
    assert (made.status_code, made["Location"]) == (201, f"/api/experiments/{made.json()['id']}/")
    where, found = made["Location"], made.json()
    assert (found["state"], found["unit"], found["primary_outcome"]) == ("draft", "case", "handle_time")
    assert (found["made_by"], len(found["salt"])) == ("sana", 16)
    assert found["variants"][1] == {"name": "without", "share": 100_000, "arm": "off", "release": None}
    assert found["counts"][0] == {"variant": "with", "n_cases": 0, "n_exposures": 0, "n_fallbacks": 0}
    changed = api.put(where, plan(name="Worth what?"), format="json").json()
    assert (changed["name"], changed["salt"]) == ("Worth what?", found["salt"])
    assert api.post(f"{where}start/").json()["state"] == "running"
    ended = api.post(f"{where}end/", {"reason": "planned cases reached"}, format="json").json()
    assert (ended["state"], ended["ended_by"], ended["end_reason"]) == (
        "ended",
        "sana",
        "planned cases reached",
    )
    assert [each["id"] for each in api.get("/api/experiments/").json()] == [found["id"]]
    assert api.get(where).json() == ended


def test_what_runs_is_not_changed_but_gets_a_successor(api: APIClient) -> None:
    running = make_experiment()
    refused = api.put(f"/api/experiments/{running.pk}/", plan(), format="json")
    assert (refused.status_code, refused["content-type"]) == (409, "application/problem+json")
    assert "make a new experiment that names it as its predecessor" in refused.json()["detail"]
    made = api.post("/api/experiments/", plan(predecessor=running.pk), format="json").json()
    assert made["predecessor"] == running.pk
    second = api.post(f"/api/experiments/{made['id']}/start/")
    assert (second.status_code, "runs: end it first" in second.json()["detail"]) == (409, True)
    running.refresh_from_db()
    assert running.name == "Is it worth it?"


@pytest.mark.parametrize("verb", ["start", "end"])
def test_what_ended_does_neither_start_nor_end(api: APIClient, verb: str) -> None:
    experiment = make_experiment()
    address = f"/api/experiments/{experiment.pk}/"
    api.post(f"{address}end/", {"reason": "enough"}, format="json")
    assert (
        api.post(
            f"{address}{verb}/", {"reason": "again"} if verb == "end" else None, format="json"
        ).status_code
        == 409
    )


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": ""}, "name", "may not be blank"),
        ({"n_planned": 0}, "n_planned", "greater than or equal to 1"),
        ({"unit": "team"}, "unit", "not a valid choice"),
        ({"colour": "red"}, "colour", "Unknown field"),
        (
            {"variants": [{"name": n, "share": 0.5, "arm": "offer"} for n in "ab"]},
            "variants.0.share",
            "valid integer",
        ),
    ],
)
def test_a_bad_plan_is_a_problem_that_names_it(
    api: APIClient, fields: dict[str, Any], field: str, said: str
) -> None:
    answer = api.post("/api/experiments/", plan(**fields), format="json")
    assert (answer.status_code, answer["content-type"]) == (400, "application/problem+json")
    assert [
        error for error in answer.json()["errors"] if error["field"] == field and said in error["message"]
    ]
    assert not Experiment.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"variants": []}, 409, "compares two variants or more"),
        ({"salt": "holdout-1"}, 409, "the permanent holdout's"),
        ({"unit": "agent"}, 409, "variants of agents offer or shadow"),
        ({"variants": variants(1)}, 409, "the shares sum to 2, not to a million"),
        ({"variants": variants(500_000, release=99)}, 404, "variants: there is no release 99"),
        ({"predecessor": 99}, 404, "predecessor: there is no experiment 99"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_says_why(
    api: APIClient, fields: dict[str, Any], status: int, said: str
) -> None:
    answer = api.post("/api/experiments/", plan(**fields), format="json")
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True)
    assert not Experiment.objects.exists()


def test_experts_read_and_agents_do_not_even_that(nadia: User, ana: User) -> None:
    experiment = make_experiment(runs=False)
    address = f"/api/experiments/{experiment.pk}/"
    client = APIClient()
    for person, reads in ((nadia, 200), (ana, 403), (None, 401)):
        client.force_authenticate(person)
        assert client.get("/api/experiments/").status_code == reads
        assert client.get(address).status_code == reads
        refused = 401 if person is None else 403
        assert client.post("/api/experiments/", plan(), format="json").status_code == refused
        assert client.put(address, plan(), format="json").status_code == refused
        assert client.post(f"{address}start/").status_code == refused
        assert client.post(f"{address}end/").status_code == refused
    assert Experiment.objects.get().is_draft


def test_the_wrong_verb_is_refused(api: APIClient) -> None:
    address = f"/api/experiments/{make_experiment().pk}/"
    for path in ("/api/experiments/", address, f"{address}start/", f"{address}end/"):
        assert api.delete(path).status_code == 405
    assert api.get(f"{address}start/").status_code == 405


@pytest.mark.parametrize("path", ["", "start/", "end/"])
def test_what_is_not_there_is_not_found(api: APIClient, path: str) -> None:
    call = api.post if path else api.get
    assert call(f"/api/experiments/99/{path}", format="json").status_code == 404


def test_the_list_asks_few_queries(api: APIClient, django_assert_num_queries: Callable[..., Any]) -> None:
    for _ in range(4):
        make_experiment(runs=False)
    with django_assert_num_queries(2):  # experiments, variants
        api.get("/api/experiments/")
