"""What the journey tests share: one world in which a clear question is offered its answer."""

import json
import urllib.request
from typing import Any

from rest_framework.authtoken.models import Token

from copilot.models import Guidance, Release
from helpdesk.models import Team, User
from tests.copilot.making import make_answer, make_topic
from tests.releasing import make_release

BODY = "When do my payouts arrive? Sales from yesterday, what time will they be in my bank account?"
ANSWER = "Payouts are sent at 07:00 on the next working day and arrive by 12:00."
TEXT = f"Hi Priya,\n\n{ANSWER}\n\nHappy selling,\nAna"


def make_world(team: Team) -> None:
    """A release that offers whatever it ranks, one answer, and a team with a voice."""
    make_release()
    Release.objects.update(validity_floor=0.3, topic_floor=0, answer_floor=0, confidence_floor=0)
    make_answer(body=ANSWER, topic=make_topic(team=team))
    Guidance.objects.create(
        team=team, greeting="Hi {{customer.first_name}},", closing="Happy selling,\n{{agent.first_name}}"
    )


def call(site: str, user: User, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    token, _ = Token.objects.get_or_create(user=user)
    request = urllib.request.Request(
        site + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Token {token.key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(json.load(answer))


def post_message(site: str, user: User, external_id: str = "m-1") -> int:
    customer = {"name": "Priya Raman", "email": "priya@moss.example"}
    fields = {"channel": "web", "external_id": external_id, "body": BODY, "customer": customer}
    return int(call(site, user, "/api/messages/", fields)["case"])
