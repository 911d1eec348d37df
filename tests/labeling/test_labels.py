"""Each task has the labels of the catalog of now."""

import pytest
from django.utils import timezone

from copilot.models import Answer, Area, Topic
from labeling.labels import UnknownLabelError, check_label, known_when_said, labels_of
from labeling.models import Task
from tests.copilot.making import make_answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def fees() -> Topic:
    area = Area.objects.create(slug="money", name="Money")
    return Topic.objects.create(area=area, slug="fees", name="Fees")


def test_validity_is_a_question_or_a_reason_why_not() -> None:
    slugs = [label.slug for label in labels_of(Task.VALIDITY)]
    assert slugs[0] == "question"
    assert {"thanks", "spam", "out_of_scope"} < set(slugs)


def test_topics_are_those_in_use(fees: Topic) -> None:
    assert [(label.slug, label.name, label.group) for label in labels_of(Task.TOPIC)] == [
        ("fees", "Fees", "Money")
    ]
    Topic.objects.update(retired_at=timezone.now())
    assert labels_of(Task.TOPIC) == []


def test_answers_are_those_in_use_or_none(fees: Topic) -> None:
    Answer.objects.create(topic=fees, slug="fees-card", name="Card fees")
    assert [label.slug for label in labels_of(Task.ANSWER)] == ["fees-card", "none"]


def test_a_label_outside_the_list_is_refused_by_name(fees: Topic) -> None:
    check_label(Task.TOPIC, "fees")
    with pytest.raises(UnknownLabelError, match=r"'tariffs' is no label of topic: choose one of fees$"):
        check_label(Task.TOPIC, "tariffs")


def test_a_label_knows_which_meaning_and_which_text_it_was_made_under(fees: Topic) -> None:
    version = make_answer("Fee table", topic=fees)
    make_answer("Fee table").answer.versions.filter(number=2).update(approved_at=None)
    assert known_when_said(Task.TOPIC, "fees") == {"topic_version": 1}
    assert known_when_said(Task.ANSWER, "fee-table") == {"answer_version": version}
    assert known_when_said(Task.ANSWER, "none") == known_when_said(Task.VALIDITY, "thanks") == {}
