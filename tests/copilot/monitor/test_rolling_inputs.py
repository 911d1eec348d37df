"""Rows behind floors and drift: hidden replies only, the same whoever makes them, apart from all other figures."""

from datetime import timedelta
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.utils import timezone
from pytest_django import Settings

from copilot import meaning
from copilot.models import BinDay, FloorDay, InputDay, Release, Suggestion, Term, WithheldText
from copilot.models.suggestion import Reason, State
from copilot.monitor import rolling
from helpdesk.models import Case, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_answer, make_match_version, make_suggestion
from tests.making import make_case

pytestmark = pytest.mark.django_db
TEXT = "Open Settings > Network and choose the shop's own Wi-Fi again, then wait for a minute."
OTHER = "I had a look at it myself and found nothing wrong, so please send me a photo of the screen."


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


def turn(agent: User | None = None, body: str = TEXT, **fields: Any) -> Suggestion:
    suggestion = make_suggestion(make_case(), TEXT, **fields)
    if suggestion.state == State.WITHHELD:
        answer = make_answer(f"Answer {suggestion.pk}")
        WithheldText.objects.create(suggestion=suggestion, answer=answer, text=TEXT)
    if agent:
        send_reply(
            case=suggestion.case, author=agent, body=body, client_key=f"{suggestion.pk}", now=timezone.now()
        )
        meaning.settle()
    return suggestion


def unsure(agent: User | None = None, body: str = TEXT, **fields: Any) -> Suggestion:
    return turn(
        agent,
        body,
        **({"state": State.WITHHELD, "reason": Reason.CONFIDENCE_LOW, "confidence": 0.55} | fields),
    )


def roll() -> None:
    rolling.roll_day(timezone.localdate(), now=timezone.now())


def floors() -> set[tuple[Any, ...]]:
    roll()
    return set(FloorDay.objects.values_list("reason", "arm", "bin", "n_turns", "n_hidden", "n_matches"))


def test_above_the_floor_only_the_shadow_tells_and_below_it_everybody(ana: User) -> None:
    turn(ana, confidence=0.9)
    turn(ana, confidence=0.9, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    turn(ana, OTHER, confidence=0.9, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    unsure(ana)
    unsure(ana, OTHER, arm="shadow")
    unsure(ana, reason=Reason.ANSWER_UNSURE)
    perhaps = unsure(reason=Reason.VALIDITY_UNSURE)
    WithheldText.objects.get(suggestion=perhaps).delete()  # what may be out of scope is not worded
    assert floors() == {
        ("", "offer", 90, 1, 0, 0), ("", "shadow", 90, 2, 2, 1),
        ("confidence_low", "offer", 55, 1, 1, 1), ("confidence_low", "shadow", 55, 1, 1, 0),
        ("answer_unsure", "offer", 55, 1, 1, 1), ("validity_unsure", "offer", 55, 1, 0, 0),
    }  # fmt: skip


def test_turns_without_a_reply_count_as_turns_alone() -> None:
    unsure()
    turn(state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    assert {row[3:] for row in floors()} == {(1, 0, 0)}
    assert set(FloorDay.objects.values_list("agent", flat=True)) == {0}


def test_short_and_late_replies_and_those_still_compared_do_not_count(ana: User) -> None:
    unsure(ana, "Done.")
    late = unsure(ana)
    waiting = unsure(ana)
    WithheldText.objects.filter(suggestion=waiting).update(is_pending=True)
    late.message.sent_at -= timedelta(days=8)
    late.message.save()
    assert floors() == {("confidence_low", "offer", 55, 3, 0, 0)}


def test_what_was_compared_by_an_older_version_does_not_count(ana: User) -> None:
    unsure(ana)
    make_match_version(is_current=True)
    assert floors() == {("confidence_low", "offer", 55, 1, 0, 0)}


@pytest.mark.parametrize(("confidence", "in_bin"), [(0.29, 29), (0.9999, 99), (1.0, 99), (0.0, 0)])
def test_a_confidence_is_in_the_bin_of_its_hundredth(confidence: float, in_bin: int) -> None:
    turn(confidence=confidence)
    assert {row[2] for row in floors()} == {in_bin}


def test_other_reasons_and_superseded_ones_are_left_out() -> None:
    unsure(reason=Reason.NO_ANSWER)
    turn(state=State.SUPERSEDED)
    assert floors() == set()


def test_lengths_channels_and_what_is_no_question_are_counted() -> None:
    for question in ("Short?", "x" * 50, "x" * 399, "x" * 5000):
        turn(question=question)
    turn(question="")
    turn(question="Thanks!", state=State.WITHHELD, reason=Reason.THANKS)
    roll()
    assert set(InputDay.objects.values_list("part", "value", "n")) == {
        ("length", "0", 2), ("length", "48", 1), ("length", "381", 1), ("length", "4305", 1),
        ("channel", Case.objects.values_list("channel", flat=True)[0], 5),
        ("kind", "question", 4), ("kind", "thanks", 1),
    }  # fmt: skip


def counted(part: str) -> dict[str, int]:
    roll()
    return dict(InputDay.objects.filter(part=part).values_list("value", "n"))


def test_a_question_counts_once_under_the_first_product_it_names() -> None:
    Term.objects.bulk_create(Term(name=name) for name in ("Wren Mini", "Wren Stand", "Go plan"))
    for question in (
        "My Mini and the WREN STAND",
        "is the wren mini on the go plan?",
        "Where is my money?",
        "",
    ):
        turn(question=question)
    turn(question="Thanks, my Stand works!", state=State.WITHHELD, reason=Reason.THANKS)
    turn(question="My Mini", state=State.SUPERSEDED)
    assert counted("product") == {"Wren Mini": 2, "Wren Stand": 1, "": 1}


def test_without_products_none_is_counted_until_one_comes() -> None:
    turn(question="Where is my Wren Mini?")
    rolling.roll_on(now=timezone.now())
    assert counted("product") == {}
    Term.objects.create(name="Wren Mini")
    assert timezone.localdate() in rolling.roll_on(now=timezone.now())
    assert dict(InputDay.objects.filter(part="product").values_list("value", "n")) == {"Wren Mini": 1}


def test_a_reply_is_a_template_if_it_is_nearly_what_was_suggested_or_another_answer(ana: User) -> None:
    make_answer("Photo", f"{OTHER} It goes to {{{{desk}}}}.")
    turn(ana, TEXT)
    turn(ana, f"Hi Priya,\n\n{TEXT}\n\nBest,\nAna", state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    unsure(ana, TEXT.replace("a minute", "one minute"))
    turn(ana, f"{OTHER} It goes to our own desk.")
    assert counted("template") == {"yes": 4}
    turn(
        ana, f"{TEXT} If that is no help, then tell me where the shop is, and what the box says on its back."
    )
    turn(ana, "Your question is one for my colleagues, who call you back within a day or two.")
    turn(ana, "Done.")
    turn()
    assert counted("template") == {"yes": 4, "no": 2}


def test_an_answer_that_was_approved_afterwards_was_no_template(ana: User) -> None:
    turn(ana, OTHER)
    make_answer("Photo", OTHER, approved_at=timezone.now() + timedelta(minutes=1))
    assert counted("template") == {"no": 1}
    make_answer("Photo", OTHER)
    assert counted("template") == {"yes": 1}


def test_replayed_history_is_left_out(ana: User) -> None:
    unsure(ana)
    turn(ana, confidence=0.9, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    roll()
    assert (FloorDay.objects.count(), InputDay.objects.filter(part="channel").count()) == (2, 1)
    Release.objects.update(created_at=timezone.now() + timedelta(hours=1))
    assert floors() == set()
    assert not BinDay.objects.exists()
    assert not InputDay.objects.exists()


def test_making_them_again_gives_the_same_rows(ana: User, gwen: User) -> None:
    Term.objects.create(name="Wren Mini")
    for number in range(6):
        turn(question="Where is my Wren Mini?" if number % 2 else "Where?")
        unsure((ana, gwen)[number % 2], (TEXT, OTHER)[number % 3 == 0], confidence=0.5 + number / 50)
    roll()
    before = _rows()
    FloorDay.objects.all().delete()
    roll()
    roll()
    assert _rows() == before
    assert len(before) > 6


def test_a_comparison_that_a_worker_made_later_is_seen(ana: User) -> None:
    asked, later = timezone.now() - timedelta(days=3), timezone.now() + timedelta(hours=2)
    suggestion = unsure(ana)
    Suggestion.objects.filter(pk=suggestion.pk).update(created_at=asked)
    rolling.roll_on(now=later)
    assert timezone.localdate(asked) not in rolling.roll_on(now=later)
    WithheldText.objects.update(recorded_at=later)
    assert timezone.localdate(asked) in rolling.roll_on(now=later)
    assert FloorDay.objects.get().n_matches == 1


def _rows() -> list[dict[str, Any]]:
    return [
        {name: value for name, value in model_to_dict(row).items() if name != "id"}
        for model in (FloorDay, BinDay, InputDay)
        for row in model.objects.order_by("pk")
    ]
