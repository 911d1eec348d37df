"""The loop once round: experts label, a data scientist freezes, trains, promotes, and a question is answered better."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from copilot import expecting, releases, suggesting
from copilot.config.demo import loading
from copilot.config.demo.world import read_world
from copilot.models import Promotion, Release, Suggestion
from helpdesk.models import Message, User
from labeling import frozen, trainings
from labeling.models import Annotation, FrozenDataset, Task, TrainingRun
from tests.labeling.waiting import make_entry
from tests.making import make_message

TOPIC = "tips-and-vat"
N_LABELED = 26
# Of the gold, so that the gate has rows enough: with 175 of them it refuses a candidate that is just as good.
TEST_SHARE = 0.3
# Floors are chosen on few rows: of two releases at one risk either may offer some points more, which the gate minds.
# At this one, with these messages labeled, both offer alike (40.0 % and 39.7 % of the questions right); with every
# third one from the first on asked instead, 39.9 % and 37.8 %, which it refuses.
RISK = 0.35


@pytest.mark.slow
@pytest.mark.django_db
def test_a_few_labels_of_a_new_topic_give_better_answers(
    client: Client, settings: Any, tmp_path: Any
) -> None:
    settings.DATASETS_ROOT = tmp_path
    answers = _forget_the_topic()
    call_command("freeze", "before", test_share=TEST_SHARE, verbosity=0)
    call_command("train", "all", dataset="before", target_risk=RISK, promote=True, verbosity=0)
    before = Release.objects.get()
    messages = list(Message.objects.filter(pk__in=answers).order_by("sent_at"))
    asked = messages[1::3]
    labeled = [message for message in messages if message not in asked]
    assert _n_right(asked, answers) == 0, "the live release does not know the topic"

    nadia, sana = User.objects.get(username="nadia"), User.objects.get(username="sana")
    client.force_login(nadia)
    for message in labeled:
        for task, label in ((Task.TOPIC, TOPIC), (Task.ANSWER, answers[message.pk])):
            make_entry(task=task, message=message)
            fields = {"task": task, "mode": "blind", "message": message.pk, "label": label}
            assert client.post("/labeling/annotate/submit/", fields).status_code == 302
    assert Annotation.objects.gold(Task.TOPIC).filter(label=TOPIC).count() == N_LABELED

    client.force_login(sana)
    order = {"name": "after", "takes": "gold", "seed": "1", "test_share": f"{TEST_SHARE}"}
    assert client.post("/labeling/datasets/", order).status_code == 302
    assert frozen.run(FrozenDataset.objects.get(name="after").pk).state == "finished"
    order = {"stage": "all", "dataset": "after", "seed": "1", "target_risk": f"{RISK}"}
    assert client.post("/labeling/trainings/", order).status_code == 302
    after = trainings.run(TrainingRun.objects.get(dataset="after").pk).release
    answer = client.post(f"/copilot/releases/{after.pk}/promote/", {"reason": "tips"})
    assert answer.status_code == 302, re.findall(r"(?s)<li\b.*?</li>", answer.text)
    assert all(passed for passed, _ in Promotion.objects.get(release=after).findings)
    assert releases.live() == after

    assert before.pk != after.pk
    assert _n_right(asked, answers) >= 5, "of 13"


def _forget_the_topic() -> dict[int, str]:
    """Load the demo world as if nobody had ever labeled a topic; return the right answer of its messages."""
    loading.load_world(read_world(), now=timezone.now())
    of_topic = Annotation.objects.gold(Task.TOPIC).filter(label=TOPIC, also=[]).values("message")
    answers = Annotation.objects.gold(Task.ANSWER).filter(message__in=of_topic).exclude(label="none")
    found = dict(answers.values_list("message", "label"))
    of_topic = Annotation.objects.filter(task=Task.TOPIC, label=TOPIC).values("message")
    Annotation.objects.filter(message__in=of_topic).delete()
    return found


def _n_right(asked: list[Message], answers: dict[int, str]) -> int:
    """Ask the same questions anew, and count those whose right answer is offered, or worded in the shadow."""
    made = [(make_message(message.body), answers[message.pk]) for message in asked]
    expecting.expect([message for message, _ in made], now=timezone.now())
    rows = Suggestion.objects.filter(message__in=[message for message, _ in made])
    suggesting.suggest(suggestion_ids=[row.pk for row in rows], now=timezone.now())
    said = dict(rows.generated().values_list("message", "answer__answer__slug"))
    return sum(said.get(message.pk) == slug for message, slug in made)
