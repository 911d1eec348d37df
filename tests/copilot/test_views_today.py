"""Today: what differs from the same weekdays before, and the alerts that somebody looks after."""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from copilot.models import AgentDay, Alert, ReasonDay, RollupState, TurnDay
from copilot.monitor.funnel import Cell
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.making import make_case

pytestmark = pytest.mark.django_db
PAGE = "/copilot/monitor/today/"
COLUMNS = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


@pytest.fixture
def alert() -> Alert:
    now = timezone.now()
    return Alert.objects.create(
        check_name="failures", title="Failed turns: 15 %", evidence="30 of 200 turns today.", opened_at=now, seen_at=now
    )  # fmt: skip


def turns(agent: int, *, days_ago: int = 1, arm: str = "offer", **counts: int) -> None:
    cells = {f"n_{cell}": n for cell, n in counts.items() if cell in set(Cell)}
    rest = {name: n for name, n in counts.items() if name not in set(Cell)}
    made = TurnDay.objects.create(
        day=timezone.localdate() - timedelta(days=days_ago), arm=arm, language="en", agent=agent,
        **(COLUMNS | {"n_turns": sum(cells.values())} | cells | rest),
    )  # fmt: skip
    roll_sums(made.day, of=TurnDay)


def table(client: Client, key: str) -> dict[str, dict[str, str]]:
    text = client.get(PAGE, {"csv": key}).text
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


class TestPage:
    def test_yesterday_stands_beside_the_same_weekdays_before(self, client: Client) -> None:
        for agent in range(1, 9):
            turns(
                agent, ignored=7 - agent % 2 * 2, late=3 + agent % 2 * 2, withheld=2, n_opened=10, n_ready=9
            )
            for weeks in (1, 2, 3, 4, 5):  # the fifth is not asked
                turns(
                    agent,
                    days_ago=1 + 7 * weeks,
                    ignored=10 - agent % 2,
                    late=agent % 2,
                    withheld=2 * (weeks < 5),
                    n_opened=10,
                    n_ready=10,
                )
        found = table(client, "days")
        assert (
            found["Turns that came in"]["yesterday_value"]
            == found["Turns that came in"]["before_yesterday_value"]
        )
        late = found["Came late, of the same"]
        assert (late["yesterday_k"], late["yesterday_n"], late["before_yesterday_k"]) == ("32", "80", "16")
        assert float(late["yesterday_value"]) == 0.4
        assert late["yesterday_method"]
        ready = found["Ready when its case was opened (aim: 95 %)"]
        assert (float(ready["yesterday_value"]), float(ready["before_yesterday_value"])) == (0.9, 1.0)
        text = client.get(PAGE).text
        assert "came late, of the same, 40 % instead of 5 %" in text
        assert "withheld with a reason," not in text, "as ever"

    def test_fewer_than_five_agents_are_not_shown_but_the_systems_doing_is(self, client: Client) -> None:
        for agent in range(1, 4):
            turns(agent, ignored=6, late=4, failed=1)
        found = table(client, "days")
        assert found["Came late, of the same"]["yesterday_value"] == ""
        assert found["Came late, of the same"]["yesterday_note"] == "fewer than 5 agents: not shown"
        assert found["Failed"]["yesterday_k"] == "3"

    def test_reasons_are_counted_by_turns(self, client: Client) -> None:
        day = timezone.localdate()
        turns(0, withheld=8, waiting=12)
        turns(0, days_ago=8, withheld=3, waiting=7)
        ReasonDay.objects.create(day=day - timedelta(days=1), state="withheld", reason="no_answer", n=8)
        ReasonDay.objects.create(day=day - timedelta(days=8), state="withheld", reason="no_answer", n=3)
        found = table(client, "reasons")
        assert (found["No approved answer fits"]["k"], found["No approved answer fits"]["n"]) == ("8", "20")
        assert found["No approved answer fits, same weekdays before"]["k"] == "3"
        assert "Most often: no approved answer fits, 40 % of 20 turns." in client.get(PAGE).text

    def test_the_match_rate_is_told_by_arm_and_week(self, client: Client) -> None:
        for agent in range(1, 9):
            turns(agent, arm="shadow", shadow=10, n_near=6, n_none=4)
            turns(agent, arm="offer", ignored=10, n_near=8, n_conflict=2)
        found = table(client, "match")
        assert sorted((name.split(",")[0], float(row["value"])) for name, row in found.items()) == [
            ("Shown", 0.8),
            ("Unseen", 0.6),
        ]

    def test_it_says_whether_the_cells_sum_and_how_new_the_figures_are(self, client: Client) -> None:
        turns(1, ignored=3)
        make_case()
        text = client.get(PAGE).text
        assert "sum to all 3 turns" in text
        assert "No figures were made yet" in text
        assert "1 cases are open, in 1 of them a customer waits" in text
        AgentDay.objects.update(n_turns=4)
        RollupState.objects.create(seen_until=timezone.now() - timedelta(hours=1))
        text = client.get(PAGE).text
        assert "sum to 3, but there are 4 turns" in text
        assert "60 minutes ago: no worker seems to run" in text

    def test_no_rows_at_all(self, client: Client) -> None:
        text = client.get(PAGE).text
        assert "No turn has come in yet." in text
        assert "No open alerts" in text
        assert client.get(PAGE, {"csv": "other"}).status_code == 404

    def test_strangers_and_other_verbs(self, client: Client, ana: User) -> None:
        assert client.post(PAGE).status_code == 405
        client.force_login(ana)
        assert client.get(PAGE).status_code == 403


class TestAlert:
    def post(self, client: Client, alert: Alert, **values: str) -> int:
        return client.post(f"/copilot/monitor/alerts/{alert.pk}/", values).status_code

    def test_it_is_on_the_page_with_its_evidence(self, client: Client, alert: Alert) -> None:
        text = client.get(PAGE).text
        assert "1 open alert" in text
        assert "30 of 200 turns today." in text
        assert "nobody looks after it" in text

    def test_somebody_takes_it_on_and_gives_it_back(self, client: Client, alert: Alert, sana: User) -> None:
        assert self.post(client, alert, act="take") == 302
        assert f"looked after by {sana}" in client.get(PAGE).text
        assert self.post(client, alert, act="leave") == 302
        assert "nobody looks after it" in client.get(PAGE).text

    def test_it_is_put_off_and_brought_back(self, client: Client, alert: Alert) -> None:
        self.post(client, alert, act="snooze", days="7")
        alert.refresh_from_db()
        assert alert.snoozed_until
        assert alert.snoozed_until > timezone.now() + timedelta(days=6)
        assert "put off until" in client.get(PAGE).text
        self.post(client, alert, act="wake")
        alert.refresh_from_db()
        assert alert.snoozed_until is None

    def test_what_is_over_is_told_and_left_alone(self, client: Client, alert: Alert) -> None:
        Alert.objects.update(resolved_at=timezone.now())
        text = client.post(f"/copilot/monitor/alerts/{alert.pk}/", {"act": "take"}, follow=True).text
        assert "is over: there is nothing left to look after" in text
        assert "No open alerts" in text

    @pytest.mark.parametrize("values", [{}, {"act": "burn"}, {"act": "snooze", "days": "9999"}])
    def test_bad_acts_are_refused(self, client: Client, alert: Alert, values: dict[str, str]) -> None:
        assert self.post(client, alert, **values) == 400

    def test_strangers_other_verbs_and_alerts_that_are_not_there(
        self, client: Client, alert: Alert, ana: User
    ) -> None:
        assert client.get(f"/copilot/monitor/alerts/{alert.pk}/").status_code == 405
        assert client.post("/copilot/monitor/alerts/99999/", {"act": "take"}).status_code == 404
        client.force_login(ana)
        assert self.post(client, alert, act="take") == 403
