"""What people type and choose, checked; each form repeats kindly what the domain refuses."""

from datetime import datetime, timedelta

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.http import QueryDict
from django.utils import timezone

from helpdesk import casework
from helpdesk.bulk import Act
from helpdesk.listing import LARGEST_ID
from helpdesk.models import Case, Draft, Priority, Team, User
from helpdesk.working import LONGEST_BEAT

LARGEST_BULK = 200


class SignInForm(AuthenticationForm):
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "That name and password don't belong together. Check both and try again."
    }


class WritingForm(forms.Form):
    """A reply or a note; whether it may be sent is decided where it is sent."""

    body = forms.CharField(required=False, strip=False)
    client_key = forms.CharField(max_length=200)
    close = forms.BooleanField(required=False)


class DraftForm(forms.Form):
    kind = forms.ChoiceField(choices=Draft.Kind)
    body = forms.CharField(required=False, strip=False, max_length=200_000)
    client_key = forms.CharField(max_length=200)


class BeatForm(forms.Form):
    milliseconds = forms.IntegerField(min_value=1, max_value=LONGEST_BEAT // timedelta(milliseconds=1))


class AssignForm(forms.Form):
    """Whom a case may be given to depends on the case."""

    def __init__(self, data: QueryDict, *, case: Case) -> None:
        super().__init__(data)
        self.fields["assignee"] = forms.ModelChoiceField(casework.possible_assignees(case), required=False)


class TeamForm(forms.Form):
    team = forms.ModelChoiceField(Team.objects.all(), required=False)


class EscalateForm(forms.Form):
    """Why, and to whom; how long the reason may be is decided where it is kept."""

    team = forms.ModelChoiceField(Team.objects.all(), required=False)
    reason = forms.CharField(required=False)


class TagForm(forms.Form):
    name = forms.CharField(max_length=80, error_messages={"required": "Type a tag first."})


class PriorityForm(forms.Form):
    priority = forms.TypedChoiceField(choices=Priority, coerce=lambda value: Priority(int(value)))


class SnoozeForm(forms.Form):
    """A time by name, or one of one's own."""

    preset = forms.CharField(required=False)
    until = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M"])

    def clean(self) -> dict[str, object]:
        presets = {key: at for key, _, at in snooze_presets(timezone.localtime())}
        until = presets.get(self.cleaned_data.get("preset", "")) or self.cleaned_data.get("until")
        if until is None:
            raise forms.ValidationError("Choose a time to snooze until.")
        return {"until": until}


class MergeForm(forms.Form):
    """Another case: one of those offered, or by its number."""

    into = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    number = forms.CharField(required=False, max_length=30)

    def clean(self) -> dict[str, object]:
        number = self.cleaned_data.get("number", "").removeprefix("#")
        is_number = number.isascii() and number.isdecimal() and len(number) < 19
        into = self.cleaned_data.get("into") or (int(number) if is_number else None)
        if into is None:
            raise forms.ValidationError("Name the case to merge into by its number.")
        return {"into": into}


class BulkForm(forms.Form):
    act = forms.ChoiceField(choices=Act)
    cases = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": "Select some cases first."}
    )
    assignee = forms.ModelChoiceField(User.objects.filter(is_active=True), required=False)
    tag = forms.CharField(max_length=80, required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        chosen = [key for key in data.getlist("cases") if key.isdecimal() and len(key) < 19][:LARGEST_BULK]
        self.fields["cases"] = forms.TypedMultipleChoiceField(
            coerce=int,
            choices=[(key, key) for key in chosen],
            error_messages={"required": "Select some cases first."},
        )

    def clean(self) -> dict[str, object]:
        if self.cleaned_data.get("act") == Act.TAG and not self.cleaned_data.get("tag"):
            self.add_error("tag", "Type a tag first.")
        return self.cleaned_data


def snooze_presets(now: datetime) -> list[tuple[str, str, datetime]]:
    """Return the times a case is usually put aside until, as (key, name, time).

    >>> [(key, at.strftime("%a %H:%M")) for key, _, at in snooze_presets(datetime(2025, 3, 14, 15, 20))]
    [('later', 'Fri 18:20'), ('tomorrow', 'Sat 09:00'), ('monday', 'Mon 09:00'), ('week', 'Fri 09:00')]
    """
    morning = now.replace(hour=9, minute=0, second=0, microsecond=0)
    return [
        ("later", "In three hours", now.replace(second=0, microsecond=0) + timedelta(hours=3)),
        ("tomorrow", "Tomorrow morning", morning + timedelta(days=1)),
        ("monday", "Monday morning", morning + timedelta(days=7 - now.weekday())),
        ("week", "In a week", morning + timedelta(days=7)),
    ]
