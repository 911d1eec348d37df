"""The pages on which a topic is merged, split or retired."""

import pytest
from django.test import Client

from copilot.models import Release, Topic
from helpdesk.models import User
from labeling import tasks
from labeling.models import Annotation, TopicChange
from tests.copilot.making import make_answer, make_topic
from tests.labeling.making import make_label
from tests.making import make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client, nadia: User) -> Client:
    client.force_login(nadia)
    return client


@pytest.fixture
def old(nadia: User) -> Topic:
    topic = make_topic("Readers")
    make_label("readers", author=nadia, message=make_message("The roll is stuck"))
    return topic


def reshape(client: Client, topic: Topic, kind: str, heirs: list[Topic]) -> TopicChange:
    client.post(f"/labeling/topics/{topic.pk}/reshape/", {"kind": kind, "heirs": [heir.pk for heir in heirs]})
    return TopicChange.objects.get(topic=topic)


def page_of(change: TopicChange, act: str = "") -> str:
    return f"/labeling/topic-changes/{change.pk}/{act}"


def test_a_merge_is_reviewed_applied_and_undone(client: Client, old: Topic) -> None:
    change = reshape(client, old, "merged", [make_topic("Paper")])
    text = client.get(page_of(change)).text
    assert "The roll is stuck" in text
    assert "1 of 1" in text
    client.post(page_of(change, "decide/"), {"apply": "1"})
    assert Annotation.objects.standing().get().label == "paper"
    change.refresh_from_db()
    assert "Undo the whole change" in client.get(page_of(change)).text
    client.post(f"/labeling/changes/{change.change_id}/undo/")
    assert Annotation.objects.standing().get().label == "readers"
    assert "as before" in client.get(page_of(change)).text


def test_a_split_asks_for_examples_and_a_worker_proposes(client: Client, old: Topic, nadia: User) -> None:
    parts = [make_topic("Paper"), make_topic("Pairing")]
    rolls = make_answer("Rolls", topic=old).answer
    make_label("rolls", author=nadia, message=Annotation.objects.get().message, task="answer")
    change = reshape(client, old, "split", parts)
    assert "questions that belong there" in client.get(page_of(change)).text
    client.post(page_of(change), {f"examples-{parts[0].pk}": "paper jam", f"answer-{rolls.pk}": parts[0].pk})
    change.refresh_from_db()
    assert change.state == "proposing"
    tasks.propose_split(change_id=change.pk)
    text = client.get(page_of(change)).text
    assert "its answer goes there" in text
    assert "No release is live, so only answers told" in text
    move = change.moves.get()
    client.post(f"/labeling/moves/{move.pk}/", {"label": "pairing"})
    move.refresh_from_db()
    assert (move.label, move.why) == ("pairing", "person")
    assert client.get(page_of(change), {"to": "paper"}).context["page"].paginator.count == 0
    assert "does not take the place" in client.post(
        f"/labeling/moves/{move.pk}/", {"label": "readers"}, follow=True
    ).text  # fmt: skip


def test_the_live_releases_encoder_reads_the_labels(
    client: Client, old: Topic, nadia: User, release: Release
) -> None:
    make_label("readers", author=nadia, message=make_message("The reader does not find my phone"))
    parts = [make_topic("Paper"), make_topic("Pairing")]
    change = reshape(client, old, "split", parts)
    examples = {
        f"examples-{parts[0].pk}": "The paper roll is jammed",
        f"examples-{parts[1].pk}": "It will not pair with my phone",
    }
    client.post(page_of(change), examples)
    tasks.propose_split(change_id=change.pk)
    assert [(move.label, move.why) for move in change.moves.all()] == [
        ("paper", "nearest"),
        ("pairing", "nearest"),
    ]


def test_a_task_that_comes_twice_changes_nothing(client: Client, old: Topic) -> None:
    change = reshape(client, old, "merged", [make_topic("Paper")])
    before = change.moves.get().pk
    tasks.propose_split(change_id=change.pk)
    assert change.moves.get().pk == before


def test_what_does_not_fit_is_said(client: Client, old: Topic) -> None:
    address = f"/labeling/topics/{old.pk}/reshape/"
    assert "one topic must be chosen" in client.post(address, {"kind": "merged"}).text
    assert "This field is required" in client.post(address, {"note": "Why"}).text
    assert (
        "not one of the available choices"
        in client.post(address, {"kind": "retired", "heirs": [old.pk]}).text
    )
    assert not TopicChange.objects.exists()


def test_one_that_is_begun_goes_on(client: Client, old: Topic) -> None:
    change = reshape(client, old, "retired", [])
    assert client.get(f"/labeling/topics/{old.pk}/reshape/").url == page_of(change)
    client.post(page_of(change, "decide/"), {"drop": "1"})
    assert client.get(f"/labeling/topics/{old.pk}/reshape/").status_code == 200
    assert "not under review" in client.post(page_of(change, "decide/"), {"apply": "1"}, follow=True).text
    assert "no split that is open" in client.post(page_of(change), {}, follow=True).text


def test_agents_are_refused(client: Client, old: Topic, ana: User) -> None:
    change = reshape(client, old, "retired", [])
    move = change.moves.get()
    client.force_login(ana)
    addresses = [f"/labeling/topics/{old.pk}/reshape/", page_of(change)]
    assert {client.get(address).status_code for address in addresses} == {403}
    acts = [*addresses, page_of(change, "decide/"), f"/labeling/moves/{move.pk}/"]
    assert {client.post(address).status_code for address in acts} == {403}


def test_other_verbs_and_unknown_ones_are_refused(client: Client, old: Topic) -> None:
    change = reshape(client, old, "retired", [])
    assert client.get(page_of(change, "decide/")).status_code == 405
    assert client.get(f"/labeling/moves/{change.moves.get().pk}/").status_code == 405
    assert client.delete(page_of(change)).status_code == 405
    assert client.get("/labeling/topic-changes/999999/").status_code == 404
    assert client.get("/labeling/topics/999999/reshape/").status_code == 404


def test_strangers_are_sent_to_the_door(client: Client, old: Topic) -> None:
    client.logout()
    assert "/sign-in/" in client.get(f"/labeling/topics/{old.pk}/reshape/").url
