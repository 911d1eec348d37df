"""Experiments: drafted, started, ended; what was started stays what it is, also for whoever asks the database."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from copilot import experimenting, releases
from copilot.experimenting import ExperimentError, Plan, Treatment
from copilot.models import Experiment, Variant
from helpdesk.models import User
from tests.copilot.making import make_experiment, make_release

pytestmark = pytest.mark.django_db
State = Experiment.State


def plan(**fields: Any) -> Plan:
    treatments = (Treatment("with", 900_000, "offer"), Treatment("without", 100_000, "shadow"))
    fields = {
        "name": "Worth it?", "hypothesis": "Faster with it.", "salt": "worth-1", "n_planned": 500,
        "treatments": treatments,
    } | fields  # fmt: skip
    return Plan(**fields)


def test_a_draft_becomes_what_runs_and_what_ended(sana: User, now: datetime) -> None:
    made = experimenting.draft(plan(), by=sana, now=now)
    assert (made.state, [variant.share for variant in made.variants.all()]) == (
        State.DRAFT,
        [900_000, 100_000],
    )
    started = experimenting.start(made, by=sana, now=now)
    assert (started.state, started.started_by, started.started_at) == (State.RUNNING, sana, now)
    ended = experimenting.end(started, by=sana, now=now, reason="decided")
    assert (ended.state, ended.ended_by, ended.end_reason) == (State.ENDED, sana, "decided")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"treatments": [Treatment("one", 1_000_000, "offer")]}, "two variants or more"),
        (
            {"treatments": [Treatment("a", 500_000, "offer"), Treatment("b", 499_999, "shadow")]},
            "the shares sum to 999,999, not to a million",
        ),
        (
            {
                "treatments": [Treatment("a", 500_000, "offer"), Treatment("b", 500_000, "off")],
                "primary_outcome": "matched",
            },
            "where nothing is computed no reply can match",
        ),
        (
            {"treatments": [Treatment("a", 1_000_000, "offer"), Treatment("b", 0, "shadow")]},
            "each variant needs a share above 0",
        ),
        (
            {"treatments": [Treatment("a", 500_000, "offer"), Treatment("a", 500_000, "shadow")]},
            "two variants have the same name",
        ),
        ({"n_planned": 0}, "how many cases are planned"),
        ({"salt": "holdout-1"}, "the permanent holdout's"),
        (
            {
                "unit": "agent",
                "treatments": [Treatment("a", 500_000, "offer"), Treatment("b", 500_000, "off")],
            },
            "variants of agents offer or shadow",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(
    sana: User, now: datetime, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(ExperimentError, match=said):
        experimenting.draft(plan(**fields), by=sana, now=now)
    assert not Experiment.objects.exists()


def test_releases_are_few_and_none_serves_where_nothing_is_computed(sana: User, now: datetime) -> None:
    release = make_release()
    off = [Treatment("a", 500_000, "offer"), Treatment("b", 500_000, "off", release)]
    with pytest.raises(ExperimentError, match="no release serves"):
        experimenting.draft(plan(treatments=off), by=sana, now=now)


def test_a_salt_is_used_once(sana: User, now: datetime) -> None:
    experimenting.draft(plan(), by=sana, now=now)
    with pytest.raises(ExperimentError, match="the salt “worth-1” was used before"):
        experimenting.draft(plan(), by=sana, now=now)


def test_a_draft_can_still_be_changed(sana: User, now: datetime) -> None:
    made = experimenting.draft(plan(), by=sana, now=now)
    halves = (Treatment("with", 500_000, "offer"), Treatment("without", 500_000, "off"))
    experimenting.change(made, plan(name="Half and half", treatments=halves))
    made.refresh_from_db()
    assert (made.name, [variant.arm for variant in made.variants.all()]) == (
        "Half and half",
        ["offer", "off"],
    )


def test_what_runs_is_not_changed_but_has_a_successor(sana: User, now: datetime) -> None:
    running = make_experiment()
    with pytest.raises(ExperimentError, match="names it as its predecessor"):
        experimenting.change(running, plan())
    successor = experimenting.draft(plan(), by=sana, now=now, predecessor=running)
    with pytest.raises(ExperimentError, match="runs: end it first"):
        experimenting.start(successor, by=sana, now=now)
    experimenting.end(running, by=sana, now=now, reason="its successor starts")
    assert experimenting.start(successor, by=sana, now=now).predecessor == running


def test_an_experiment_starts_and_ends_once(sana: User, now: datetime) -> None:
    running = make_experiment()
    with pytest.raises(ExperimentError, match="is no draft"):
        experimenting.start(running, by=sana, now=now)
    experimenting.end(running, by=sana, now=now, reason="")
    with pytest.raises(ExperimentError, match="does not run"):
        experimenting.end(running, by=sana, now=now, reason="")
    with pytest.raises(ExperimentError, match="is no draft"):
        experimenting.start(running, by=sana, now=now)


def test_a_release_that_cannot_be_loaded_does_not_start(
    sana: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    treatments = (Treatment("a", 500_000, "offer", make_release()), Treatment("b", 500_000, "offer"))
    made = experimenting.draft(plan(treatments=treatments), by=sana, now=now)
    with pytest.raises(ExperimentError, match="a variant's release can't be loaded: release"):
        experimenting.start(made, by=sana, now=now)  # its files were never written
    made.refresh_from_db()
    assert made.is_draft
    monkeypatch.setattr(releases, "pipeline_of", lambda release: None)
    assert experimenting.start(made, by=sana, now=now).state == State.RUNNING


@pytest.mark.parametrize(
    "fields",
    [
        {"salt": "other"}, {"name": "other"}, {"hypothesis": "what was found"}, {"n_planned": 3}, {"unit": "agent"},
        {"primary_outcome": "matched"}, {"state": "draft", "started_at": None},
    ],
)  # fmt: skip
def test_the_database_keeps_what_runs_as_it_is(fields: dict[str, object]) -> None:
    running = make_experiment()
    with pytest.raises(IntegrityError, match="can not be changed"), transaction.atomic():
        Experiment.objects.filter(pk=running.pk).update(**fields)
    assert Experiment.objects.running() == running


def test_the_database_keeps_the_variants_of_what_runs() -> None:
    running = make_experiment()
    variants = Variant.objects.filter(experiment=running)
    with pytest.raises(IntegrityError, match="variants can not be changed"), transaction.atomic():
        variants.filter(position=0).update(share=1)
    with pytest.raises(IntegrityError, match="variants can not be changed"), transaction.atomic():
        Variant.objects.create(experiment=running, position=2, name="more", share=1, arm="offer")
    with pytest.raises(IntegrityError, match="can not be"), transaction.atomic():
        variants.first().delete()  # type: ignore[union-attr]
    with pytest.raises(IntegrityError, match="can not be"), transaction.atomic():
        running.delete()
    assert variants.count() == 2


def test_the_database_starts_only_what_sums_and_one_at_a_time(now: datetime) -> None:
    make_experiment()
    other = make_experiment(runs=False)
    drafts = Experiment.objects.filter(pk=other.pk)
    with pytest.raises(IntegrityError, match="experiment_one_running"), transaction.atomic():
        drafts.update(state=State.RUNNING, started_at=now)
    other.variants.filter(position=0).update(share=499_999)
    with pytest.raises(IntegrityError, match="sum to a million"), transaction.atomic():
        drafts.update(state=State.RUNNING, started_at=now)


def test_who_made_it_may_leave(sana: User) -> None:
    running = make_experiment()
    running.made_by.delete()  # type: ignore[union-attr]
    running.refresh_from_db()
    assert (running.made_by, running.state) == (None, State.RUNNING)


def test_a_draft_may_be_thrown_away() -> None:
    make_experiment(runs=False).delete()
    assert not Experiment.objects.exists()
