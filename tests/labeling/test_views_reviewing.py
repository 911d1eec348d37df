"""What people disagree about is decided by somebody else; agreement is told where it can be; the queue is mixed."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.models import Role, User
from labeling.models import Act, Annotation, Disagreement, QueuePlan, QueueShare
from labeling.settling import settle
from tests.copilot.making import make_topic
from tests.labeling.waiting import make_annotation, make_item
from tests.making import make_user

pytestmark = pytest.mark.django_db

PAGE = "/labeling/annotate/disagreements/"
DECIDE = f"{PAGE}decide/"
AGREEMENT = "/labeling/annotate/agreement/"
QUEUE = "/labeling/annotate/queue/"


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


@pytest.fixture
def tomasz() -> User:
    return make_user("tomasz", role=Role.SME)


@pytest.fixture
def disputed(nadia: User, tomasz: User) -> Annotation:
    """Two people called a message different things."""
    make_topic("Fees"), make_topic("Tips")
    message = make_item("Do tips cost a fee?").message
    first = make_annotation(message, nadia, "fees", inclusion_probability=0.2, note="a fee")
    make_annotation(message, tomasz, "tips")
    settle(message_id=message.pk, now=timezone.now())
    return first


def decide(client: Client, row: Annotation, label: str = "tips") -> Any:
    return client.post(DECIDE, {"task": "topic", "message": row.message_id, "label": label}, follow=True)


def test_a_disagreement_shows_what_was_said_and_by_nobodys_name(client: Client, disputed: Annotation) -> None:
    text = client.get(PAGE).text
    assert "Do tips cost a fee?" in text
    assert "a fee" in text
    assert "Nadia" not in text
    assert not Annotation.objects.filter(is_gold=True).exists()


def test_what_somebody_else_decides_is_gold_and_can_be_undone(
    client: Client, sana: User, disputed: Annotation
) -> None:
    assert "Decided" in decide(client, disputed).text
    gold = Annotation.objects.get(is_gold=True)
    assert (gold.label, gold.author, gold.mode) == ("tips", sana, "adjudication")
    assert gold.inclusion_probability == 0.2, "the message is of the random sample, whoever decides"
    assert Annotation.objects.standing().count() == 3
    assert Disagreement.objects.get().closed_at
    client.post("/labeling/annotate/undo/")
    assert not Annotation.objects.filter(is_gold=True).exists()
    assert Disagreement.objects.filter(closed_at=None).count() == 1


def test_who_disagrees_does_not_decide(client: Client, nadia: User, disputed: Annotation) -> None:
    client.force_login(nadia)
    assert "somebody else has to decide" in client.get(PAGE).text
    assert "somebody else has to decide" in decide(client, disputed).text
    assert not Annotation.objects.filter(is_gold=True).exists()


def test_what_cannot_be_decided_says_why(client: Client, disputed: Annotation) -> None:
    assert "no label &#x27;tariffs&#x27; any more" in decide(client, disputed, "tariffs").text
    assert "Choose a label first" in client.post(DECIDE, {"task": "topic"}, follow=True).text
    decide(client, disputed)
    assert "decided meanwhile" in decide(client, disputed, "fees").text
    assert Annotation.objects.get(is_gold=True).label == "tips"


def test_a_flag_waits_until_somebody_has_looked(client: Client, nadia: User) -> None:
    act = Act.objects.create(
        person=nadia, message=make_item("My card is 4929").message, task="topic", mode="blind",
        kind="flagged", flag="personal", note="a card", at=timezone.now(),
    )  # fmt: skip
    assert "Personal data in it" in client.get(PAGE).text
    address = f"/labeling/annotate/flags/{act.pk}/settle/"
    client.post(address)
    assert "Personal data in it" not in client.get(PAGE).text
    assert "looked at it already" in client.post(address, follow=True).text


def test_the_page_of_disagreements_asks_a_fixed_number_of_times(
    client: Client, nadia: User, tomasz: User, django_assert_max_num_queries: Any
) -> None:
    make_topic("Fees"), make_topic("Tips")
    for n in range(6):
        message = make_item(f"{n}?").message
        make_annotation(message, nadia, "fees")
        make_annotation(message, tomasz, "tips")
        settle(message_id=message.pk, now=timezone.now())
    with django_assert_max_num_queries(18):
        client.get(PAGE)


def agree(n: int, *people: User, but: int = 0) -> None:
    for number in range(n):
        message = make_item(f"{number}?").message
        for place, person in enumerate(people):
            label = "fees" if number % 2 else "tips"
            other = "tips" if number % 2 else "fees"
            make_annotation(message, person, other if place and number < but else label, is_gold=not place)


def test_agreement_is_told_by_label_with_intervals(client: Client, nadia: User, tomasz: User) -> None:
    make_topic("Fees"), make_topic("Tips")
    agree(40, nadia, tomasz, but=4)
    text = client.get(AGREEMENT).text
    assert "0.80 (" in text
    assert "too little to rely on" in text
    assert "Taken for each other" in text
    assert "40" in text
    assert "20 are needed to weigh" in text


def test_too_little_overlap_says_so(client: Client, nadia: User, tomasz: User) -> None:
    agree(3, nadia, tomasz)
    text = client.get(AGREEMENT).text
    assert "3 of 20 that are needed" in text
    assert "alpha" not in text


def test_a_label_with_few_messages_says_so(client: Client, nadia: User, tomasz: User) -> None:
    agree(24, nadia, tomasz)
    rare = make_item("?").message
    make_annotation(rare, nadia, "rare"), make_annotation(rare, tomasz, "rare")
    assert "Too few to tell: 10 messages" in client.get(AGREEMENT).text


def test_what_was_said_with_a_prediction_on_the_screen_does_not_count(
    client: Client, nadia: User, tomasz: User
) -> None:
    agree(30, nadia, tomasz)
    Annotation.objects.filter(author=tomasz).update(mode="confirm", is_gold=False)
    assert "0 of 20 that are needed" in client.get(AGREEMENT).text


def test_gold_that_three_people_make_unlikely_is_named(client: Client, nadia: User, tomasz: User) -> None:
    make_topic("Fees"), make_topic("Tips")
    agree(24, nadia, tomasz, make_user("ife", role=Role.SME))
    row = Annotation.objects.filter(author=nadia, label="fees").first()
    Annotation.objects.filter(pk=row.pk).update(label="tips")
    text = client.get(AGREEMENT).text
    assert "make these gold labels doubtful" in text
    assert f"message={row.message_id}" in text


PLAN = {"random": 40, "uncertain": 20, "disputed": 10, "stale": 10, "rare": 10, "cluster": 0, "conflict": 5,
        "dismissed": 5, "overlap_percent": 15, "overlap_people": 3}  # fmt: skip


def test_a_data_scientist_mixes_the_queue(client: Client) -> None:
    assert client.post(f"{QUEUE}?task=answer", PLAN).status_code == 302
    plan = QueuePlan.objects.get(task="answer")
    assert (plan.overlap_percent, plan.overlap_people) == (15, 3)
    assert QueueShare.objects.get(plan=plan, rule="random").percent == 40


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"random": 0}, "greater than or equal to 5"),
        ({"stale": 30}, "come to 120 %"),
        ({"overlap_people": 1}, "greater than or equal to 2"),
        ({"rare": ""}, "This field is required"),
    ],
)
def test_a_bad_mix_says_why(client: Client, change: dict[str, object], message: str) -> None:
    assert message in client.post(QUEUE, PLAN | change).text
    assert QueueShare.objects.get(plan__task="topic", rule="random").percent == 30


def test_an_expert_sees_the_mix_and_leaves_it(client: Client, nadia: User) -> None:
    client.force_login(nadia)
    assert "A data scientist changes these" in client.get(QUEUE).text
    assert client.post(QUEUE, PLAN).status_code == 403


def test_only_who_labels_reads_these(client: Client, ana: User, disputed: Annotation) -> None:
    client.force_login(ana)
    for address in (PAGE, AGREEMENT, QUEUE):
        assert client.get(address).status_code == 403
    assert decide(client, disputed).status_code == 403
    assert client.post("/labeling/annotate/flags/1/settle/").status_code == 403


def test_other_verbs_and_tasks_are_refused(client: Client) -> None:
    assert client.get(DECIDE).status_code == 405
    assert client.get("/labeling/annotate/flags/1/settle/").status_code == 405
    for address in (PAGE, AGREEMENT, QUEUE):
        assert client.delete(address).status_code == 405
        assert client.get(f"{address}?task=wording").status_code == 404
