"""What people may order: trainings, datasets, imports, changes of topics, weak labels."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from copilot import evaluating
from copilot.datasets import Split
from copilot.models import CatalogChange, Topic
from labeling import trainings
from labeling.exporting.exports import FORMATS, Choice, Format
from labeling.freezing import TEST_SHARE
from labeling.importing import LARGEST_FILE
from labeling.models import (
    FrozenDataset,
    Task,
    TextImport,
    TopicChange,
    TrainingRun,
)
from labeling.models.weak import METHODS

FORM_OF_ENDING = {
    ".jsonl": TextImport.Format.JSONL,
    ".ndjson": TextImport.Format.JSONL,
    ".csv": TextImport.Format.CSV,
}
TOPICS_IN_USE = Topic.objects.filter(retired_at=None)


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
    takes = forms.ChoiceField(label="Learn from", choices=FrozenDataset.Takes.choices)
    test_share = forms.FloatField(
        label="Share of the cases that test",
        min_value=0.01,
        max_value=0.9,
        initial=TEST_SHARE,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=1)


class ImportForm(forms.Form):
    """Texts to label: a file, whose ending tells its format."""

    file = forms.FileField(
        label="JSON Lines or CSV",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".jsonl,.ndjson,.csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if self._form_of(file) is None:
            raise forms.ValidationError(f"{file.name} is neither .jsonl nor .csv: name it by what it is.")
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(
                f"At most {LARGEST_FILE // 2**20} MB are taken at once: split the file."
            )
        return file

    @property
    def form(self) -> str:
        """The format of a valid form's file."""
        return self._form_of(self.cleaned_data["file"]) or ""

    @staticmethod
    def _form_of(file: UploadedFile) -> str | None:
        return FORM_OF_ENDING.get(Path(file.name or "").suffix.casefold())


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


class AnnouncementForm(forms.Form):
    """A change of a policy or a product: which topics it affects, and since when."""

    kind = forms.ChoiceField(
        label="What has changed",
        choices=[(kind.value, kind.label) for kind in CatalogChange.ANNOUNCED],
        widget=forms.RadioSelect,
        initial=CatalogChange.Kind.POLICY,
    )
    since = forms.DateField(
        label="In force since", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(label="What is it", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    topics = forms.ModelMultipleChoiceField(
        TOPICS_IN_USE, label="It affects these topics", widget=forms.CheckboxSelectMultiple
    )
    is_topic_affected = forms.BooleanField(
        label="What belongs to these topics has changed too, not only which answer is right", required=False
    )

    def clean_since(self) -> datetime:
        """The beginning of the day, where this site is."""
        day: date = self.cleaned_data["since"]
        if day > timezone.localdate():
            raise forms.ValidationError("It lies in the future: announce it once it is in force.")
        return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


class ReshapeForm(forms.Form):
    """What is to become of a topic."""

    kind = forms.ChoiceField(
        label="What is to be done", choices=TopicChange.Kind.choices, widget=forms.RadioSelect
    )
    heirs = forms.ModelMultipleChoiceField(
        TOPICS_IN_USE,
        label="Topics that take its place",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    note = forms.CharField(label="Why", max_length=1000, required=False)

    def __init__(self, *args: Any, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = TOPICS_IN_USE.exclude(pk=topic.pk)
        self.fields["heirs"].queryset = others  # type: ignore[attr-defined]


class WeakLabelsForm(forms.Form):
    """Weak labels: for which task, by which method."""

    task = forms.ChoiceField(choices=Task.choices, widget=forms.HiddenInput)
    method = forms.ChoiceField(choices=[("", "Let gold choose"), *METHODS], required=False)
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=1)
