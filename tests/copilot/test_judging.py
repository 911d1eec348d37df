"""Which turns can be judged, and what people say of them."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from copilot import judging, match_versions
from copilot.judging import ComparedTurn, Draw, Verdicts
from copilot.models import Exposure, Judgment, Match, Suggestion
from copilot.models.suggestion import Reason, State
from helpdesk.models import User
from tests.copilot.making import make_experiment, make_suggestion, make_topic
from tests.making import make_case, make_reply, make_user

pytestmark = pytest.mark.django_db
SAID = Verdicts(suggestion="yes", reply="no")


def compared(
    *,
    author: User,
    kind: str = "none",
    days_ago: int = 0,
    n_tokens: int = 40,
    late: int = 0,
    **fields: object,
) -> Suggestion:
    """A turn with its reply, all of it some days ago; the reply came `late` days after the question."""
    at = timezone.now() - timedelta(days=days_ago)
    case = make_case()
    case.messages.update(sent_at=at)
    made = make_suggestion(case, **{"topic": make_topic("Payouts"), "created_at": at} | fields)
    reply = make_reply(case, "It left today.", author=author, at=at + timedelta(days=late, minutes=1))
    Match.objects.create(
        suggestion=made, reply=reply, kind=kind, similarity=0.9, retained=0.9, share=0.9, survival=0.9,
        kept_characters=9, n_reply_tokens=n_tokens, version=match_versions.current(), recorded_at=at,
    )  # fmt: skip
    return made


def drawn() -> Draw:
    return Draw(timezone.localdate(), "offer none", 0.25)


def monday(at: datetime | None = None) -> datetime:
    today = timezone.localdate(at or timezone.now())
    return today - timedelta(days=today.weekday())


def test_a_weeks_compared_turns_are_those_that_matches_count(ana: User) -> None:
    good = compared(author=ana, kind="near", confidence=0.8)
    compared(author=ana, n_tokens=7)
    compared(author=ana, late=8)
    compared(author=ana, days_ago=8)
    compared(author=ana, state=State.SUPERSEDED)
    assert judging.compared_turns(monday()) == [ComparedTurn(good.pk, "offer", "near", "payouts", 0.8)]


def test_a_reply_whose_meaning_is_open_can_be_drawn_like_any_other(ana: User) -> None:
    waiting = compared(author=ana, kind="none", confidence=0.8)
    waiting.matches.update(is_pending=True)
    assert judging.compared_turns(monday()) == [ComparedTurn(waiting.pk, "offer", "none", "payouts", 0.8)]


def test_what_its_author_could_not_see_is_in_the_shadow(ana: User) -> None:
    hidden = compared(author=ana, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow")
    experiment = make_experiment(unit="agent")
    arms = {}
    for number in range(2):
        author = make_user(f"agent{number}")
        divided = compared(author=author)
        variant = experiment.variants.get(arm=("offer", "shadow")[number])
        Exposure.objects.create(suggestion=divided, agent=author, variant=variant, at=timezone.now())
        arms[divided.pk] = variant.arm
    found = {turn.suggestion_id: turn.arm for turn in judging.compared_turns(monday())}
    assert found == {hidden.pk: "shadow"} | arms


def test_a_week_is_closed_when_all_its_replies_count_or_do_not(now: datetime) -> None:
    sunday = datetime(2026, 11, 15, 23, tzinfo=timezone.get_default_timezone())
    week = judging.latest_closed_week(sunday)
    assert (week.isoformat(), week.weekday()) == ("2026-10-26", 0)
    assert judging.latest_closed_week(sunday + timedelta(hours=2)).isoformat() == "2026-11-02"


def test_who_judges_again_changes_what_they_said(ana: User, nadia: User, sana: User, now: datetime) -> None:
    turn = compared(author=ana)
    for judge, said in ((nadia, SAID), (sana, SAID), (nadia, Verdicts("cant_say", "yes"))):
        judging.judge(turn, by=judge, said=said, drawn=drawn(), now=now)
    found = Judgment.objects.order_by("judge").values_list("judge", "suggestion_verdict", "reply_verdict")
    assert set(found) == {(nadia.pk, "cant_say", "yes"), (sana.pk, "yes", "no")}
    assert judging.take_back(turn, by=nadia)
    assert not judging.take_back(turn, by=nadia)
    assert Judgment.objects.get().judge == sana


def test_nobody_judges_their_own_reply(ana: User, now: datetime) -> None:
    with pytest.raises(judging.JudgmentRefusedError, match="yourself"):
        judging.judge(compared(author=ana), by=ana, said=SAID, drawn=drawn(), now=now)


def test_a_turn_without_a_reply_is_not_judged(nadia: User, now: datetime) -> None:
    with pytest.raises(judging.JudgmentRefusedError, match="no reply"):
        judging.judge(make_suggestion(make_case()), by=nadia, said=SAID, drawn=drawn(), now=now)


@pytest.mark.parametrize("probability", [0.0, 1.5])
def test_a_probability_is_above_zero_and_at_most_one(
    ana: User, nadia: User, now: datetime, probability: float
) -> None:
    turn = compared(author=ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        judging.judge(turn, by=nadia, said=SAID, drawn=Draw(now.date(), "all", probability), now=now)
