"""What the card and the catalog's pages send, checked."""

from django import forms

from copilot.models import SuggestionEvent

Type = SuggestionEvent.Type


class EventForm(forms.Form):
    """Something that happened on a screen; that a reply was sent is recorded by the server alone."""

    type = forms.ChoiceField(choices=[choice for choice in Type.choices if choice[0] != Type.SENT])
    client_seq = forms.CharField(max_length=60)
    dismiss_reason = forms.ChoiceField(
        choices=[("", ""), *SuggestionEvent.DismissReason.choices], required=False
    )
    rank = forms.IntegerField(min_value=1, max_value=10, required=False)


class ShadowForm(forms.Form):
    """The share of cases at which a candidate looks, unseen."""

    percent = forms.FloatField(min_value=0, max_value=100)
