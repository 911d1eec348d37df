"""The form in which a turn is judged."""

from django import forms

from copilot.models import Verdict
from labeling.models import TurnToJudge

TURNS = TurnToJudge.objects.select_related("sample", "suggestion__case__customer", "suggestion__message")


class JudgingForm(forms.Form):
    """What was said of each text; of one alone where both say the same."""

    first = forms.ChoiceField(choices=Verdict)
    second = forms.ChoiceField(choices=Verdict, required=False)
