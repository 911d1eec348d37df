"""Whatever changes the figures of a day touches it, however late it comes and whatever time it bears."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from copilot import match_versions
from copilot.models import Match, Suggestion, SuggestionEvent, Touch, TurnDay
from copilot.models.suggestion import State
from copilot.monitor import rolling, touching
from helpdesk.models import ActiveTime, Case, CaseEvent, CaseMerge, SatisfactionRating, StatusChange, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_match_version, make_suggestion
from tests.making import make_case, make_reply

pytestmark = pytest.mark.django_db
TEXT = "Hi Priya,\n\nOpen Settings > Network and choose the shop's own Wi-Fi again, then wait for a minute."
WATCHED = """
SELECT DISTINCT event_object_table::text FROM information_schema.triggers WHERE trigger_name LIKE 'touches_day_insert'
"""


def days_ago(n: int) -> datetime:
    """Noon of a day, which is of that day whatever clocks were changed since."""
    noon = timezone.localtime().replace(hour=12, minute=0)
    return noon - timedelta(days=n)


@pytest.fixture
def old() -> Suggestion:
    """A suggestion of ten days ago, and nothing left to roll."""
    made = make_suggestion(make_case(), TEXT)
    asked = days_ago(10)
    Suggestion.objects.filter(pk=made.pk).update(created_at=asked)
    Case.objects.filter(pk=made.case_id).update(created_at=days_ago(13))
    made.message.sent_at = asked
    made.message.save(update_fields=["sent_at"])
    rolling.roll_on(now=timezone.now())
    made.refresh_from_db()
    return made


def roll() -> list[int]:
    """Roll what was touched, and return how many days ago that was."""
    now = timezone.now()
    return [(timezone.localdate(now) - day).days for day in rolling.roll_on(now=now)]


def total(name: str) -> int:
    return sum(TurnDay.objects.values_list(name, flat=True))


def match_of(suggestion: Suggestion, **fields: object) -> Match:
    reply = make_reply(suggestion.case, TEXT)
    values = {
        "kind": "none", "similarity": 0.1, "retained": 0.1, "share": 0.1, "survival": 0.1, "kept_characters": 9,
        "n_reply_tokens": 40, "version": match_versions.current(), "recorded_at": timezone.now() - timedelta(days=9),
    } | fields  # fmt: skip
    return Match.objects.create(suggestion=suggestion, reply=reply, **values)


def test_nothing_touches_nothing(old: Suggestion) -> None:
    assert roll() == []
    assert not Touch.objects.exists()


def test_a_match_that_is_settled_long_after_it_was_recorded(old: Suggestion, ana: User) -> None:
    match = match_of(old, is_pending=True)
    assert 10 in roll()
    match.kind, match.is_pending = "semantic", False
    Match.objects.bulk_update([match], ["kind", "is_pending"])
    assert roll() == [10]


def test_history_that_is_replayed_bears_old_times(old: Suggestion) -> None:
    before = total("n_turns")
    replayed = make_suggestion(make_case(), TEXT, state=State.SHADOW, reason="held_out", arm="shadow")
    Suggestion.objects.filter(pk=replayed.pk).update(created_at=days_ago(40))
    assert 40 in roll()
    assert total("n_turns") == before + 1


def test_what_is_told_late_of_an_older_suggestion_of_the_turn(old: Suggestion, ana: User) -> None:
    older = make_suggestion(make_case(), TEXT, state=State.SUPERSEDED, created_at=days_ago(11))
    match_of(old, closest=older)
    roll()
    SuggestionEvent.objects.create(
        suggestion=older, type="inserted", actor=ana, at=timezone.now(), client_seq="k"
    )
    assert sorted(roll()) == [0, 10, 11]  # and of the day on which its case was opened, who saw it


def test_a_suggestion_that_is_finished_hours_late(old: Suggestion) -> None:
    Suggestion.objects.filter(pk=old.pk).update(state=State.FAILED, reason="lost", answer=None, text="")
    assert roll() == [10]
    assert total("n_failed") == 1


def test_a_suggestion_that_moves_touches_both_days(old: Suggestion) -> None:
    Suggestion.objects.filter(pk=old.pk).update(created_at=days_ago(12))
    assert roll() == [12, 10]
    assert TurnDay.objects.count() == 1


def test_a_suggestion_that_is_deleted_leaves_the_figures(old: Suggestion) -> None:
    old.delete()
    assert roll() == [10]
    assert total("n_turns") == 0


def test_an_event_that_bears_an_old_time(old: Suggestion, ana: User) -> None:
    SuggestionEvent.objects.create(
        suggestion=old, type="displayed", actor=ana, at=old.created_at, client_seq="x"
    )
    assert roll() == [10]


def test_a_match_of_another_version_touches_nothing(old: Suggestion) -> None:
    Touch.objects.all().delete()
    match_of(old, version=make_match_version())
    touched = [(timezone.localdate() - day).days for day, _ in touching.touched()]
    assert 10 not in touched, "only the reply touches the day of its case"


def test_whatever_happens_to_a_case_touches_the_day_on_which_it_was_opened(
    old: Suggestion, ana: User
) -> None:
    now, case, other = timezone.now(), old.case, make_case()
    roll()
    acts = (
        lambda: StatusChange.objects.create(case=case, before="closed", after="open", actor=ana, at=now),
        lambda: SatisfactionRating.objects.create(
            case=case, channel="survey", external_id="1", score=5, rated_at=now
        ),
        lambda: CaseEvent.objects.create(
            case=case, type="escalated", before="", after="team", actor=ana, at=now
        ),
        lambda: ActiveTime.objects.create(
            case=case, agent=ana, day=timezone.localdate(now), milliseconds=1000
        ),
        lambda: ActiveTime.objects.update(milliseconds=2000),
        lambda: CaseMerge.objects.create(kept=other, merged=case, actor=ana, at=now),
        lambda: make_reply(case, TEXT),
    )
    for act in acts:
        act()
        assert 13 in roll()


def test_a_case_in_another_language_touches_all_of_its_turns(old: Suggestion) -> None:
    Case.objects.filter(pk=old.case_id).update(subject="Another one")
    assert roll() == []
    Case.objects.filter(pk=old.case_id).update(language="de")
    assert roll() == [13, 10]
    assert TurnDay.objects.get().language == "de"


def test_what_comes_while_a_day_is_rolled_touches_it_again(
    old: Suggestion, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = rolling.roll_day

    def roll_and_answer(*args: object, **kwargs: object) -> int:
        n = usual(*args, **kwargs)  # type: ignore[arg-type]
        if not old.case.replies.exists():
            send_reply(case=old.case, author=ana, body=TEXT, client_key="k", now=timezone.now())
        return n

    monkeypatch.setattr(rolling, "roll_day", roll_and_answer)
    touching.touch([timezone.localdate(old.created_at)])
    assert roll() == [10]
    assert 10 in roll()


def test_who_waits_longest_is_rolled_first_when_time_is_short(old: Suggestion) -> None:
    today = timezone.localdate()
    touching.touch([today - timedelta(days=3), today - timedelta(days=5)])
    assert rolling.roll_on(now=timezone.now(), seconds=0) == [today - timedelta(days=3)]
    assert rolling.roll_on(now=timezone.now(), seconds=0) == [today - timedelta(days=5)]
    assert roll() == []


def test_the_database_watches_every_table_of_the_list() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WATCHED)
        assert {name for (name,) in cursor.fetchall()} == {*touching.TURNS, *touching.CASES, *touching.TERMS}
