"""What people may order."""

from typing import Any

from django import forms

from copilot import evaluating
from labeling import trainings
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
