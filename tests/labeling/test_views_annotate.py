"""The annotator: one message, one label, the next; skipped, flagged, undone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot.models import AnswerVersion
from helpdesk.models import Role, User
from labeling.models import Act, Annotation, Disagreement, Lease, QueueEntry
from tests.copilot.making import make_answer, make_suggestion, make_topic
from tests.labeling.making import make_function
from tests.labeling.waiting import make_annotation, make_entry
from tests.making import make_reply, make_user

pytestmark = pytest.mark.django_db

PAGE = "/labeling/annotate/"


@pytest.fixture
def client(client: Client, nadia: User) -> Client:
    client.force_login(nadia)
    return client


@pytest.fixture
def tomasz() -> User:
    return make_user("tomasz", role=Role.SME)


@pytest.fixture
def fees() -> Any:
    return make_topic("Fees"), make_topic("Tips")


def post(client: Client, act: str, entry: QueueEntry, **values: str) -> Any:
    about = {"task": entry.task, "mode": entry.mode, "message": str(entry.message_id)}
    return client.post(f"{PAGE}{act}/", about | values, follow=True)


def signed_in(user: User) -> Client:
    other = Client()
    other.force_login(user)
    return other


def said(**about: object) -> set[tuple[str, str, bool]]:
    rows = Annotation.objects.standing().filter(**about)
    return {(row.task, row.label, row.is_gold) for row in rows}


def test_a_label_is_stored_with_what_follows_from_it_and_the_next_message_comes(
    client: Client, nadia: User, fees: object
) -> None:
    first = make_entry("What does a payment cost?", rule="random", inclusion_probability=0.01)
    make_entry("Where do tips go?")
    assert "What does a payment cost?" in client.get(PAGE).text
    answer = post(client, "submit", first, label="fees", note="clear")
    assert "Where do tips go?" in answer.text
    assert said(message=first.message) == {("topic", "fees", True), ("validity", "question", True)}
    row = Annotation.objects.get(task="topic")
    assert (row.author, row.mode, row.note, row.picked_by) == (nadia, "blind", "clear", "random")
    assert row.inclusion_probability == 0.01
    assert row.seconds >= 0
    first.refresh_from_db()
    assert first.closed_at


def test_a_label_says_whether_the_queue_was_narrowed_to_a_topic(
    client: Client, nadia: User, sana: User, fees: object
) -> None:
    entry = make_entry("What does a payment cost?", n_wanted=2)
    post(client, "submit", entry, label="tips", topic="fees")
    post(client, "submit", entry, label="fees")
    own = Annotation.objects.standing().get(task="topic")
    assert (own.label, own.topic_filter) == ("fees", "fees"), "who was told a topic can't forget it"
    post(signed_in(sana), "submit", entry, label="fees")
    gold = Annotation.objects.gold("topic").get()
    assert (gold.author, gold.topic_filter) == (sana, ""), "who was told none goes before"


def test_htmx_gets_the_next_message_alone(client: Client, fees: object) -> None:
    first, _ = make_entry("One?"), make_entry("Two?")
    text = client.post(
        f"{PAGE}submit/", {"message": first.message_id, "label": "fees"}, headers={"HX-Request": "true"}
    ).text
    assert text.startswith('<div id="annotator"')
    assert "Two?" in text


def test_one_key_says_why_a_message_is_no_question(client: Client, fees: object) -> None:
    entry = make_entry("Thanks!")
    post(client, "submit", entry, reason="thanks")
    assert said() == {("validity", "thanks", True)}
    post(client, "submit", entry, label="fees")
    assert said() == {("validity", "question", True), ("topic", "fees", True)}


def test_all_that_one_key_did_is_one_step_to_undo(client: Client, nadia: User, fees: object) -> None:
    entries = [make_entry(f"Number {n}?") for n in range(3)]
    for entry in entries:
        post(client, "submit", entry, label="fees")
    assert Annotation.objects.standing().count() == 6
    for entry in reversed(entries):
        text = client.post(f"{PAGE}undo/", {}, follow=True).text
        assert entry.message.body in text
        assert re.search(r'value="fees" checked', text), "what was chosen is still there"
    assert Annotation.objects.standing().count() == 0
    assert "nothing left to undo" in client.post(f"{PAGE}undo/", {}, follow=True).text
    assert QueueEntry.objects.filter(closed_at=None, seen_by=[], n_labeled=0).count() == 3


def test_changing_ones_mind_replaces_the_label_and_undo_brings_it_back(client: Client, fees: object) -> None:
    entry = make_entry()
    post(client, "submit", entry, label="fees")
    post(client, "submit", entry, label="fees")
    assert Act.objects.count() == 1, "a double click is no second act"
    post(client, "submit", entry, label="tips")
    assert said(task="topic") == {("topic", "tips", True)}
    client.post(f"{PAGE}undo/", {})
    assert said(task="topic") == {("topic", "fees", True)}
    client.post(f"{PAGE}undo/", {})
    assert said() == set()


def test_a_skipped_message_is_left_to_others(client: Client, tomasz: User, fees: object) -> None:
    entry = make_entry("Only this one?")
    client.get(PAGE)
    assert "Nothing is left for you here" in post(client, "skip", entry).text
    assert "Only this one?" in signed_in(tomasz).get(PAGE).text
    assert "Only this one?" in client.post(f"{PAGE}undo/", {}, follow=True).text


def test_a_flagged_message_waits_for_nobody(client: Client, tomasz: User, fees: object) -> None:
    entry = make_entry("My card is 4929…")
    post(client, "flag", entry, flag="personal", note="a card number")
    act = Act.objects.get()
    assert (act.kind, act.flag, act.note) == ("flagged", "personal", "a card number")
    assert "Nothing is left" in signed_in(tomasz).get(PAGE).text
    assert "Choose why you flag it" in post(client, "flag", entry, flag="boring").text
    assert Act.objects.count() == 1


def test_two_people_never_get_the_same_message(client: Client, tomasz: User, fees: object) -> None:
    make_entry("One?"), make_entry("Two?")
    other = signed_in(tomasz)
    assert "One?" in client.get(PAGE).text
    assert "Two?" in other.get(PAGE).text
    assert "One?" in client.get(PAGE).text, "a reload keeps the message"
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert "One?" in other.get(PAGE).text, "whose lease ended goes to who asks next"


def test_some_messages_are_labeled_by_two_on_purpose(client: Client, tomasz: User, fees: object) -> None:
    entry = make_entry("Twice?", n_wanted=2)
    other = signed_in(tomasz)
    assert "Twice?" in client.get(PAGE).text
    assert "Twice?" in other.get(PAGE).text
    assert "Nothing is left" in post(client, "submit", entry, label="fees").text
    post(other, "submit", entry, label="fees")
    assert said(task="topic") == {("topic", "fees", True), ("topic", "fees", False)}
    assert not Disagreement.objects.exists()


def test_who_submits_after_somebody_else_is_told_and_nothing_is_lost(
    client: Client, tomasz: User, fees: object
) -> None:
    entry = make_entry("Where?")
    client.get(PAGE)
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))
    other = signed_in(tomasz)
    other.get(PAGE)
    post(other, "submit", entry, label="tips")
    assert "kept as a second opinion" in post(client, "submit", entry, label="fees").text
    assert said(task="topic") == {("topic", "tips", False), ("topic", "fees", False)}
    assert Disagreement.objects.get().closed_at is None


def test_an_expired_lease_that_nobody_took_loses_nothing(client: Client, fees: object) -> None:
    entry = make_entry()
    client.get(PAGE)
    Lease.objects.update(until=timezone.now() - timedelta(minutes=1))
    assert "second opinion" not in post(client, "submit", entry, label="fees").text
    assert ("topic", "fees", True) in said()


def test_what_may_be_no_question_has_no_gold_topic(
    client: Client, tomasz: User, sana: User, fees: object
) -> None:
    entry = make_entry(n_wanted=2)
    post(signed_in(tomasz), "submit", entry, label="tips")
    post(client, "submit", entry, reason="thanks")
    assert not any(is_gold for *_, is_gold in said())
    assert Disagreement.objects.get(closed_at=None).task == "validity"
    decided = {"task": "validity", "message": entry.message_id, "label": "question"}
    signed_in(sana).post(f"{PAGE}disagreements/decide/", decided)
    assert ("topic", "tips", True) in said()


def test_undoing_a_dissent_gives_the_gold_back(client: Client, tomasz: User, fees: object) -> None:
    entry = make_entry(n_wanted=2)
    post(signed_in(tomasz), "submit", entry, label="tips")
    post(client, "submit", entry, label="fees")
    client.post(f"{PAGE}undo/", {})
    assert said(task="topic") == {("topic", "tips", True)}
    assert Disagreement.objects.get().closed_at


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"label": "tariffs"}, "There is no label &#x27;tariffs&#x27; any more"),
        ({}, "Choose a label first"),
        ({"reason": "boring"}, "There is no label &#x27;boring&#x27; any more"),
    ],
)
def test_what_cannot_be_stored_says_why_and_keeps_the_note(
    client: Client, fees: object, values: dict[str, str], problem: str
) -> None:
    entry = make_entry("What does it cost?")
    text = post(client, "submit", entry, note="my words", **values).text
    assert problem in text
    assert "What does it cost?" in text
    assert "my words" in text
    assert not Annotation.objects.exists()


def test_nothing_predicted_or_sent_afterwards_is_on_a_blind_screen(
    client: Client, nadia: User, fees: object
) -> None:
    entry = make_entry("What does it cost?")
    make_suggestion(entry.message.case, "It is 2 %.", topic=fees[1], topic_probability=0.77)
    make_reply(entry.message.case, "It costs 2 % a payment.")
    blind = client.get(PAGE).text
    assert "77 %" not in blind
    assert "costs 2 % a payment" not in blind
    entry = make_entry(message=entry.message, mode="confirm")
    confirm = client.get(f"{PAGE}?mode=confirm").text
    assert "77 %" in confirm
    assert re.search(r'value="tips" checked', confirm)
    post(client, "submit", entry, label="tips")
    assert said(task="topic") == {("topic", "tips", False)}
    post(client, "submit", QueueEntry(task="topic", mode="blind", message=entry.message), label="fees")
    assert Annotation.objects.standing().get(task="topic").mode == "confirm", "a prediction is not forgotten"


def test_what_functions_say_is_only_on_the_screen_of_who_confirms(client: Client, fees: object) -> None:
    entry = make_entry("What does a payment cost?")
    make_entry(message=entry.message, mode="confirm")
    make_function("cost-words", label="fees", spec={"any": ["cost"]}, state="active")
    make_function("tip-words", label="tips", spec={"any": ["tip"]}, state="active")
    confirm = client.get(f"{PAGE}?mode=confirm").text
    assert "What does a payment <mark>cost</mark>?" in confirm
    assert "cost-words" in confirm
    assert "tip-words" not in confirm
    blind = client.get(PAGE).text
    assert "<mark>" not in blind
    assert "cost-words" not in blind


def test_a_better_wording_becomes_a_draft_that_undo_takes_back(client: Client, nadia: User) -> None:
    make_answer("Card fees", "Fees are 2 %.")
    entry = make_entry("What does it cost?", task="answer")
    post(client, "submit", entry, label="card-fees", text="Each payment costs 1.9 %.")
    draft = AnswerVersion.objects.get(number=2)
    assert (draft.body, draft.author, draft.approved_at) == ("Each payment costs 1.9 %.", nadia, None)
    assert Annotation.objects.get(task="answer").answer_version == draft
    client.post(f"{PAGE}undo/", {})
    assert not AnswerVersion.objects.filter(number=2).exists()
    text = post(client, "submit", entry, label="none", text="Something new.").text
    assert "choose the answer that it is to replace" in text


def test_a_chosen_answer_keeps_what_it_said(client: Client) -> None:
    version = make_answer("Card fees", "Fees are 2 %.")
    entry = make_entry(task="answer")
    assert "Fees are 2 %." in client.get(f"{PAGE}?task=answer").text
    post(client, "submit", entry, label="card-fees")
    assert Annotation.objects.get(task="answer").answer_version == version


def test_a_certain_message_can_be_opened(client: Client, tomasz: User, fees: object) -> None:
    entry = make_entry("The first?"), make_entry("A certain one?")
    text = client.get(f"{PAGE}?task=topic&message={entry[1].message_id}").text
    assert "A certain one?" in text
    message = make_entry("No queue has it").message
    QueueEntry.objects.filter(message=message).delete()
    text = client.get(f"{PAGE}?task=topic&message={message.pk}").text
    assert "Opened by hand" in text
    post(client, "submit", QueueEntry(task="topic", mode="blind", message=message), label="fees")
    assert Annotation.objects.get(task="topic").picked_by == "chosen"


def test_a_stale_label_of_ones_own_is_asked_again(client: Client, nadia: User, fees: object) -> None:
    entry = make_entry("Still so?", rule="stale")
    make_annotation(entry.message, nadia, "fees", is_gold=True, stale_at=timezone.now())
    assert "Still so?" in client.get(PAGE).text
    post(client, "submit", entry, label="fees")
    [row] = Annotation.objects.standing().filter(task="topic")
    assert (row.is_gold, row.stale_at) == (True, None)


def test_progress_is_ones_own(client: Client, fees: object) -> None:
    entries = [make_entry(f"{n}?") for n in range(3)]
    post(client, "submit", entries[0], label="fees")
    text = client.get(PAGE).text
    assert "1 labeled today" in text
    assert "2 left in the queue" in text


def test_one_submit_asks_the_database_a_fixed_number_of_times(
    client: Client, fees: object, django_assert_max_num_queries: Any
) -> None:
    entries = [make_entry(f"{n}?") for n in range(3)]
    for entry in entries:
        client.get(PAGE)
        with django_assert_max_num_queries(48):
            client.post(
                f"{PAGE}submit/",
                {"message": entry.message_id, "label": "fees"},
                headers={"HX-Request": "true"},
            )


def test_only_who_labels_may(client: Client, ana: User, fees: object) -> None:
    entry = make_entry()
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
    for act in ("submit", "skip", "flag", "undo"):
        assert post(client, act, entry, label="fees", flag="personal").status_code == 403
    assert not Act.objects.exists()


def test_other_verbs_and_unknown_things_are_refused(client: Client, fees: object) -> None:
    assert client.post(PAGE).status_code == 405
    for act in ("submit", "skip", "flag", "undo"):
        assert client.get(f"{PAGE}{act}/").status_code == 405
    assert client.get(f"{PAGE}?task=wording").status_code == 404
    assert client.get(f"{PAGE}?mode=adjudication").status_code == 404
    assert client.get(f"{PAGE}?message=999999").status_code == 404
    assert client.post(f"{PAGE}submit/", {"label": "fees"}).status_code == 404


def test_strangers_are_sent_to_the_door(client: Client) -> None:
    client.logout()
    assert "/sign-in/" in client.get(PAGE).url


def test_only_what_may_be_about_a_topic_is_shown(client: Client, nadia: User, fees: object) -> None:
    make_entry("Where do tips go?")
    guessed = make_entry("What does a payment cost?")
    make_suggestion(guessed.message.case, topic=make_topic("Fees"))
    said_once = make_entry("And abroad?", task="answer")
    make_annotation(said_once.message, nadia, "fees", stale_at=timezone.now())

    text = client.get(f"{PAGE}?task=topic&topic=fees").text
    assert "What does a payment cost?" in text
    assert "1 left that may be about Fees" in text
    assert "And abroad?" in client.get(f"{PAGE}?task=answer&topic=fees").text
    assert "Nothing about Tips is left" in client.get(f"{PAGE}?task=topic&topic=tips").text


def test_a_topic_stays_chosen_from_message_to_message(client: Client, fees: object) -> None:
    first, second = make_entry("What does a payment cost?"), make_entry("And abroad?")
    for entry in (first, second):
        make_suggestion(entry.message.case, topic=make_topic("Fees"))
    make_entry("Where do tips go?")
    client.get(f"{PAGE}?task=topic&topic=fees")
    assert "And abroad?" in post(client, "submit", first, label="fees", topic="fees").text
    assert "Nothing about Fees is left" in post(client, "skip", second, topic="fees").text


def test_a_message_of_another_topic_that_is_held_does_not_come_first(client: Client, fees: object) -> None:
    make_entry("Where do tips go?")
    guessed = make_entry("What does a payment cost?")
    make_suggestion(guessed.message.case, topic=make_topic("Fees"))
    assert "Where do tips go?" in client.get(f"{PAGE}?task=topic").text
    assert "What does a payment cost?" in client.get(f"{PAGE}?task=topic&topic=fees").text


def test_the_random_sample_is_not_drawn_on_for_one_topic(client: Client, fees: object) -> None:
    entry = make_entry("What does a payment cost?", rule="random", inclusion_probability=0.1)
    make_suggestion(entry.message.case, topic=make_topic("Fees"))
    assert "Nothing about Fees is left" in client.get(f"{PAGE}?task=topic&topic=fees").text


def test_a_topic_that_is_none_is_not_found(client: Client) -> None:
    assert client.get(f"{PAGE}?task=topic&topic=nothing").status_code == 404
