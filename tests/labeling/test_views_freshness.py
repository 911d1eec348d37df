"""The freshness page: the age of gold, what is due, what was announced, and its undoing."""

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot import changing
from copilot.models import AnswerVersion, CatalogChange, Topic
from helpdesk.models import User
from labeling import reshaping
from labeling.models import Annotation
from tests.copilot.making import make_answer, make_topic
from tests.labeling.making import make_label
from tests.making import make_message

pytestmark = pytest.mark.django_db

PAGE, ANNOUNCE = "/labeling/freshness/", "/labeling/freshness/announce/"


@pytest.fixture
def client(client: Client, nadia: User) -> Client:
    client.force_login(nadia)
    return client


@pytest.fixture
def returns(nadia: User) -> Topic:
    """A topic with three labels of two messages: two of 10 days, one of 70."""
    topic = make_topic("Returns")
    day = timezone.localdate()
    make_answer("Window", topic=topic, owner=nadia, review_on=day)
    message = make_message()
    make_label("returns", author=nadia, message=message, days_ago=10)
    make_label("window", author=nadia, message=message, task="answer", days_ago=10)
    make_label("returns", author=nadia, days_ago=70)
    return topic


def announcement(topic: Topic, **more: object) -> dict[str, object]:
    since = timezone.localdate() - timedelta(days=5)
    return {
        "kind": "policy",
        "since": str(since),
        "note": "14 days instead of 30",
        "topics": [topic.pk],
    } | more


class TestPage:
    def test_every_topic_tells_how_fresh_it_is(self, client: Client, returns: Topic) -> None:
        make_topic("Fees")
        first, second = client.get(PAGE).context["rows"]
        assert (first.topic, first.n, first.n_messages, first.n_stale, first.n_old) == (returns, 3, 2, 0, 1)
        assert (first.median_age, first.oldest_age) == (10, 70)
        assert (first.owners, first.is_thin) == (["Nadia"], True)
        assert (second.n, second.median_age) == (0, None)

    def test_the_stalest_come_first(self, client: Client, returns: Topic, nadia: User) -> None:
        changing.announce(kind="policy", topics=[returns], since=timezone.now(), by=nadia, now=timezone.now())
        make_topic("Aardvarks")
        response = client.get(PAGE)
        assert response.context["rows"][0].n_stale == 1
        assert "1 of 3 gold labels are no longer believed" in response.text
        assert "1 stale by it" in response.text

    def test_what_is_no_gold_or_was_taken_back_does_not_count(
        self, client: Client, returns: Topic, sana: User
    ) -> None:
        make_label("returns", author=sana, is_gold=False)
        make_label("returns", author=sana, undone_at=timezone.now())
        message = make_message()
        make_label("returns", author=sana, message=message)
        make_label("window", author=sana, message=message, task="answer", undone_at=timezone.now())
        assert client.get(PAGE).context["rows"][0].n == 4

    def test_drafts_that_wait_are_told(self, client: Client, returns: Topic) -> None:
        answer = returns.answers.get()
        AnswerVersion.objects.create(answer=answer, number=2, body="New", created_at=timezone.now())
        text = client.get(PAGE).text
        assert "1 draft waits for approval" in text
        assert "Approve 1 draft" in text

    def test_topics_that_are_to_change_are_found_there(
        self, client: Client, returns: Topic, nadia: User
    ) -> None:
        change = reshaping.begin(topic=returns, kind="retired", heirs=[], by=nadia, now=timezone.now())
        assert "Returns: retire it" in client.get(PAGE).text
        reshaping.apply(change, by=nadia, now=timezone.now())
        text = client.get(PAGE).text
        assert "Where its labels went" in text
        assert "Returns: retire it" not in text

    def test_the_csv_has_the_same_rows(self, client: Client, returns: Topic) -> None:
        response = client.get(PAGE, {"format": "csv"})
        [row] = csv.DictReader(StringIO(response.text))
        assert (row["topic"], row["gold_labels"], row["messages"], row["stale"]) == ("returns", "3", "2", "0")
        assert (row["median_age_days"], row["older_than_bar"], row["bar_days"]) == ("10", "1", "60")
        assert row["owners_of_due"] == "Nadia"

    def test_an_empty_catalog_says_what_to_do(self, client: Client) -> None:
        assert "There is no topic yet." in client.get(PAGE).text

    @pytest.mark.parametrize("n_topics", [1, 12])
    def test_its_queries_do_not_grow(
        self, client: Client, nadia: User, n_topics: int, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        for number in range(n_topics):
            topic = make_topic(f"Topic {number}")
            make_answer(f"Answer {number}", topic=topic, review_on=timezone.localdate())
            make_label(topic.slug, author=nadia)
            changing.announce(
                kind="product", topics=[topic], since=timezone.now(), by=nadia, now=timezone.now()
            )
        with django_assert_num_queries(12):
            client.get(PAGE)


class TestAnnouncing:
    def test_a_preview_changes_nothing(self, client: Client, returns: Topic) -> None:
        response = client.post(ANNOUNCE, announcement(returns, preview="1"))
        assert "It would make 1 label stale, 1 of them gold" in response.text
        assert not CatalogChange.objects.exists()
        wider = client.post(ANNOUNCE, announcement(returns, preview="1", is_topic_affected="on"))
        assert wider.context["preview"]["n"] == 3

    def test_an_announcement_marks_and_is_undone(self, client: Client, returns: Topic, nadia: User) -> None:
        response = client.post(ANNOUNCE, announcement(returns, announce="1"), follow=True)
        assert "1 label will be asked again first" in response.text
        change = CatalogChange.objects.get()
        assert (change.kind, change.by, change.note) == ("policy", nadia, "14 days instead of 30")
        assert timezone.localtime(change.since).hour == 0
        again = client.post(f"/labeling/changes/{change.pk}/undo/", follow=True)
        assert "undone by Nadia" in again.text
        assert not Annotation.objects.stale().exists()
        assert (
            "it was undone already" in client.post(f"/labeling/changes/{change.pk}/undo/", follow=True).text
        )

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"since": "2999-01-01"}, "It lies in the future"),
            ({"since": "soon"}, "Enter a valid date"),
            ({"topics": []}, "This field is required"),
            ({"topics": [999999]}, "999999 is not one of the available choices"),
            ({"kind": "renamed"}, "renamed is not one of the available choices"),
            ({"note": ""}, "This field is required"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, client: Client, returns: Topic, more: dict[str, object], message: str
    ) -> None:
        response = client.post(ANNOUNCE, announcement(returns, announce="1", **more))
        assert response.status_code == 200
        assert message in response.text
        assert not CatalogChange.objects.exists()


def test_agents_are_refused(client: Client, ana: User, returns: Topic) -> None:
    client.force_login(ana)
    answers = [client.get(PAGE), client.get(ANNOUNCE), client.post(ANNOUNCE, announcement(returns)),
               client.post("/labeling/changes/1/undo/")]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403] * 4


def test_other_verbs_and_unknown_changes_are_refused(client: Client) -> None:
    assert client.post(PAGE).status_code == 405
    assert client.delete(ANNOUNCE).status_code == 405
    assert client.get("/labeling/changes/1/undo/").status_code == 405
    assert client.post("/labeling/changes/1/undo/").status_code == 404


def test_strangers_are_sent_to_the_door(client: Client) -> None:
    client.logout()
    assert "/sign-in/" in client.get(PAGE).url
