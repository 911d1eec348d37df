"""The training page: an order becomes a run, its progress is shown, it can be cancelled."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from copilot import datasets
from copilot.models import Release
from helpdesk.models import User
from labeling import trainings
from labeling.models import TrainingRun
from tests.copilot.making import make_topic
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


@pytest.fixture
def gifts(root: Path, release: Release) -> str:
    """A dataset with a topic that the live release lacks, one that it knows, and one that no catalog has."""
    known = release.card["topics"][0]
    for slug in ("gift-cards", known):
        make_topic(slug)
    topics = ("gift-cards", known, "elsewhere")
    datasets.write(root / "gifts", [make_example(n, f"text {n}", topic=t) for n, t in enumerate(topics)], {})
    return "gifts"


def test_a_topic_that_the_live_release_lacks_can_be_added(client: Client, gifts: str) -> None:
    text = client.get(PAGE).text
    assert '<optgroup label="of gifts">' in text
    assert text.count("<optgroup") == 1
    assert text[text.index("<optgroup") : text.index("</optgroup")].count("<option") == 1
    assert client.post(PAGE, {**ORDER, "dataset": gifts, "adds": "gift-cards"}).status_code == 302
    assert TrainingRun.objects.get().adds == "gift-cards"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset": "ours"}, "ours has no examples of gift-cards to learn from: choose gifts."),
        ({"stage": "all"}, "a topic can&#x27;t be added to all: train topic to add gift-cards"),
        ({"adds": "elsewhere"}, "elsewhere is not one of the available choices"),
    ],
)
def test_a_topic_that_cannot_be_added_is_refused_in_words(
    client: Client, gifts: str, change: dict[str, str], message: str
) -> None:
    assert message in client.post(PAGE, {**ORDER, "dataset": gifts, "adds": "gift-cards", **change}).text
    assert not TrainingRun.objects.exists()


def test_without_a_topic_to_add_the_form_does_not_ask(client: Client) -> None:
    assert "Topic to add" not in client.get(PAGE).text
    assert client.post(PAGE, ORDER).status_code == 302


def test_a_dataset_that_was_changed_by_hand_does_not_break_the_page(
    client: Client, gifts: str, root: Path
) -> None:
    (root / gifts / datasets.EXAMPLES).write_text("")
    trainings._topics_of.cache_clear()
    assert client.get(PAGE).status_code == 200


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
