"""Replies on channel `email` go out as mails, once, with their files."""

from datetime import datetime
from pathlib import Path

import pytest
from django.core import mail

from helpdesk.attaching import IncomingAttachment
from helpdesk.channels import delivering
from helpdesk.models import Reply, User
from helpdesk.replying import send_reply
from tests.making import make_case

pytestmark = pytest.mark.django_db
FILES = (
    IncomingAttachment("Größe.pdf", b"%PDF\xff", "application/pdf"),
    IncomingAttachment("latin.txt", "für".encode("latin-1"), "text/plain"),
    IncomingAttachment("mail.eml", b"\xff\x00", "message/rfc822"),
)


@pytest.fixture
def reply(ana: User, now: datetime, media: Path) -> Reply:
    case = make_case(subject="Payout")
    return send_reply(case=case, author=ana, body="See both.", client_key="k", now=now, attachments=FILES)[0]


def test_a_reply_is_mailed_once_with_its_files(reply: Reply, now: datetime) -> None:
    for _ in range(2):
        delivering.deliver(reply_id=reply.pk, now=now)
    [sent] = mail.outbox
    assert (sent.to, sent.body) == (["priya@moss.example"], "See both.")
    parts = [part for part in sent.message().walk() if part.get_filename()]
    assert [(part.get_filename(), part.get_payload(decode=True)) for part in parts] == [
        (file.name, file.content) for file in FILES
    ]
    reply.refresh_from_db()
    assert reply.delivered_at == now


def test_a_lost_file_is_told_and_nothing_is_mailed(reply: Reply, now: datetime) -> None:
    file = reply.attachments.all()[0].file
    file.storage.delete(file.name)
    delivering.deliver(reply_id=reply.pk, now=now)
    reply.refresh_from_db()
    assert mail.outbox == []
    assert reply.delivered_at is None
    assert "could not be sent" in reply.delivery_error
