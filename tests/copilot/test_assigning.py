"""Every case has one arm for good: the holdout's first, then that of the experiment it was opened in."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from copilot import assigning, contamination, experimenting, suggesting
from copilot.experimenting import Treatment
from copilot.models import Arm, Assignment, Contamination, Experiment, Exposure
from copilot.models.suggestion import Reason, State
from helpdesk.intake import IncomingCustomer, receive_messages
from helpdesk.models import Case, User
from helpdesk.replying import send_reply
from tests.copilot.making import make_answer, make_experiment
from tests.making import incoming, make_case, make_user

pytestmark = pytest.mark.django_db
Kind = Contamination.Kind
ONLY_OFF = (Treatment("off", 999_999, "off"), Treatment("offer", 1, "offer"))


@pytest.fixture(autouse=True)
def nothing_is_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.0


def opened(n: int, **fields: object) -> list[Case]:
    batch = [
        incoming(customer=IncomingCustomer(email=f"c{k}@moss.example"), sent_at=timezone.now(), **fields)
        for k in range(n)
    ]
    receipts = receive_messages(batch, now=timezone.now())
    return list(Case.objects.filter(pk__in=[receipt.case_id for receipt in receipts]).order_by("pk"))


def test_each_case_gets_the_variant_of_its_number() -> None:
    experiment = make_experiment()
    cases = opened(60)
    shares = [variant.share for variant in experiment.variants.all()]
    drawn = [
        assigning.assign_variant(salt=experiment.salt, unit=str(case.pk), shares=shares) for case in cases
    ]
    assert [case.assignment.variant.position for case in cases] == drawn
    assert [str(case.suggestions.get().arm) for case in cases] == [case.assignment.arm for case in cases]
    assert 15 < sum(drawn) < 45


def test_the_holdout_is_taken_off_before_any_experiment(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 1.0
    make_experiment()
    [case] = opened(1)
    assert (case.assignment.arm, case.assignment.is_held_out, case.assignment.experiment) == (
        "shadow",
        True,
        None,
    )


def test_the_same_salt_and_share_hold_out_whom_they_held_out(settings: Settings) -> None:
    settings.COPILOT_HOLDOUT_SHARE = 0.3
    for case in opened(40):
        assert case.assignment.arm == assigning.holdout_arm(case.pk)


def test_an_arm_is_kept_when_the_case_goes_on_is_reopened_or_its_experiment_ends(
    ana: User, sana: User, now: datetime, settings: Settings
) -> None:
    experiment = make_experiment(*ONLY_OFF)
    [case] = opened(1)
    send_reply(case=case, author=ana, body="Soon.", client_key="k", now=timezone.now(), close=True)
    experimenting.end(experiment, by=sana, now=now, reason="")
    settings.COPILOT_HOLDOUT_SHARE = 1.0
    receive_messages([incoming("And now?", case_id=case.pk, sent_at=timezone.now())], now=timezone.now())
    case.refresh_from_db()
    assert case.assignment.arm == Arm.OFF
    assert set(case.suggestions.values_list("arm", "state")) == {("off", "off")}


def test_cases_that_were_there_before_take_no_part() -> None:
    experiment = make_experiment(*ONLY_OFF)
    old = make_case(sent_at=timezone.now() - timedelta(days=3))
    receive_messages([incoming("And now?", case_id=old.pk, sent_at=timezone.now())], now=timezone.now())
    assert (old.assignment.arm, old.assignment.experiment) == (Arm.OFFER, None)
    assert not experiment.assignments.exists()


def test_a_turn_in_the_off_arm_is_complete_at_once_and_nothing_is_computed() -> None:
    make_experiment(*ONLY_OFF)
    [case] = opened(1)
    row = case.suggestions.get()
    assert (row.state, row.reason, row.text, row.finished_at is not None) == (State.OFF, Reason.OFF, "", True)
    assert suggesting.suggest(suggestion_ids=[row.pk], now=timezone.now()) == 0
    row.refresh_from_db()
    assert (row.state, row.release, row.question) == (State.OFF, None, "")
    receive_messages([incoming("And?", case_id=case.pk, sent_at=timezone.now())], now=timezone.now())
    assert list(case.suggestions.order_by("pk").values_list("state", flat=True)) == ["superseded", "off"]


def test_an_assignment_is_never_changed() -> None:
    [case] = opened(1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Assignment.objects.filter(case=case).update(arm="off")
    case.delete()  # erased with its case
    assert not Assignment.objects.exists()


def test_imported_history_is_assigned_nothing() -> None:
    case = make_case()  # nobody was told of it
    assert not Assignment.objects.filter(case=case).exists()


class TestAgentsAsUnits:
    def test_every_suggestion_is_made_to_be_offered(self) -> None:
        experiment = make_experiment(unit="agent")
        [case] = opened(1)
        found = case.assignment
        assert (found.arm, found.experiment, found.variant) == (Arm.OFFER, experiment, None)

    def test_a_week_is_that_of_the_message_and_not_of_the_reading(self, ana: User) -> None:
        experiment = make_experiment(unit="agent_week")
        sunday = datetime(2026, 11, 22, 12, tzinfo=timezone.get_current_timezone())
        weeks = [
            assigning.variant_for(ana, experiment, asked_at=sunday - timedelta(weeks=n)).name
            for n in range(30)
        ]
        assert set(weeks) == {"offer", "shadow"}
        same = assigning.variant_for(ana, experiment, asked_at=sunday - timedelta(days=6))
        assert same == assigning.variant_for(ana, experiment, asked_at=sunday)

    def test_an_agent_alone_never_changes_sides(self, ana: User, now: datetime) -> None:
        experiment = make_experiment(unit="agent")
        days = [assigning.variant_for(ana, experiment, asked_at=now + timedelta(days=n)) for n in range(60)]
        assert len(set(days)) == 1

    def test_a_reply_counts_under_its_authors_variant(self, ana: User, now: datetime) -> None:
        experiment = make_experiment(unit="agent")
        [case] = opened(1)
        send_reply(case=case, author=ana, body="Soon, by noon.", client_key="k", now=timezone.now())
        exposure = Exposure.objects.get()
        assert exposure.variant == assigning.variant_for(ana, experiment, asked_at=now)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Exposure.objects.update(at=now)

    def test_one_agent_is_an_experiment_of_one(self, ana: User) -> None:
        make_experiment(unit="agent")
        for case in opened(3):
            send_reply(case=case, author=ana, body="Soon.", client_key="k", now=timezone.now())
        assert Exposure.objects.values("variant").distinct().count() == 1
        assert not Contamination.objects.exists()


class TestContamination:
    def kinds(self) -> list[str]:
        return list(Contamination.objects.values_list("kind", flat=True))

    def test_a_customer_in_two_arms_at_once_is_noted_once_a_case(self, settings: Settings) -> None:
        [first] = opened(1)
        settings.COPILOT_HOLDOUT_SHARE = 1.0
        [second] = opened(1)
        assert first.customer_id == second.customer_id
        noted = Contamination.objects.get()
        assert (noted.kind, noted.case, noted.other_case) == (Kind.SAME_CUSTOMER, second, first)

    def test_a_closed_case_contaminates_nothing(self, settings: Settings) -> None:
        [first] = opened(1)
        Case.objects.filter(pk=first.pk).update(status="closed")
        settings.COPILOT_HOLDOUT_SHARE = 1.0
        opened(1)
        assert self.kinds() == []

    def test_the_same_arm_contaminates_nothing(self) -> None:
        opened(1)
        opened(1)
        assert self.kinds() == []

    def test_two_cases_of_one_batch_are_noted_once(self) -> None:
        make_experiment(Treatment("a", 500_000, "offer"), Treatment("b", 500_000, "off"))
        receive_messages([incoming(sent_at=timezone.now()) for _ in range(2)] * 1, now=timezone.now())
        arms = set(Assignment.objects.values_list("arm", flat=True))
        assert len(self.kinds()) == len(arms) - 1

    def test_an_agent_of_both_variants_is_noted_once(self, ana: User) -> None:
        experiment = make_experiment()
        for case in opened(12):
            send_reply(case=case, author=ana, body="Soon.", client_key="k", now=timezone.now())
        assert self.kinds() == [Kind.BOTH_VARIANTS]
        assert contamination.count_of(experiment) == {**dict.fromkeys(Kind.values, 0), "both_variants": 1}

    def test_agents_of_two_variants_on_one_suggestion_are_noted(self, ana: User) -> None:
        experiment = make_experiment(unit="agent")
        [case] = opened(1)
        suggestion = case.suggestions.get()
        others = [make_user(f"agent-{n}") for n in range(12)]
        mine = assigning.variant_for(ana, experiment, asked_at=timezone.now())
        other = next(
            each
            for each in others
            if assigning.variant_for(each, experiment, asked_at=timezone.now()) != mine
        )
        for agent in (ana, other):
            assigning.expose_all([(suggestion, agent, timezone.now())])
        assert self.kinds() == [Kind.TWO_READERS]

    def test_cases_of_two_arms_that_are_merged_are_noted(self, settings: Settings, now: datetime) -> None:
        [kept] = opened(1)
        Case.objects.update(status="closed")
        settings.COPILOT_HOLDOUT_SHARE = 1.0
        merged, same = opened(2)
        contamination.note_merge(kept=kept, merged=merged, now=now)
        contamination.note_merge(kept=merged, merged=same, now=now)
        assert self.kinds() == [Kind.MERGED]
        assert Assignment.objects.get(case=kept).arm == Arm.OFFER


def test_no_experiment_at_all_is_the_holdouts_word(settings: Settings) -> None:
    assert Experiment.objects.running() is None
    make_answer()
    [case] = opened(1)
    assert (case.assignment.arm, case.assignment.is_held_out) == (Arm.OFFER, False)
