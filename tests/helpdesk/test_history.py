"""The history of statuses: each change kept once, by whom and when, and what is asked of it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from helpdesk import casework
from helpdesk.channels.importing import import_cases
from helpdesk.intake import receive_messages
from helpdesk.models import Case, StatusChange, User
from helpdesk.models.case import IMPORT
from helpdesk.replying import send_reply
from tests.making import incoming, make_case, make_reply

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def statuses(case: Case) -> list[str]:
    return [change.after for change in case.status_changes.all()]


def reply_to(case: Case, author: User, *, at: datetime, close: bool = False) -> None:
    send_reply(case=case, author=author, body="Soon.", client_key=str(at), now=at, close=close)


def test_a_case_is_opened_when_its_first_message_was_sent(now: datetime) -> None:
    sent_at = now - timedelta(hours=3)
    change = make_case(sent_at=sent_at).status_changes.get()
    assert (change.before, change.after, change.actor, change.at) == ("", "open", None, sent_at)


def test_each_way_to_another_status_is_kept(ana: User, now: datetime) -> None:
    case = make_case()
    reply_to(case, ana, at=now)
    reply_to(case, ana, at=now + timedelta(minutes=1))  # still waits for the customer: nothing changes
    receive_messages([incoming(case_id=case.pk)], now=now)
    case.refresh_from_db()
    casework.snooze(case=case, until=now + WEEK, actor=ana, now=now)
    casework.wake_snoozed(now=now + WEEK)
    reply_to(case, ana, at=now + WEEK, close=True)
    assert statuses(case) == ["open", "waiting", "open", "snoozed", "open", "closed"]
    assert [change.actor for change in case.status_changes.all()] == [None, ana, None, ana, None, ana]


def test_a_message_reopens_when_it_came_in_and_not_when_its_sender_says(ana: User, now: datetime) -> None:
    case = make_case()
    casework.close(case=case, actor=ana, now=now)
    receive_messages([incoming(case_id=case.pk, sent_at=now - timedelta(hours=2))], now=now)
    assert [(change.before, change.at) for change in StatusChange.objects.reopenings()] == [("closed", now)]


def test_a_sender_whose_clock_is_ahead_opens_no_case_in_the_future(now: datetime) -> None:
    case = make_case(sent_at=now + timedelta(hours=1))
    assert case.status_changes.get().at <= now + timedelta(minutes=1)


def test_history_is_imported_with_its_own_times(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(
        '{"external_id": "c", "channel": "chat", "customer": {"email": "p@moss.example"}, "status": "closed",'
        ' "messages": [{"external_id": "c0", "from": "customer", "at": "2025-03-01T09:00:00Z", "body": "Eh?"},'
        ' {"external_id": "c1", "from": "agent", "agent": "a@x.example",'
        ' "at": "2025-03-01T10:00:00Z", "body": "No."}]}\n'
    )
    list(import_cases(file))
    assert [(change.after, change.at.hour) for change in StatusChange.objects.all()] == [
        ("open", 9),
        ("closed", 10),
    ]


def test_texts_to_label_have_no_history(now: datetime) -> None:
    receive_messages([incoming(channel=IMPORT)], now=now, announce=False, closed=True)
    assert not StatusChange.objects.exists()


def test_what_changes_nothing_is_not_kept(now: datetime) -> None:
    case = make_case()
    casework.reopen(case=case, actor=None, now=now)
    assert statuses(case) == ["open"]


@pytest.mark.parametrize(("days", "counts"), [(6, True), (8, False)])
def test_a_closing_counts_as_reopened_only_within_its_time(
    ana: User, now: datetime, days: int, counts: bool
) -> None:
    case, done = make_case(), make_case()
    for each in (case, done):
        casework.close(case=each, actor=ana, now=now)
    casework.reopen(case=case, actor=ana, now=now + timedelta(days=days))
    closings = StatusChange.objects.closings()
    assert (closings.count(), closings.reopened_within(WEEK).count()) == (2, int(counts))


def test_the_backlog_is_what_was_opened_less_what_was_closed(ana: User, now: datetime) -> None:
    noon = now.replace(hour=12, minute=0) - timedelta(days=20)
    days = [noon + timedelta(days=day) for day in range(3)]
    first, _ = make_case(sent_at=days[0]), make_case(sent_at=days[0])
    reply_to(first, ana, at=days[0])
    casework.close(case=first, actor=ana, now=days[1])
    make_case(sent_at=days[2])
    assert list(StatusChange.objects.net_by_day().values()) == [2, -1, 1]
    hour = timedelta(hours=1)
    assert [StatusChange.objects.backlog_at(day + hour) for day in days] == [2, 1, 2]
    assert StatusChange.objects.backlog_at(days[0] - hour) == 0


def test_the_first_reply_is_known(ana: User, now: datetime) -> None:
    case = make_case()
    assert Case.objects.with_first_reply_at().get(pk=case.pk).first_reply_at is None
    for at in (now, now - timedelta(minutes=5)):
        make_reply(case, "Soon.", author=ana, at=at)
    assert Case.objects.with_first_reply_at().get(pk=case.pk).first_reply_at == now - timedelta(minutes=5)
