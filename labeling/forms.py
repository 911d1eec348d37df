"""What people may order."""

from typing import Any

from django import forms

from copilot import evaluating
from labeling.models import TrainingRun


class TrainingForm(forms.Form):
    """A training: which stage, on which dataset, how careful."""

    stage = forms.ChoiceField(choices=TrainingRun.Stage.choices)
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
        self.fields["dataset"].choices = [(name, name) for name in evaluating.names()]  # type: ignore[attr-defined]
