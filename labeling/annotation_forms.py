"""What people are asked of messages, what they say of them, and how the queue is mixed."""

from dataclasses import dataclass
from typing import Any

from django import forms

from labeling.annotating import Submission
from labeling.forms import TOPICS_IN_USE
from labeling.models import (
    Act,
    Annotation,
    QueuePlan,
    Rule,
    Task,
)
from labeling.queueing import DEFAULT_PERCENT, LEAST_RANDOM


@dataclass(frozen=True)
class Asked:
    """Which queue a request is about, and perhaps which message, or which topic of it."""

    task: str
    mode: str
    message: int | None = None
    topic: str = ""


class AskedForm(forms.Form):
    """Which task is labeled, in which mode, and perhaps which message, or what it is about."""

    task = forms.ChoiceField(choices=Task.choices, required=False)
    mode = forms.ChoiceField(
        choices=[(mode, mode) for mode in (Annotation.Mode.BLIND, Annotation.Mode.CONFIRM)], required=False
    )
    message = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    topic = forms.ModelChoiceField(TOPICS_IN_USE, to_field_name="slug", required=False)

    @property
    def asked(self) -> Asked:
        said = self.cleaned_data
        return Asked(
            said["task"] or Task.TOPIC,
            said["mode"] or Annotation.Mode.BLIND,
            said["message"],
            said["topic"].slug if said["topic"] else "",
        )


class SubmissionForm(forms.Form):
    """A label, or a reason why a message is no question; perhaps a note, and a better wording of the answer."""

    label = forms.CharField(max_length=80, required=False)
    reason = forms.CharField(max_length=80, required=False)
    note = forms.CharField(max_length=4000, required=False)
    text = forms.CharField(max_length=20_000, required=False)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = self.cleaned_data
        if not (said.get("label") or said.get("reason")):
            raise forms.ValidationError("no label is chosen")
        return said

    @property
    def submission(self) -> Submission:
        said = self.cleaned_data
        return Submission(label=said["reason"] or said["label"], note=said["note"], text=said["text"])


class FlagForm(forms.Form):
    """Why a message can't be labeled."""

    flag = forms.ChoiceField(choices=Act.Flag.choices)
    note = forms.CharField(max_length=4000, required=False)


class AdjudicationForm(forms.Form):
    """What somebody decides between people who disagree."""

    task = forms.ChoiceField(choices=Task.choices)
    message = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    label = forms.CharField(max_length=80)
    note = forms.CharField(max_length=4000, required=False)


class PlanForm(forms.Form):
    """How a queue is mixed: a percentage for each rule, together 100."""

    overlap_percent = forms.IntegerField(
        label="Labeled by several people, percent", min_value=0, max_value=100
    )
    overlap_people = forms.IntegerField(label="How many people", min_value=2, max_value=5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rule in DEFAULT_PERCENT:
            least = LEAST_RANDOM if rule == Rule.RANDOM else 0
            self.fields[rule] = forms.IntegerField(label=Rule(rule).label, min_value=least, max_value=100)

    @staticmethod
    def initial_of(plan: QueuePlan) -> dict[str, int]:
        shares = dict(plan.shares.values_list("rule", "percent"))
        return (
            dict.fromkeys(DEFAULT_PERCENT, 0)
            | shares
            | {
                "overlap_percent": plan.overlap_percent,
                "overlap_people": plan.overlap_people,
            }
        )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = self.cleaned_data
        total = sum(said.get(rule, 0) for rule in DEFAULT_PERCENT)
        if not self.errors and total != 100:
            raise forms.ValidationError(
                f"The shares come to {total} %: change them so that they come to 100 %."
            )
        return said

    @property
    def plan(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "percents": {str(rule): said[rule] for rule in DEFAULT_PERCENT},
            "overlap_percent": said["overlap_percent"],
            "overlap_people": said["overlap_people"],
        }
