"""The page of weak labels: ordered, watched, read with every n, and taken away as CSV."""

import csv
import re
from datetime import datetime
from io import StringIO

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.models import User
from labeling import weak_runs
from labeling.applying import apply_everything
from labeling.models import WeakLabelRun
from tests.copilot.making import make_topic
from tests.labeling.making import make_function, make_gold, make_item

pytestmark = pytest.mark.django_db

PAGE = "/labeling/weak-labels/"
ORDER = {"task": "topic", "method": "majority", "seed": "3"}


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    queued: list[int] = []
    monkeypatch.setattr("labeling.tasks.label_weakly.delay_on_commit", lambda job_id: queued.append(job_id))
    return queued


@pytest.fixture
def client(client: Client, nadia: User) -> Client:
    client.force_login(nadia)
    return client


@pytest.fixture
def run(nadia: User, now: datetime) -> WeakLabelRun:
    make_topic("Payout timing")
    make_topic("Refunds")
    items = [make_item(f"payout {n}") for n in range(6)] + [make_item("refund"), make_item("hello")]
    for item in items[:5]:
        make_gold(item, "payout-timing", author=nadia)
    make_gold(items[5], "refunds", author=nadia)
    make_function("late-payout", state="active")
    apply_everything(now=now)
    return weak_runs.run(weak_runs.order(task="topic", method="", seed=1, by=nadia, now=now).pk)


def rows_of(client: Client, table: str) -> list[dict[str, str]]:
    answer = client.get(f"{PAGE}?task=topic&csv={table}")
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(StringIO(answer.text)))


def test_an_order_is_stored_and_queued(client: Client, nadia: User, queued: list[int]) -> None:
    answer = client.post(PAGE, ORDER)

    assert answer.url == f"{PAGE}?task=topic"
    run = WeakLabelRun.objects.get()
    assert (run.task, run.asked, run.seed, run.ordered_by) == ("topic", "majority", 3, nadia)
    assert queued == [run.pk]


def test_gold_chooses_where_no_method_is_asked_for(client: Client) -> None:
    client.post(PAGE, {**ORDER, "method": ""})
    assert WeakLabelRun.objects.get().asked == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "wording"}, "Make weak labels anew"),
        ({"method": "magic"}, "magic is not one of the available choices"),
        ({"seed": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_bad_order_says_why(client: Client, change: dict[str, str], message: str) -> None:
    answer = client.post(PAGE, {**ORDER, **change})

    assert answer.status_code == 200
    assert message in answer.text
    assert not WeakLabelRun.objects.exists()


def test_a_second_order_of_the_task_is_refused_in_words(client: Client) -> None:
    client.post(PAGE, ORDER)
    assert "weak labels of topic are being made already" in client.post(PAGE, ORDER).text


def test_without_labels_the_page_says_what_to_do(client: Client) -> None:
    text = client.get(PAGE).text
    assert "There are no weak labels of this task yet." in text
    assert "Activate functions" in text


@pytest.mark.usefixtures("run")
def test_the_page_says_what_it_found_with_every_n(client: Client) -> None:
    text = re.sub(r"\s+", " ", client.get(PAGE).text)

    assert "6 of 8 messages have a weak label (majority of the votes)." in text
    assert "Of 6 messages with gold it gets 83 % (44–97 %) right" in text
    assert "Gold only, no weak labels" in text
    assert "6 messages have gold, 30 are needed to weigh votes by it" in text
    assert "5 of 6" in text


@pytest.mark.usefixtures("run")
def test_every_table_is_there_as_csv(client: Client) -> None:
    [function] = rows_of(client, "functions")
    assert (function["function"], function["hits"], function["n_gold_votes"], function["n_right"]) == (
        "late-payout", "6", "6", "5",
    )  # fmt: skip
    assert {row["method"]: row["chosen"] for row in rows_of(client, "candidates")}["majority"] == "True"
    assert {row["label"]: row["n_gold"] for row in rows_of(client, "classes")} == {
        "payout-timing": "5",
        "refunds": "1",
    }
    assert {(row["gold"], row["said"]): row["n"] for row in rows_of(client, "confusion")} == {
        ("refunds", "payout-timing"): "1",
        ("payout-timing", "payout-timing"): "5",
    }


def test_the_other_tasks_have_pages_of_their_own(client: Client, run: WeakLabelRun) -> None:
    assert "There are no weak labels of this task yet." in client.get(f"{PAGE}?task=answer").text
    assert "6 of 8 messages have" in client.get(f"{PAGE}?task=nonsense").text  # the first page there is


def test_a_run_shows_how_far_it_is_and_asks_again(client: Client) -> None:
    run = WeakLabelRun.objects.create(
        task="topic", seed=1, state="running", step="Reading votes", share=0.42, ordered_at=timezone.now()
    )
    answer = client.get(f"{PAGE}{run.pk}/")

    assert "42 %, Reading votes" in answer.text
    assert 'hx-trigger="every 2s"' in answer.text
    assert "HX-Refresh" not in answer


def test_a_run_that_ended_brings_the_page_up_to_date(client: Client, run: WeakLabelRun) -> None:
    answer = client.get(f"{PAGE}{run.pk}/")

    assert answer["HX-Refresh"] == "true"
    assert "hx-trigger" not in answer.text


@pytest.mark.usefixtures("run")
def test_the_page_asks_the_database_as_often_whatever_it_shows(
    client: Client, now: datetime, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(14):
        client.get(PAGE)


def test_strangers_and_wrong_verbs_are_refused(client: Client, ana: User, run: WeakLabelRun) -> None:
    assert client.delete(PAGE).status_code == 405
    assert client.post(f"{PAGE}{run.pk}/").status_code == 405
    assert client.get(f"{PAGE}{run.pk + 1}/").status_code == 404
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, ORDER).status_code == 403
    assert client.get(f"{PAGE}{run.pk}/").status_code == 403
    client.logout()
    assert client.get(PAGE).status_code == 302


def test_cancelling_what_waits_ends_it(client: Client, now: datetime) -> None:
    run = WeakLabelRun.objects.create(task="answer", seed=1, ordered_at=now)
    assert client.post(f"{PAGE}{run.pk}/cancel/").url == f"{PAGE}?task=answer"
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "have ended already" in client.post(f"{PAGE}{run.pk}/cancel/", follow=True).text


def test_cancelling_what_runs_asks_it_to_end(client: Client, now: datetime) -> None:
    run = WeakLabelRun.objects.create(task="topic", seed=1, state="running", ordered_at=now)
    assert "Cancel" in client.get(f"{PAGE}{run.pk}/").text
    text = client.post(f"{PAGE}{run.pk}/cancel/", HTTP_HX_REQUEST="true").text
    assert "ends at the next step" in text
    assert "Cancel" not in text


def test_a_run_that_is_to_end_makes_no_labels(
    nadia: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_topic("Payout timing")
    make_item("payout")
    make_function("late-payout", state="active")
    apply_everything(now=now)
    run = weak_runs.order(task="topic", method="majority", seed=1, by=nadia, now=now)
    real = weak_runs.votes_for

    def is_cancelled_meanwhile(task: str) -> object:
        assert weak_runs.JOBS.cancel(run.pk, now=now)
        return real(task)

    monkeypatch.setattr(weak_runs, "votes_for", is_cancelled_meanwhile)
    done = weak_runs.run(run.pk)
    assert (done.state, done.n_labelled, done.shards.count()) == ("cancelled", 0, 0)


def test_only_who_labels_cancels_and_only_by_a_post(client: Client, ana: User, now: datetime) -> None:
    run = WeakLabelRun.objects.create(task="topic", seed=1, state="running", ordered_at=now)
    assert client.get(f"{PAGE}{run.pk}/cancel/").status_code == 405
    client.force_login(ana)
    assert client.post(f"{PAGE}{run.pk}/cancel/").status_code == 403
    assert client.post(f"{PAGE}999/cancel/").status_code in {403, 404}
