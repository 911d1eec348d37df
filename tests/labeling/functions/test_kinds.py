"""The kinds that are no rules: outcome, code, neighbour, trained head, language model."""

import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from copilot import match_versions
from copilot.datasets import key_of
from copilot.models import Artifact, Match, Release, Suggestion, SuggestionEvent
from helpdesk.models import User
from labeling.applying import apply_everything, votes_for
from labeling.functions import bounding, coded
from labeling.functions.errors import SpecError
from labeling.models import Item, LabelingFunction, ModelAnswer, VoteShard
from tests.copilot.making import make_answer, make_suggestion, make_topic
from tests.labeling.making import make_function, make_item
from tests.llm_server import Heard, llm_server
from tests.making import make_reply

pytestmark = pytest.mark.django_db


def said_by(task: str, now: datetime) -> list[str | None]:
    """Apply the one function there is, and return its label for each item."""
    apply_everything(now=now)
    said = votes_for(task, states=["trial"])
    matrix = said.votes.to_matrix()[:, 0].tolist()
    return [said.labels[number] if number >= 0 else None for number in matrix]


def problem() -> str:
    return LabelingFunction.objects.get().problem


# outcome


def suggested(text: str, kind: str, *, now: datetime, topic: str = "Payout timing") -> Suggestion:
    item = make_item(text)
    suggestion = make_suggestion(
        item.message.case,
        topic=make_topic(topic),
        answer=make_answer(f"About {topic}", topic=make_topic(topic)),
    )
    reply = make_reply(item.message.case, "There.")
    Match.objects.create(
        suggestion=suggestion, reply=reply, kind=kind, similarity=1, retained=1, share=1, survival=1,
        kept_characters=1, n_reply_tokens=9, version=match_versions.current(), recorded_at=now,
    )  # fmt: skip
    return suggestion


def test_a_sent_suggestion_speaks_for_its_topic_and_answer(now: datetime) -> None:
    suggested("one", "exact", now=now)
    suggested("two", "conflict", now=now)
    suggested("three", "near", now=now, topic="Refunds")
    make_function(kind="outcome", label="", spec={"when": ["exact", "near"], "lag_days": 0})
    assert said_by("topic", now) == ["payout-timing", None, "refunds"]
    LabelingFunction.objects.all().delete()
    make_function(kind="outcome", task="answer", label="", spec={"when": ["exact"], "lag_days": 0})
    assert said_by("answer", now) == ["about-payout-timing", None, None]


def test_a_dismissal_speaks_for_the_label_that_is_chosen(now: datetime, ana: User) -> None:
    item = make_item("ta")
    SuggestionEvent.objects.create(
        suggestion=make_suggestion(item.message.case), type="dismissed", dismiss_reason="not_a_question",
        actor=ana, at=now, client_seq="1",
    )  # fmt: skip
    make_function(
        kind="outcome",
        task="validity",
        label="no_request",
        spec={"when": ["dismissed not_a_question"], "lag_days": 0},
    )
    assert said_by("validity", now) == ["no_request"]


def test_an_outcome_is_read_once_it_is_old_enough(now: datetime) -> None:
    suggested("one", "exact", now=now)
    make_function(kind="outcome", label="", spec={"when": ["exact"], "lag_days": 7})
    assert said_by("topic", now) == [None]
    assert not VoteShard.objects.exists()
    assert said_by("topic", now + timedelta(days=7)) == ["payout-timing"]
    assert apply_everything(now=now + timedelta(days=7)) == 0


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"when": ["liked"]}, "when has 'liked': choose of exact, near"),
        ({"when": []}, "when is needed"),
        ({"when": ["exact"], "lag_days": -1}, "lag_days is -1: a number from 0 to 365"),
    ],
)
def test_a_bad_outcome_says_why(spec: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make_function(kind="outcome", label="", spec=spec)


# code


def test_a_function_in_python_votes(now: datetime) -> None:
    for text in ("Где мои деньги, почему их нет?", "Where is my money?", "?!"):
        make_item(text)
    make_function(kind="code", task="validity", label="", spec={"function": "written_in_another_script"})
    assert said_by("validity", now) == ["other_language", None, None]


def test_a_crash_names_function_and_message_and_is_no_abstain(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [make_item(text) for text in ("fine", "boom", "fine too")]

    def fragile(row: coded.Row) -> str | None:
        return str(1 // (row.text != "boom")) and None

    monkeypatch.setattr(coded, "ALLOWED", {"fragile": ("validity", fragile)})
    make_function("fragile", kind="code", task="validity", label="", spec={"function": "fragile"})
    apply_everything(now=now)
    assert problem().startswith(f"fragile v1: fragile crashed on message {items[1].pk}: ZeroDivisionError: ")
    assert not VoteShard.objects.exists()


@pytest.mark.parametrize("way", ["loop", "pattern", "swallow"])
def test_what_does_not_end_is_stopped_with_its_message_named(
    now: datetime, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(bounding, "TICK", 0.1)
    items = [make_item(text) for text in ("fine", "endless", "fine too")]

    def runaway(row: coded.Row) -> str | None:
        while row.text == "endless":
            try:
                if way == "pattern":
                    re.match(r"(a+)+$", "a" * 40 + "b")
            except Exception:  # noqa: BLE001  code that swallows whatever it can
                continue
        return "no_request"

    monkeypatch.setattr(coded, "ALLOWED", {"runaway": ("validity", runaway)})
    make_function("runaway", kind="code", task="validity", label="", spec={"function": "runaway"})
    other = make_function("other", task="validity", label="no_request", spec={"any": ["fine"]})
    apply_everything(now=now)
    expected = f"runaway v1: runaway took too long on message {items[1].pk}: make it end"
    assert LabelingFunction.objects.get(slug="runaway").problem == expected
    assert VoteShard.objects.get().sha256 == other.sha256, "the worker lives on, and nothing is an abstain"


def test_all_messages_together_have_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounding, "TICK", 0.02)
    monkeypatch.setattr(bounding, "MOST_SECONDS", 0.1)

    def read_all() -> None:
        with bounding.watched() as watch:
            for watch.message_id in range(1_000):
                time.sleep(0.01)

    with pytest.raises(bounding.OverdueError):
        read_all()


def test_what_was_watched_leaves_no_alarm_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with bounding.watched():
        pass
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_code_is_not_run_where_it_cannot_be_stopped() -> None:
    def watch() -> str:
        try:
            with bounding.watched():
                return "watched"
        except RuntimeError as error:
            return str(error)

    with ThreadPoolExecutor(1) as pool:
        assert "in the main thread alone" in pool.submit(watch).result()


def test_code_that_changed_must_be_saved_again(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    make_item("?!")
    make_function(kind="code", task="validity", label="", spec={"function": "only_symbols"})
    monkeypatch.setattr(coded, "ALLOWED", {"only_symbols": ("validity", lambda row: None)})
    apply_everything(now=now)
    assert "the code of only_symbols has changed since: save it again" in problem()


def test_only_code_on_the_list_can_be_named() -> None:
    with pytest.raises(SpecError, match="function is 'os.system': choose one of"):
        make_function(kind="code", task="validity", label="", spec={"function": "os.system"})
    with pytest.raises(SpecError, match="votes for validity, not for topic"):
        make_function(kind="code", task="topic", label="", spec={"function": "only_symbols"})
    with pytest.raises(SpecError, match="chooses labels itself"):
        make_function(kind="code", task="validity", label="spam", spec={"function": "only_symbols"})


# neighbour


def test_messages_like_the_exemplars_are_found(release: Release, now: datetime) -> None:
    make_topic("Payout timing")
    exemplar = make_item("When will my payout arrive in the bank?")
    make_item("When does my payout reach my bank account?")
    make_item("The screen of my reader is cracked")
    version = make_function(kind="neighbour", spec={"exemplars": [exemplar.pk], "min_similarity": 0.7})
    assert version.spec["encoder"] == release.encoder.sha256
    assert said_by("topic", now) == [None, "payout-timing", None], "of the exemplar it says nothing"


def test_a_stored_vector_is_taken_before_one_is_made(release: Release, now: datetime) -> None:
    make_topic("Payout timing")
    exemplar, other = make_item("When will my payout arrive?"), make_item("cracked screen")
    vector = [1.0] + [0.0] * 383
    for item in (exemplar, other):
        make_suggestion(item.message.case, release=release, embedding=vector)
    make_function(kind="neighbour", spec={"exemplars": [exemplar.pk], "min_similarity": 0.99})
    assert said_by("topic", now) == [None, "payout-timing"]


def test_an_exemplar_that_is_gone_stops_the_function(release: Release, now: datetime) -> None:
    make_topic("Payout timing")
    exemplar = make_item("When will my payout arrive?")
    make_item("And mine?")
    make_function(kind="neighbour", spec={"exemplars": [exemplar.pk]})
    exemplar.message.delete()
    apply_everything(now=now)
    assert f"exemplar {exemplar.pk} is gone" in problem()
    with pytest.raises(SpecError, match="is not there or not read yet"):
        make_function(kind="neighbour", spec={"exemplars": [exemplar.pk]})


# trained head


def test_a_trained_head_votes_where_it_is_sure(release: Release, now: datetime) -> None:
    make_topic("Payout timing")
    make_item(
        "When do payouts arrive if I sell on a Saturday? Is it Monday or Tuesday, and at what time of the day?"
    )
    make_item("Thanks a lot!")
    make_function(kind="artifact", label="", spec={"min_probability": 0.5})
    assert said_by("topic", now) == ["payout-timing", None]
    assert not problem()


def test_a_head_says_nothing_of_what_it_learned_from(release: Release, now: datetime) -> None:
    make_topic("Payout timing")
    item = make_item(
        "When do payouts arrive if I sell on a Saturday? Is it Monday or Tuesday, and at what time?"
    )
    release.learned_from = [key_of(item.text)]
    release.save(update_fields=["learned_from"])
    make_function(kind="artifact", label="", spec={"min_probability": 0.1})
    assert said_by("topic", now) == [None]


def test_an_artifact_that_is_gone_stops_the_function(
    release: Release, now: datetime, settings: object
) -> None:
    make_topic("Payout timing")
    make_item("When do payouts arrive?")
    make_function(kind="artifact", label="", spec={})
    Release.objects.filter(pk=release.pk).update(topics=_gone(release))
    apply_everything(now=now)
    assert "the trained heads can't vote" in problem()
    with pytest.raises(SpecError, match="release is 99999"):
        make_function(kind="artifact", label="", spec={"release": 99999})


def _gone(release: Release) -> int:
    return Artifact.objects.create(
        kind="topic",
        sha256="0" * 64,
        folder="topic/gone",
        card=release.topics.card,
        created_at=release.created_at,
    ).pk


# language model


@pytest.fixture
def server(settings: object) -> Iterator[Heard]:
    make_topic("Payout timing")
    make_topic("Refunds")
    with llm_server(lambda text: " Payout-timing." if "payout" in text else "none") as heard:
        settings.OPENAI_BASE_URL = heard.url
        yield heard


ASKED = {"prompt": "What is it about?", "labels": ["payout-timing", "refunds"], "share": 1}


def test_personal_data_stays_in_the_house(server: Heard, now: datetime) -> None:
    make_item("Priya here, payout to GB33 BUKB 2020 1555 5555 55? Mail priya@moss.example")
    make_function(kind="llm", label="", spec=ASKED)
    said_by("topic", now)
    [asked] = [request["messages"][-1]["content"] for request in server.requests]
    assert "[name-1] here, payout to [iban-1]? Mail [email-1]" in asked


def test_a_language_model_chooses_from_a_closed_list(server: Heard, now: datetime) -> None:
    for text in ("my payout", "hello", "MY payout!"):
        make_item(text)
    make_function(kind="llm", label="", spec=ASKED)
    assert said_by("topic", now) == ["payout-timing", None, "payout-timing"]
    assert len(server.requests) == 2, "the same words are asked once"
    assert "payout-timing, refunds, none" in server.requests[0]["messages"][0]["content"]


def test_a_grown_shard_asks_only_about_what_is_new(server: Heard, now: datetime) -> None:
    make_item("my payout")
    make_function(kind="llm", label="", spec=ASKED)
    said_by("topic", now)
    make_item("another payout")
    assert said_by("topic", now) == ["payout-timing", "payout-timing"]
    assert len(server.requests) == 2


def test_nonsense_is_no_label_and_too_much_of_it_stops_the_function(server: Heard, now: datetime) -> None:
    server.answer = lambda text: "As a helpful assistant, I think refunds" if "2" not in text else "refunds"
    for number in range(19):
        make_item(f"question {number}")
    make_function(kind="llm", label="", spec=ASKED)
    assert said_by("topic", now)[:3] == [None, None, "refunds"]
    ModelAnswer.objects.all().delete()
    make_item("question twenty")
    apply_everything(now=now)
    assert "answered 18 of 20 times with no label, last 'as a helpful assistant" in problem()


def test_a_model_that_is_gone_stops_the_function(server: Heard, now: datetime, settings: object) -> None:
    make_item("my payout")
    make_function(kind="llm", label="", spec=ASKED)
    settings.OPENAI_BASE_URL = settings.OPENAI_API_KEY = ""
    apply_everything(now=now)
    assert "no language model is configured: set OPENAI_BASE_URL" in problem()
    with pytest.raises(SpecError, match="no language model is configured"):
        make_function(kind="llm", label="", spec=ASKED)


def test_only_a_share_is_asked_about(server: Heard, now: datetime) -> None:
    items = [make_item(f"payout {number}") for number in range(40)]
    make_function(kind="llm", label="", spec={**ASKED, "share": 0.3})
    said_by("topic", now)
    assert len(server.requests) == Item.objects.filter(draw__lt=0.3).count() < len(items)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["mood"]}, "labels has 'mood', which is no label of this task"),
        ({"labels": []}, "labels is needed"),
        ({"prompt": " "}, "prompt is needed"),
        ({"model": "x"}, "unknown key 'model'"),
    ],
)
def test_a_bad_question_to_a_model_says_why(server: Heard, change: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make_function(kind="llm", label="", spec={**ASKED, **change})
