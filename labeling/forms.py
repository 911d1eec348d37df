"""What people may order."""

from typing import Any

from django import forms

from copilot import evaluating
from copilot.datasets import Split
from labeling import trainings
from labeling.exporting.exports import FORMATS, Choice, Format
from labeling.freezing import TEST_SHARE
from labeling.models import TrainingRun


class TrainingForm(forms.Form):
    """A training: which stage, on which dataset, how careful; or one topic more for the live release."""

    stage = forms.ChoiceField(choices=TrainingRun.Stage.choices)
    adds = forms.ChoiceField(label="Topic to add", required=False)
    dataset = forms.ChoiceField()
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=1)
    target_risk = forms.FloatField(
        label="Share of offered answers that may be wrong",
        min_value=0.01,
        max_value=0.99,
        initial=0.3,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics = trainings.topics_to_add()
        self.fields["dataset"].choices = [(name, name) for name in evaluating.names()]  # type: ignore[attr-defined]
        self.fields["adds"].choices = [  # type: ignore[attr-defined]
            ("", "None, train all of the stage"),
            *((f"of {name}", [(slug, slug) for slug in slugs]) for name, slugs in self.topics.items()),
        ]
        if not self.topics:
            del self.fields["adds"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        topic, dataset = found.get("adds"), found.get("dataset")
        if topic and dataset and topic not in self.topics.get(dataset, ()):
            having = ", ".join(name for name, slugs in self.topics.items() if topic in slugs)
            self.add_error("adds", f"{dataset} has no examples of {topic} to learn from: choose {having}.")
        return found


class FreezeForm(forms.Form):
    """A dataset: its name, and how it is split."""

    name = forms.SlugField(
        max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "autumn"})
    )
    test_share = forms.FloatField(
        label="Share of the cases that test",
        min_value=0.01,
        max_value=0.9,
        initial=TEST_SHARE,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=1)


class ExportForm(forms.Form):
    """What of a dataset is downloaded, and as what."""

    format = forms.ChoiceField(choices=[(made.slug, made.name) for made in FORMATS.values()])
    split = forms.ChoiceField(
        choices=[("", "All rows"), (Split.TRAIN, "Training split"), (Split.TEST, "Test split")],
        required=False,
    )
    redact = forms.BooleanField(label="Without personal data", required=False, initial=True)
    what = forms.ChoiceField(choices=[("rows", "Rows"), ("key", "Key")], required=False)

    @property
    def made(self) -> Format:
        return FORMATS[self.cleaned_data["format"]]

    @property
    def is_key(self) -> bool:
        return bool(self.cleaned_data["what"] == "key")

    @property
    def choice(self) -> Choice:
        split = self.cleaned_data["split"]
        return Choice(Split(split) if split else None, redacted=self.is_key or self.cleaned_data["redact"])
