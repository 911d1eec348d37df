"""The training page: an order becomes a run, its progress is shown, it can be cancelled."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from copilot import datasets
from helpdesk.models import User
from labeling.models import TrainingRun
from tests.pipelines import make_example

pytestmark = pytest.mark.django_db

ORDER = {"stage": "topic", "dataset": "ours", "seed": "3", "target_risk": "0.25"}
PAGE = "/labeling/trainings/"


@pytest.fixture(autouse=True)
def root(settings: object, tmp_path: Path) -> Path:
    settings.DATASETS_ROOT = tmp_path
    datasets.write(tmp_path / "ours", [make_example(1, "a text")], {})
    return tmp_path


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def make_run(**fields: object) -> TrainingRun:
    defaults = {
        "stage": "topic",
        "dataset": "ours",
        "seed": 1,
        "target_risk": 0.3,
        "ordered_at": timezone.now(),
    }
    return TrainingRun.objects.create(**{**defaults, **fields})


def test_an_order_becomes_a_run(client: Client, sana: User) -> None:
    assert client.post(PAGE, ORDER).status_code == 302
    run = TrainingRun.objects.get()
    assert (run.stage, run.dataset, run.seed, run.target_risk) == ("topic", "ours", 3, 0.25)
    assert (run.state, run.ordered_by) == ("waiting", sana)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stage": "wording"}, "wording is not one of the available choices"),
        ({"dataset": "gone"}, "gone is not one of the available choices"),
        ({"seed": "-1"}, "greater than or equal to 0"),
        ({"target_risk": "2"}, "less than or equal to 0.99"),
        ({"seed": ""}, "This field is required"),
    ],
)
def test_a_bad_order_says_why(client: Client, change: dict[str, str], message: str) -> None:
    answer = client.post(PAGE, {**ORDER, **change})
    assert answer.status_code == 200
    assert message in answer.text
    assert not TrainingRun.objects.exists()


def test_a_second_one_of_the_stage_is_refused_in_words(client: Client) -> None:
    make_run()
    assert "a training of topic is under way" in client.post(PAGE, ORDER).text
    assert TrainingRun.objects.count() == 1


def test_a_run_shows_how_far_it_is_and_asks_again(client: Client) -> None:
    run = make_run(state="running", step="Training topics", share=0.42)
    text = client.get(f"{PAGE}{run.pk}/").text
    assert 'value="42"' in text
    assert "42 %, Training topics" in text
    assert 'hx-trigger="every 2s"' in text


def test_an_ended_run_asks_no_more(client: Client) -> None:
    run = make_run(state="failed", problem="topic: label more")
    text = client.get(f"{PAGE}{run.pk}/").text
    assert "topic: label more" in text
    assert "hx-trigger" not in text


def test_cancelling_asks_the_run_to_end(client: Client) -> None:
    run = make_run(state="running")
    text = client.post(f"{PAGE}{run.pk}/cancel/", headers={"HX-Request": "true"}).text
    assert "ends at the next step" in text
    assert TrainingRun.objects.get().is_cancel_asked
    assert client.post(f"{PAGE}{run.pk}/cancel/").status_code == 302


def test_an_ended_run_cannot_be_cancelled(client: Client) -> None:
    run = make_run(state="finished")
    assert "has ended already" in client.post(f"{PAGE}{run.pk}/cancel/", follow=True).text


def test_without_a_dataset_the_page_says_what_to_do(client: Client, settings: object, tmp_path: Path) -> None:
    settings.DATASETS_ROOT = tmp_path / "none"
    assert "manage.py dataset NAME --csv FILE" in client.get(PAGE).text


def test_only_who_manages_releases_trains(client: Client, nadia: User, ana: User) -> None:
    run = make_run()
    for user in (nadia, ana):
        client.force_login(user)
        answers = [client.get(PAGE), client.post(PAGE, ORDER), client.get(f"{PAGE}{run.pk}/"),
                   client.post(f"{PAGE}{run.pk}/cancel/")]  # fmt: skip
        assert [answer.status_code for answer in answers] == [403] * 4
    assert TrainingRun.objects.get().state == "waiting"


def test_other_verbs_are_refused(client: Client) -> None:
    run = make_run()
    assert client.delete(PAGE).status_code == 405
    assert client.post(f"{PAGE}{run.pk}/").status_code == 405
    assert client.get(f"{PAGE}{run.pk}/cancel/").status_code == 405
    assert client.get(f"{PAGE}999999/").status_code == 404


def test_strangers_are_sent_to_the_door(client: Client) -> None:
    client.logout()
    assert "/sign-in/" in client.get(PAGE).url
