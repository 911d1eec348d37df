"""The demo world in the database: whole, once, and as it was written."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import pytest_django
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from copilot.config import tasks as config_tasks
from copilot.config.demo import functions, loading
from copilot.config.demo.world import World, read_world
from copilot.models import Answer, AnswerVersion, CatalogChange
from helpdesk.models import Case, Customer, Message, Reply, Status, User
from labeling.measuring import precision_of
from labeling.models import Annotation, Disagreement, FunctionFigures, LabelingFunction, Task
from labeling.settling import settle

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def now() -> datetime:
    return timezone.now()


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker, now: datetime
) -> Iterator[World]:
    """The world, loaded for all tests of this file: a test's own transaction is one within that of the world."""
    world = read_world()
    with django_db_blocker.unblock(), transaction.atomic():
        loading.load_world(world, now=now)
        with django_db_blocker.block():
            yield world
        transaction.set_rollback(True)


def test_world_is_loaded_once(world: World, now: datetime) -> None:
    counts = [
        model.objects.count() for model in (Message, Case, Reply, Annotation, Answer, AnswerVersion, User)
    ]
    assert loading.is_loaded(world)
    assert counts[0] == len(world.messages)
    assert counts[4] == len(world.answers) + sum("new" in draft for draft in world.drafts)
    assert AnswerVersion.objects.waiting().count() == len(world.drafts) >= 10
    assert {change.kind for change in CatalogChange.objects.all()} == {"policy"}
    stale = Annotation.objects.stale()
    assert stale.count() >= 20
    assert set(stale.values_list("task", flat=True)) == {Task.ANSWER}
    assert not Annotation.objects.filter(made_at__lt=F("message__sent_at")).exists()
    assert Annotation.objects.gold(Task.VALIDITY).count() == len(world.messages)
    assert Customer.objects.count() == len({customer["email"] for customer in world.customers})
    assert not Message.objects.filter(sent_at__gt=now).exists()
    assert not Reply.objects.filter(sent_at__gt=now).exists()
    assert not Reply.objects.filter(body__contains="{").exists(), "an agent sends nothing half-filled"
    assert Case.objects.filter(status=Status.OPEN, awaiting_since__isnull=False).count() >= 50
    fee = Answer.objects.get(slug="instant-payout-fee")
    assert [version.number for version in fee.versions.all()] == [1, 2]
    loading.load_world(world, now=timezone.now())
    again = [
        model.objects.count() for model in (Message, Case, Reply, Annotation, Answer, AnswerVersion, User)
    ]
    assert again == counts


@pytest.mark.usefixtures("world")
def test_the_gold_is_what_the_experts_opinions_make_it() -> None:
    gold = set(Annotation.objects.filter(is_gold=True).values_list("pk", flat=True))
    decided = Annotation.objects.filter(mode="adjudication")
    assert decided.count() >= 20
    assert Disagreement.objects.filter(closed_at=None).count() >= 30
    for message_id in Annotation.objects.values_list("message", flat=True).distinct():
        settle(message_id=message_id, now=timezone.now())
    assert set(Annotation.objects.filter(is_gold=True).values_list("pk", flat=True)) == gold


@pytest.mark.usefixtures("world")
def test_the_experts_functions_come_along_for_all_three_tasks(now: datetime) -> None:
    n = functions.load_functions(now=now)
    assert not FunctionFigures.objects.exists(), "votes are the worker's"
    config_tasks.try_functions()

    loaded = LabelingFunction.objects.all()
    assert n == loaded.count() >= 60
    assert {function.task for function in loaded} == set(Task.values)
    assert {function.state for function in loaded} == {"draft", "trial", "active"}
    assert all(function.owner and function.note and not function.problem for function in loaded)
    active = FunctionFigures.objects.filter(version__function__state="active")
    assert len(active) >= 5
    assert all(figures.n_gold >= 15 and precision_of(figures).low >= 0.6 for figures in active)
    assert functions.load_functions(now=now) == 0
