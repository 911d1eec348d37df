"""Signatures are learned from what agents sent, and taken off when their replies are compared."""

from datetime import datetime, timedelta

import pytest

from copilot import signing
from copilot.models import AgentSignature, Match
from helpdesk.models import User
from helpdesk.replying import send_reply
from tests.copilot.making import make_suggestion
from tests.making import make_case, make_reply

pytestmark = pytest.mark.django_db

BLOCK = "Over and out,\nAna\nRate me: tillwren.example/ana"


def test_a_learned_block_is_no_edit(ana: User, gwen: User, now: datetime) -> None:
    case = make_case()
    for number in range(12):
        make_reply(
            case, f"Number {number} it is.\n\n{BLOCK}", author=ana, at=now - timedelta(hours=number + 1)
        )
        make_reply(case, f"Number {number} it is.", author=gwen, at=now - timedelta(hours=number + 1))
    assert signing.learn_signatures(now=now) == 1
    assert (ana.signature.block, gwen.signature.block, ana.signature.n_replies) == (BLOCK, "", 12)
    other = make_case("And this?")
    make_suggestion(other, "Choose the shop's network again, then wait for the tick.")
    body = f"Choose the shop's network again, then wait for the tick.\n\n{BLOCK}"
    send_reply(case=other, author=ana, body=body, client_key="k", now=now)
    match = Match.objects.get()
    assert (match.kind, match.only_frame_edited) == (Match.Kind.EXACT, True)


def test_who_wrote_nothing_of_late_keeps_the_block(ana: User, now: datetime) -> None:
    AgentSignature.objects.create(agent=ana, block=BLOCK, n_replies=50, learned_at=now - timedelta(days=30))
    assert signing.learn_signatures(now=now) == 0
    assert AgentSignature.objects.get().block == BLOCK
