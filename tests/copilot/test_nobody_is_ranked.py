"""No page of figures and no file of one names an agent, or lists what each of them did."""

import csv
import io
import re
from collections.abc import Iterable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pyarrow.parquet import read_table
from pytest_django import Settings

from copilot import recording
from copilot.models import Answer
from copilot.monitor import rolling
from copilot.monitor.agents import agent_hash
from copilot.templatetags.monitor import PAGES
from helpdesk.models import Role, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_experiment, make_suggestion
from tests.making import make_case, make_user

pytestmark = pytest.mark.django_db
TEXT = "Hi Priya,\n\nOpen Settings > Network and choose the shop's own Wi-Fi again, then wait for 5 minutes."
CONFLICT = TEXT.replace("5 minutes", "9 minutes")


@pytest.fixture
def agents(settings: Settings) -> list[User]:
    """Seven agents who have each answered three turns of today: as suggested, with another fact, after a dismissal."""
    settings.COPILOT_HOLDOUT_SHARE = 0.0
    make_experiment()
    made = [make_user(f"zebulon{number}", last_name=f"Quist{number}") for number in range(7)]
    for agent in made:
        for kind, body in (("inserted", TEXT), ("inserted", CONFLICT), ("dismissed", CONFLICT)):
            suggestion = make_suggestion(make_case(sent_at=timezone.now()), TEXT)
            for order, type in enumerate(("opened", "displayed", "viewed", kind)):  # noqa: A001  the field's name
                recording.record_report(
                    suggestion=suggestion, actor=agent, at=timezone.now(), type=type, client_seq=str(order)
                )
            send_reply(
                case=suggestion.case, author=agent, body=body, client_key=f"k{suggestion.pk}", now=timezone.now()
            )  # fmt: skip
    rolling.roll_day(timezone.localdate(), now=timezone.now())
    return made


def cells_of(rows: Iterable[Iterable[object]]) -> list[list[object]]:
    """Return cells as both kinds of file have them: 14 and 14.0 are one number, and nothing is an empty text."""
    return [["" if cell is None else number(str(cell)) for cell in row] for row in rows]


def number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def test_no_page_and_no_file_names_an_agent(client: Client, agents: list[User]) -> None:
    client.force_login(make_user("ada", role=Role.DATA_SCIENTIST))
    pages = [reverse(f"copilot:{name}") for name, _ in PAGES]
    pages.append(reverse("copilot:answer_figure", args=[Answer.objects.get().pk]))
    pages += re.findall(r'href="(/copilot/monitor/experiments/\d+/)', client.get(pages[4]).text)
    files = 0
    for page in pages:
        text = client.get(page).text
        found = [text]
        for key in sorted(set(re.findall(r'csv=([\w-]+)"', text))):
            found.append(client.get(page, {"csv": key}).text)
            rows = read_table(io.BytesIO(client.get(page, {"parquet": key}).content))
            found.append(str(rows.to_pylist()))
            head, *body = csv.reader(found[-2].splitlines())
            assert rows.column_names == head, f"{page}: {key}"
            assert cells_of(row.values() for row in rows.to_pylist()) == cells_of(body), f"{page}: {key}"
            files += 1
        for said in found:
            assert not re.search("zebulon|quist", said, re.IGNORECASE), page
            assert not any(str(agent_hash(agent.pk)) in said for agent in agents), page
    assert files > 20, "the pages are filled, so that this looks at something"
