"""A specification is checked once, and what is wrong with it is said by key."""

from datetime import datetime
from typing import Any

import pytest

from labeling.functions import specs
from labeling.functions.errors import SpecError
from tests.copilot.making import make_topic

pytestmark = pytest.mark.django_db

WORDS = {"any": ["payout"]}


@pytest.fixture(autouse=True)
def topic() -> None:
    make_topic("Payout timing")


def check(**change: Any) -> None:
    specs.check(**{"task": "topic", "kind": "keyword", "label": "payout-timing", "spec": WORDS, **change})


def test_good_ones_pass() -> None:
    check()
    check(kind="regex", spec={"pattern": "pay ?outs?"})
    check(kind="field", spec={"path": "channel", "op": "is", "value": "chat"})
    check(task="validity", label="thanks", spec={"any": ["ta very much"]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spec": {"any": []}}, "any has no words: name at least one"),
        ({"spec": {"any": ["  "]}}, "any has no words"),
        ({"spec": {}}, "any has no words"),
        ({"spec": {"none": ["x"]}}, "any has no words"),
        ({"spec": {"any": ["payout"], "wrod": True}}, "unknown key 'wrod': known are all, any, field, none"),
        ({"spec": {"any": "payout"}}, "any is to be a list of texts"),
        ({"spec": {"any": [7]}}, "any is to be a list of texts"),
        ({"spec": {"any": ["x" * 201]}}, "200 are the most"),
        ({"spec": {"any": [str(n) for n in range(201)]}}, "make two functions"),
        ({"spec": {"any": ["payout"], "field": "body"}}, "field is 'body': choose one of text, subject"),
        ({"spec": ["payout"]}, "a set of keys with values, got list"),
        ({"kind": "regex", "spec": {"pattern": "(?=x)"}}, "look-ahead"),
        ({"kind": "regex", "spec": {"pattern": ""}}, "pattern is needed"),
        ({"kind": "field", "spec": {"path": "case.", "op": "is", "value": "x"}}, "path is 'case.'"),
        ({"kind": "field", "spec": {"path": "channel", "op": "like", "value": "x"}}, "op is 'like'"),
        ({"kind": "field", "spec": {"path": "channel", "op": "is"}}, "value is needed: a text"),
        ({"kind": "field", "spec": {"path": "channel", "op": "is", "value": ["a", "b"]}}, "use 'in' or 'not in'"),
        ({"kind": "field", "spec": {"path": "length", "op": "below", "value": "ten"}}, "needs a number"),
        ({"kind": "field", "spec": {"path": "channel", "op": "is there", "value": "x"}}, "leave it out"),
        ({"label": "payouts"}, "label: 'payouts' is no label of topic: choose one of payout-timing"),
        ({"label": ""}, "label: '' is no label of topic"),
        ({"task": "mood"}, "task is 'mood': choose one of validity, topic, answer"),
        ({"kind": "magic"}, "kind is 'magic': choose one of keyword, regex, field"),
    ],
)  # fmt: skip
def test_a_bad_one_names_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        check(**change)
    assert message in str(caught.value)


def test_a_function_for_a_retired_topic_is_refused(now: datetime) -> None:
    gone = make_topic("Cheques")
    gone.retired_at = now
    gone.save()
    with pytest.raises(SpecError, match="'cheques' is no label of topic"):
        check(label="cheques")


def test_what_is_said_has_a_name_of_its_own() -> None:
    said = {"task": "topic", "kind": "keyword", "label": "fees", "spec": {"any": ["a"]}}
    changes = [{}, {"task": "answer"}, {"label": "refunds"}, {"spec": {"any": ["b"]}}, {"kind": "regex"}]
    assert len({specs.hash_of(**{**said, **change}) for change in changes}) == 5
