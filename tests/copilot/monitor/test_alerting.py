"""An alert is opened once, told once, looked after, and over when its condition is; each check finds what it is for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from copilot import tasks
from copilot.models import Alert, AlertEvent, Assignment, BinDay, InputDay, Release, TurnDay
from copilot.models.suggestion import Reason, State
from copilot.monitor import alerting, checks, rolling
from copilot.monitor.alerting import Check
from copilot.monitor.checks import Found
from copilot.monitor.funnel import Cell
from copilot.monitor.rolling_sums import roll_sums
from helpdesk.models import User
from tests.copilot.making import make_experiment, make_release, make_suggestion
from tests.making import make_case

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(hour=12)
DAY = timedelta(days=1)
COLUMNS = {field.name: 0 for field in TurnDay._meta.concrete_fields[8:]}


class Finding:
    """A check whose findings a test decides."""

    def __init__(self, *found: Found, patience: timedelta = timedelta(0)) -> None:
        self.found = found
        self.checks = [Check("made_up", "Made up", lambda now: list(self.found), patience=patience)]

    def look(self, now: datetime = NOW) -> list[Alert]:
        return alerting.look(now=now, all_checks=self.checks)


WRONG = Found("Something is wrong", "12 of 30.")


def turns(
    *, now: datetime = NOW, arm: str = "offer", agent: int = 1, days_ago: int = 0, **counts: int
) -> TurnDay:
    cells = {f"n_{cell}": n for cell, n in counts.items() if cell in set(Cell)}
    rest = {name: n for name, n in counts.items() if name not in set(Cell)}
    made = TurnDay.objects.create(
        day=timezone.localdate(now) - timedelta(days=days_ago), arm=arm, language="en", agent=agent,
        **(COLUMNS | {"n_turns": sum(cells.values())} | cells | rest),
    )  # fmt: skip
    roll_sums(made.day, of=TurnDay)
    return made


class TestAlerts:
    def test_one_condition_is_one_alert_with_the_figures_of_its_last_look(self) -> None:
        finding = Finding(WRONG)
        [alert] = finding.look()
        finding.found = (Found("Something is wrong", "20 of 30."),)
        assert finding.look(NOW + DAY) == [alert]
        alert.refresh_from_db()
        assert (alert.evidence, alert.opened_at, alert.seen_at) == ("20 of 30.", NOW, NOW + DAY)

    def test_two_subjects_are_two_alerts(self) -> None:
        finding = Finding(Found("A", "1", "shadow"), Found("A", "2", "offer"))
        assert len(finding.look()) == len(finding.look()) == 2

    def test_it_is_over_when_its_condition_is_and_comes_back_as_another_one(self) -> None:
        finding = Finding(WRONG)
        finding.look()
        finding.found = ()
        assert finding.look(NOW + DAY) == []
        assert Alert.objects.get().resolved_at == NOW + DAY
        finding.found = (WRONG,)
        assert len(finding.look(NOW + 2 * DAY)) == 1
        assert Alert.objects.count() == 2

    def test_one_that_begins_anew_with_each_day_does_not_come_and_go(self) -> None:
        finding = Finding(WRONG, patience=DAY)
        finding.look()
        finding.found = ()
        assert len(finding.look(NOW + DAY / 2)) == 1
        assert finding.look(NOW + DAY) == []

    def test_data_scientists_are_told_once(self, sana: User, ana: User) -> None:
        User.objects.filter(pk=sana.pk).update(email="sana@example.org")
        User.objects.filter(pk=ana.pk).update(email="ana@example.org")
        finding = Finding(WRONG)
        for days in range(3):
            finding.look(NOW + days * DAY)
        [sent] = mail.outbox
        assert sent.to == ["sana@example.org"]
        assert "Something is wrong" in sent.subject
        assert "12 of 30." in sent.body

    def test_its_owner_alone_is_told_where_nobody_could_be_before(self, sana: User, nadia: User) -> None:
        User.objects.filter(pk=sana.pk).update(email="")
        finding = Finding(WRONG)
        [alert] = finding.look()
        assert mail.outbox == []
        nadia.email = "nadia@example.org"
        nadia.save()
        alerting.take(alert, by=nadia, now=NOW)
        finding.look()
        assert [sent.to for sent in mail.outbox] == [["nadia@example.org"]]

    def test_who_has_put_it_off_is_told_when_that_is_over(self, sana: User) -> None:
        User.objects.filter(pk=sana.pk).update(email="")
        finding = Finding(WRONG)
        [alert] = finding.look()
        alerting.snooze(alert, days=7, by=sana, now=NOW)
        User.objects.filter(pk=sana.pk).update(email="sana@example.org")
        finding.look(NOW + DAY)
        assert mail.outbox == []
        finding.look(NOW + 8 * DAY)
        assert len(mail.outbox) == 1

    def test_a_mail_that_can_not_be_sent_is_tried_again(
        self, sana: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        User.objects.filter(pk=sana.pk).update(email="sana@example.org")

        def fail(*args: Any, **kwargs: Any) -> None:
            raise OSError("no route")

        with monkeypatch.context() as broken:
            broken.setattr(alerting, "send_mail", fail)
            [alert] = Finding(WRONG).look()
        alert.refresh_from_db()
        assert alert.mailed_at is None
        Finding(WRONG).look()
        assert len(mail.outbox) == 1

    def test_without_a_mail_server_it_lies_in_a_folder(
        self, sana: User, settings: Settings, tmp_path: Path
    ) -> None:
        assert product.EMAIL["EMAIL_BACKEND"].endswith("dummy.EmailBackend"), "without EMAIL_URL"
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        settings.DATA_DIR = tmp_path
        User.objects.filter(pk=sana.pk).update(email="sana@example.org")
        Finding(WRONG).look()
        [letter] = (tmp_path / "mail").iterdir()
        assert "12 of 30." in letter.read_text()

    def test_what_people_do_is_written_down(self, sana: User) -> None:
        [alert] = Finding(WRONG).look()
        alerting.take(alert, by=sana, now=NOW)
        alerting.snooze(alert, days=7, by=sana, now=NOW)
        alerting.wake(alert, by=sana, now=NOW)
        alerting.leave(alert, by=sana, now=NOW)
        kinds = list(alert.events.values_list("type", "actor"))
        assert [kind for kind, _ in kinds] == ["opened", "taken", "snoozed", "woken", "left"]
        assert [actor for _, actor in kinds] == [None, *[sana.pk] * 4]

    def test_nobody_takes_on_what_is_over(self, sana: User) -> None:
        finding = Finding(WRONG)
        [alert] = finding.look()
        finding.found = ()
        finding.look()
        with pytest.raises(alerting.AlertError, match="is over"):
            alerting.take(alert, by=sana, now=NOW)
        assert not AlertEvent.objects.filter(type="taken").exists()

    def test_the_task_looks_and_finds_nothing_in_an_empty_house(self) -> None:
        tasks.look_for_alerts()
        tasks.look_for_alerts()
        assert not Alert.objects.exists()


class TestShares:
    def test_failures_of_today_are_found_while_they_last(self) -> None:
        check = checks.share_above(checks.FAILURES)
        turns(failed=12, ignored=80)
        [found] = check(NOW)
        assert found.title == "Failed turns: 13 %"
        assert "12 of 92 turns today" in found.evidence
        assert check(NOW + DAY) == []

    def test_a_few_failures_are_no_matter(self) -> None:
        turns(failed=2, ignored=98)
        assert checks.share_above(checks.FAILURES)(NOW) == []

    def test_fallbacks_are_found(self) -> None:
        turns(ignored=40, n_fallback=20)
        assert "stood in" in checks.share_above(checks.FALLBACKS)(NOW)[0].title

    def test_lateness_is_of_a_week_and_of_what_was_shown(self) -> None:
        monday = NOW - timedelta(days=timezone.localtime(NOW).weekday())
        for agent in range(1, 7):
            turns(now=monday, agent=agent, late=10, ignored=10, withheld=150)
        [found] = checks.share_above(checks.LATENESS)(monday + DAY)
        assert "60 of 120 turns this week" in found.evidence
        assert checks.share_above(checks.LATENESS)(monday + 7 * DAY) == []

    def test_of_fewer_than_five_agents_it_tells_no_figure(self) -> None:
        monday = NOW - timedelta(days=timezone.localtime(NOW).weekday())
        turns(now=monday, late=60, ignored=60)
        [found] = checks.share_above(checks.LATENESS)(monday + DAY)
        assert found.title == "Suggestions that came too late"
        assert "how many is not shown of fewer than 5 agents" in found.evidence
        assert "60" not in found.evidence


class TestUnseen:
    def test_a_week_of_strange_questions_is_found(self) -> None:
        release, today = make_release(), timezone.localdate(NOW)
        for value, n in (("yes", 30), ("no", 170)):
            InputDay.objects.create(day=today, release=release, part="unseen", value=value, n=n)
        [found] = checks.questions_are_unseen(NOW)
        assert found.title == "Unseen questions: 15 %"
        assert "30 of 200 questions this week" in found.evidence
        assert "What it costs can't be told before" in found.evidence
        assert checks.questions_are_unseen(NOW + 7 * DAY) == []

    @pytest.mark.parametrize(
        ("bins", "told"),
        [
            ((95, 95), "it costs nothing that confidence would show, so it is only information"),
            ((95, 75), "Since the release began expected accuracy fell by 20.0 points."),
            ((95, None), "What it costs can't be told: nothing was suggested"),
        ],
    )
    def test_a_week_of_strange_questions_says_what_it_costs(
        self, bins: tuple[int, int | None], told: str
    ) -> None:
        release, today = make_release(), timezone.localdate(NOW)
        for value, n in (("yes", 30), ("no", 170)):
            InputDay.objects.create(day=today, release=release, part="unseen", value=value, n=n)
        for back in range(1, 29):
            on, in_bin = today - back * DAY, bins[back <= 14]
            InputDay.objects.create(day=on, release=release, part="channel", value="email", n=40)
            if in_bin is not None:
                BinDay.objects.create(day=on, release=release, reason="", bin=in_bin, n_turns=40)
        [found] = checks.questions_are_unseen(NOW)
        assert told in found.evidence

    def test_a_few_of_them_and_those_of_another_release_are_no_matter(self) -> None:
        release, today = make_release(), timezone.localdate(NOW)
        for value, n in (("yes", 12), ("no", 188)):
            InputDay.objects.create(day=today, release=release, part="unseen", value=value, n=n)
        assert checks.questions_are_unseen(NOW) == []
        InputDay.objects.filter(value="yes").update(n=80)
        Release.objects.update(state="retired")
        assert checks.questions_are_unseen(NOW) == []


class TestFunnel:
    def test_cells_that_do_not_sum_are_found(self) -> None:
        row = turns(days_ago=3, ignored=5)
        TurnDay.objects.filter(pk=row.pk).update(n_turns=6)
        [found] = checks.funnel_does_not_sum(NOW)
        assert "6 counted, 5 in the cells" in found.evidence

    def test_turns_that_are_stored_and_not_counted_are_found(self) -> None:
        suggestion = make_suggestion(make_case(), state=State.WITHHELD, reason=Reason.NO_ANSWER)
        type(suggestion).objects.update(created_at=NOW - 3 * DAY)
        rolling.roll_on(now=NOW)
        assert checks.funnel_does_not_sum(NOW) == []
        TurnDay.objects.update(n_turns=2, n_withheld=2)
        [found] = checks.funnel_does_not_sum(NOW)
        assert "1 turns stored, 2 counted, 2 in the cells" in found.evidence

    def test_a_day_of_which_nothing_is_counted_is_found(self) -> None:
        suggestion = make_suggestion(make_case(), state=State.WITHHELD, reason=Reason.NO_ANSWER)
        type(suggestion).objects.update(created_at=NOW - 3 * DAY)
        rolling.roll_on(now=NOW)
        TurnDay.objects.all().delete()
        [found] = checks.funnel_does_not_sum(NOW)
        assert "1 turns stored, 0 counted, 0 in the cells" in found.evidence

    def test_a_day_that_waits_to_be_rolled_is_not_judged(self) -> None:
        suggestion = make_suggestion(make_case(), state=State.WITHHELD, reason=Reason.NO_ANSWER)
        type(suggestion).objects.update(created_at=NOW - 3 * DAY)
        turns(days_ago=3, ignored=2)
        assert checks.funnel_does_not_sum(NOW) == []


class TestSampleRatio:
    def assign(self, n: int, **fields: Any) -> None:
        Assignment.objects.bulk_create(
            Assignment(case=make_case(), at=NOW, **({"arm": "offer", "is_held_out": False} | fields))
            for _ in range(n)
        )

    def test_an_experiment_whose_cases_are_divided_otherwise_is_found(self) -> None:
        experiment = make_experiment()
        offer, shadow = experiment.variants.all()
        self.assign(240, experiment=experiment, variant=offer, arm="offer")
        self.assign(60, experiment=experiment, variant=shadow, arm="shadow")
        found = checks.sample_ratio_mismatch(NOW)
        assert "Is it worth it?" in found[0].title
        assert "offer 240 (80.0 %, configured 50.0 %)" in found[0].evidence

    def test_a_holdout_that_holds_nobody_out_is_found_and_an_even_one_is_not(
        self, settings: Settings
    ) -> None:
        settings.COPILOT_HOLDOUT_SHARE = 0.5
        self.assign(20)
        self.assign(20, is_held_out=True, arm="shadow")
        assert checks.sample_ratio_mismatch(NOW) == []
        self.assign(200)
        [found] = checks.sample_ratio_mismatch(NOW)
        assert "the holdout of this month" in found.title

    def test_where_nobody_is_held_out_nothing_is_asked(self, settings: Settings) -> None:
        settings.COPILOT_HOLDOUT_SHARE = 0.0
        self.assign(20)
        assert checks.sample_ratio_mismatch(NOW) == []


class TestMatchRate:
    def test_a_fall_of_what_nobody_saw_is_found(self) -> None:
        now = datetime(2026, 3, 28, 12, tzinfo=UTC)
        for agent in range(1, 13):
            turns(
                now=now,
                arm="shadow",
                agent=agent,
                days_ago=50,
                shadow=90,
                n_near=60 + agent,
                n_none=30 - agent,
            )
            turns(
                now=now,
                arm="shadow",
                agent=agent,
                days_ago=5,
                shadow=60,
                n_near=15 + agent % 4,
                n_none=45 - agent % 4,
            )
        [found] = checks.match_rate_has_fallen(now)
        assert found.subject == "shadow"
        assert "% of 720 turns this month, surely below" in found.evidence

    def test_of_fewer_than_five_agents_nothing_is_said(self) -> None:
        now = datetime(2026, 3, 28, 12, tzinfo=UTC)
        for agent in range(1, 5):
            fields = {"now": now, "arm": "shadow", "agent": agent}
            turns(**fields, days_ago=50, shadow=400, n_near=280 + agent, n_none=120 - agent)
            turns(**fields, days_ago=5, shadow=400, n_near=40 + agent, n_none=360 - agent)
        assert checks.match_rate_has_fallen(now) == []

    def test_what_was_replayed_is_no_reference(self) -> None:
        now = datetime(2026, 3, 28, 12, tzinfo=UTC)
        for agent in range(1, 13):
            fields = {"now": now, "arm": "shadow", "agent": agent}
            turns(**fields, days_ago=50, shadow=90, n_near=80 + agent % 4, n_none=10, is_replayed=True)
            turns(**fields, days_ago=5, shadow=60, n_near=15 + agent % 4, n_none=45 - agent % 4)
        assert checks.match_rate_has_fallen(now) == []

    def test_the_same_rate_and_too_few_turns_are_no_fall(self) -> None:
        now = datetime(2026, 3, 28, 12, tzinfo=UTC)
        for agent in range(1, 13):
            turns(
                now=now,
                arm="offer",
                agent=agent,
                days_ago=50,
                ignored=90,
                n_near=60 + agent,
                n_none=30 - agent,
            )
            turns(
                now=now,
                arm="offer",
                agent=agent,
                days_ago=5,
                ignored=90,
                n_near=60 + agent,
                n_none=30 - agent,
            )
            turns(
                now=now,
                arm="shadow",
                agent=agent,
                days_ago=50,
                shadow=90,
                n_near=60 + agent,
                n_none=30 - agent,
            )
            turns(now=now, arm="shadow", agent=agent, days_ago=5, shadow=9, n_none=9)
        assert checks.match_rate_has_fallen(now) == []
