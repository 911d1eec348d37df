"""The page of the SQL views says what the database itself says of each of them; its questions can be asked."""

import csv
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from copilot.models import CaseDay, TurnDay
from copilot.models.agent_day import COUNTS as TURNS
from copilot.models.case_day import COUNTS as CASES
from copilot.monitor.dictionary import EXAMPLES, views
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.copilot.making import make_experiment, make_topic

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/method/sql/"


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


def asked(question: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def turns(
    agent: int, *, arm: str = "shadow", n_exact: int = 8, days_ago: int = 1, is_replayed: bool = False
) -> None:
    """Twenty turns of an agent's, held out or on the page of who wrote something else."""
    counts = {"n_turns": 20, "n_exact": n_exact, "n_none": 20 - n_exact}
    counts |= {"n_shadow": 20} if arm == "shadow" else {"n_ignored": 20}
    day = timezone.localdate() - timedelta(days=days_ago)
    TurnDay.objects.create(
        **(dict.fromkeys(TURNS, 0) | counts | {"is_replayed": is_replayed}), day=day, arm=arm, agent=agent,
        topic=make_topic("Fees"),
    )  # fmt: skip
    roll_sums(day, of=TurnDay)


def table(client: Client, page: str, key: str) -> dict[str, dict[str, str]]:
    text = client.get(f"/copilot/monitor/{page}/", {"csv": key, "days": 364}).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def test_every_view_and_every_column_is_described() -> None:
    found = views()
    assert len(found) == 10
    for view in found:
        assert view.words.endswith("."), view.name
        assert view.columns
        for column in view.columns:
            assert column.words.endswith("."), f"{view.name}.{column.name}"


def test_no_view_reads_a_text_of_a_customer_or_a_persons_name() -> None:
    """Asked of the database, which knows of every column that a view reads."""
    read = asked("""
        SELECT DISTINCT d.refobjid::regclass::text, a.attname FROM pg_rewrite r
        JOIN pg_class c ON c.oid = r.ev_class AND c.relnamespace = 'figures'::regnamespace
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refobjsubid > 0
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    """)
    tables = {table for table, _ in read}
    assert not {table for table in tables if table.startswith(("helpdesk_", "auth_"))}
    assert {table for table in tables if not table.endswith("day")} == {
        "copilot_answer", "copilot_answerversion", "copilot_area", "copilot_experiment", "copilot_topic",
        "copilot_variant",
    }  # fmt: skip
    assert not {name for _, name in read} & {
        "text",
        "body",
        "question",
        "owner_id",
        "author_id",
        "hypothesis",
        "note",
    }


def test_the_page_describes_what_the_database_does(client: Client) -> None:
    text = client.get(PAGE).text
    for view in views():
        assert f'<h2 id="{view.name}"><code>{view.name}</code></h2>' in text
        assert escape(view.words) in text
        for column in view.columns:
            what = f'<dt><code>{column.name}</code> <small class="muted">{column.type}</small></dt>'
            assert f"{what}<dd><p>{escape(column.words)}</p></dd>" in text
    assert f'href="{PAGE}"' in client.get(reverse("copilot:method")).text


def test_every_question_can_be_copied_and_asked(client: Client) -> None:
    text = client.get(PAGE).text
    for example in EXAMPLES:
        assert escape(example.sql) in text
        assert f'data-copies="sql-{example.key}"' in text
        asked(example.sql)
    assert len({example.key for example in EXAMPLES}) == len(EXAMPLES)


def test_the_match_rate_in_sql_is_that_of_the_page(client: Client) -> None:
    for agent in range(1, 9):
        turns(agent, n_exact=agent)
        turns(agent, arm="offer", n_exact=20)
        turns(agent, n_exact=20, is_replayed=True)
    [(_, matches, compared, rate, n_agents)] = asked(EXAMPLES[0].sql)
    held_out = table(client, "influence", "arms")["Held out"]
    assert (str(matches), str(compared), str(n_agents)) == (held_out["k"], held_out["n"], held_out["agents"])
    assert float(rate) == pytest.approx(float(held_out["value"]), abs=0.001)
    turns(1, days_ago=100)
    assert len(asked(EXAMPLES[0].sql)) == 1, "a week with one agent is left out"


def test_the_sums_of_a_view_are_those_of_the_page(client: Client) -> None:
    for agent in range(1, 7):
        turns(agent)
        turns(agent, arm="offer", days_ago=3)
    cells = table(client, "adoption", "funnel")
    [sums] = asked("SELECT sum(n_turns), sum(n_shadow), sum(n_ignored) FROM figures.turns_by_day")
    assert sums == (240, 120, 120)
    assert (
        int(cells["Held out"]["n"]),
        int(cells["Held out"]["k"]),
        int(cells["Seen and not used"]["k"]),
    ) == sums


def test_a_case_stands_under_its_variants_name_and_its_agents_hash() -> None:
    variant = make_experiment(name="Is it worth it?").variants.last()
    fields = dict.fromkeys(CASES, 0) | {"n_cases": 3, "n_timed": 3, "handle_log": 15_000_000}
    for agent in (0, -77):
        CaseDay.objects.create(
            day=timezone.localdate(), arm="offer", variant=variant, channel="email", agent=agent, **fields
        )
    rows = asked(
        "SELECT experiment, variant, topic, agent, handle_log_sum FROM figures.cases_by_day ORDER BY agent"
    )
    assert [(row[0], row[1], row[2], row[3], float(row[4])) for row in rows] == [
        ("Is it worth it?", variant.name, None, -77, 15.0),
        ("Is it worth it?", variant.name, None, None, 15.0),
    ]


def test_views_hold_every_count_of_their_tables() -> None:
    """A new column of a rollup is in no view until a migration puts it there: this is what reminds of it."""
    columns = {view.name: {column.name for column in view.columns} for view in views()}
    for view, names in (("turns_by_day", TURNS), ("cases_by_day", CASES)):
        assert {name for name in names if name.startswith("n_")} <= columns[view]


def test_other_verbs_and_strangers(client: Client, ana: User) -> None:
    assert client.post(PAGE).status_code == 405
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
    client.logout()
    assert client.get(PAGE).status_code == 302
