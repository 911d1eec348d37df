"""What became of each answer's suggestions is counted by day, and comes out the same when it is counted again."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.utils import timezone
from pytest_django import Settings

from copilot import recording
from copilot.models import AnswerDay, FollowUp, Suggestion
from copilot.models.suggestion import Reason, State
from copilot.monitor import rolling
from helpdesk.models import Reply, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_answer, make_suggestion
from tests.making import make_case

pytestmark = pytest.mark.django_db
TEXT = "Hi Priya,\n\nYou can send the reader back within 30 days. We pay the postage, and the money comes in a week."
OTHER = "I had a look at it myself and found nothing wrong, so please send me a photo of the screen."


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


def suggested(text: str = TEXT, **fields: Any) -> Suggestion:
    return make_suggestion(make_case(), text, **fields)


def report(suggestion: Suggestion, agent: User, *types: str, **of_last: Any) -> None:
    for number, event in enumerate(types):
        recording.record_report(
            suggestion=suggestion, actor=agent, at=timezone.now(), type=event, client_seq=f"{number}", page="tab",
            page_order=number, **(of_last if number == len(types) - 1 else {}),
        )  # fmt: skip


def send(suggestion: Suggestion, agent: User, body: str = TEXT, *, at: datetime | None = None) -> Reply:
    return send_reply(
        case=suggestion.case,
        author=agent,
        body=body,
        client_key=f"{body}",
        now=at or timezone.now(),
    )[0]


def roll() -> None:
    rolling.roll_day(timezone.localdate(), now=timezone.now())


def counted() -> dict[str, int]:
    """The only row, without what is 0."""
    [row] = AnswerDay.objects.all()
    return {
        name: value
        for name, value in model_to_dict(row).items()
        if value and (name.startswith("n_") or name.endswith("_millionths"))
    }


def test_a_suggestion_is_counted_by_version_arm_and_agent(ana: User, gwen: User) -> None:
    old, new = make_answer(), make_answer()
    for version, agent in ((old, ana), (new, ana), (new, gwen)):
        suggestion = suggested(answer=version)
        report(suggestion, agent, "displayed", "viewed", "inserted")
        send(suggestion, agent)
    suggested(answer=new, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    suggested("", state=State.WITHHELD, reason="no_answer", answer=None)
    roll()
    found = AnswerDay.objects.values_list("version", "arm", "n_suggested", "n_shown", "n_exact")
    assert sorted(found) == sorted([
        (old.pk, "offer", 1, 1, 1), (new.pk, "offer", 1, 1, 1), (new.pk, "offer", 1, 1, 1), (new.pk, "shadow", 1, 0, 0),
    ])  # fmt: skip


def test_a_dismissal_counts_with_its_last_reason(ana: User) -> None:
    suggestion = suggested()
    report(suggestion, ana, "displayed", "viewed", "dismissed", dismiss_reason="out_of_date")
    send(suggestion, ana, OTHER)
    roll()
    assert counted() == {"n_suggested": 1, "n_shown": 1, "n_dismissed": 1, "n_out_of_date": 1, "n_none": 1}


def test_a_dismissal_that_was_followed_by_an_insertion_is_none(ana: User) -> None:
    suggestion = suggested()
    report(suggestion, ana, "displayed", "dismissed", "inserted")
    send(suggestion, ana)
    roll()
    assert counted() == {
        "n_suggested": 1, "n_shown": 1, "n_verbatim": 1, "n_exact": 1,
        "survival_millionths": 1_000_000, "corrected_survival_millionths": 1_000_000,
    }  # fmt: skip


def test_a_correction_within_a_day_is_counted_on_the_day_of_its_question(ana: User, gwen: User) -> None:
    suggestion = suggested()
    report(suggestion, ana, "displayed", "viewed", "inserted")
    first = send(suggestion, ana)
    later = first.sent_at + timedelta(hours=3)
    send(suggestion, gwen, "Sorry, you can send the reader back within 14 days only.", at=later)
    roll()
    found = counted()
    assert (found["n_followed"], found["n_corrected"], found["survival_millionths"]) == (1, 1, 1_000_000)
    assert found["corrected_survival_millionths"] < 1_000_000
    [row] = FollowUp.objects.all()
    assert [fact["value"] for fact in row.delta["suggested"] + row.delta["sent"]] == ["30 day", "14 day"]


@pytest.mark.parametrize(
    ("body", "hours", "expected"),
    [
        ("The label is attached, print it before you come to the shop.", 3, (1, 0)),
        ("Sorry, you can send the reader back within 14 days only.", 25, (0, 0)),
        ("I was wrong about this, please ask the shop.", 1, (1, 1)),
    ],
)
def test_what_only_follows_or_comes_later_corrects_nothing(
    ana: User, body: str, hours: int, expected: tuple[int, int]
) -> None:
    suggestion = suggested()
    report(suggestion, ana, "displayed", "viewed", "inserted")
    first = send(suggestion, ana)
    send(suggestion, ana, body, at=first.sent_at + timedelta(hours=hours))
    roll()
    assert (counted().get("n_followed", 0), counted().get("n_corrected", 0)) == expected


def test_who_wrote_something_else_has_corrected_no_suggestion(ana: User) -> None:
    suggestion = suggested()
    report(suggestion, ana, "displayed", "viewed")
    first = send(suggestion, ana, OTHER)
    send(suggestion, ana, "I was wrong, it is broken.", at=first.sent_at + timedelta(minutes=3))
    roll()
    assert "n_followed" not in counted()


def test_short_replies_are_counted_apart(ana: User) -> None:
    suggestion = suggested()
    report(suggestion, ana, "displayed")
    send(suggestion, ana, "Done, thanks.")
    roll()
    assert counted() == {"n_suggested": 1, "n_shown": 1, "n_short": 1}


def test_counting_again_gives_the_same_rows(ana: User, gwen: User) -> None:
    for number in range(6):
        suggestion = suggested(answer=make_answer(f"Answer {number % 2}"))
        report(suggestion, (ana, gwen)[number % 2], "displayed", "viewed", "inserted")
        send(suggestion, (ana, gwen)[number % 2], (TEXT, OTHER)[number % 3 == 0])
    now = timezone.now()
    rolling.roll_day(timezone.localdate(), now=now)
    before = [model_to_dict(row, exclude=["id"]) for row in AnswerDay.objects.order_by("pk")]
    AnswerDay.objects.all().delete()
    rolling.roll_day(timezone.localdate(), now=now)
    rolling.roll_day(timezone.localdate(), now=now)
    assert [model_to_dict(row, exclude=["id"]) for row in AnswerDay.objects.order_by("pk")] == before
    assert len(before) >= 2


def test_a_correction_brings_its_day_up_to_date(ana: User) -> None:
    suggestion = suggested()
    report(suggestion, ana, "displayed", "viewed", "inserted")
    first = send(suggestion, ana)
    rolling.roll_on(now=timezone.now())
    send(
        suggestion, ana, "Sorry, you can send it back within 14 days.", at=first.sent_at + timedelta(hours=1)
    )
    assert timezone.localdate(suggestion.created_at) in rolling.roll_on(now=timezone.now())
    assert counted()["n_corrected"] == 1
