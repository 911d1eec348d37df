"""What the card and the catalog's pages send, checked."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain, count
from typing import Any

from django import forms
from django.utils.text import slugify

from copilot.models import Alert, Answer, AnswerVersion, Area, SuggestionEvent, Topic
from copilot.monitor import alerting
from helpdesk.models import Role, User

Type = SuggestionEvent.Type


class EventForm(forms.Form):
    """Something that happened on a screen; what the server knows itself no page may report."""

    type = forms.ChoiceField(
        choices=[choice for choice in Type.choices if choice[0] not in SuggestionEvent.BY_SERVER]
    )
    client_seq = forms.CharField(max_length=60)
    page = forms.SlugField(max_length=40, required=False)
    page_order = forms.IntegerField(min_value=0, max_value=2**53, required=False)
    typed_before = forms.IntegerField(min_value=0, max_value=10_000_000, required=False)
    dismiss_reason = forms.ChoiceField(
        choices=[("", ""), *SuggestionEvent.DismissReason.choices], required=False
    )
    rank = forms.IntegerField(min_value=1, max_value=10, required=False)


class AlertForm(forms.Form):
    """What somebody does with an alert."""

    act = forms.ChoiceField(choices=[(act, act) for act in ("take", "leave", "snooze", "wake")])
    days = forms.TypedChoiceField(
        choices=alerting.SNOOZES.items(),
        coerce=int,
        required=False,
        empty_value=1,  # type: ignore[arg-type]
    )

    def carry_out(self, alert: Alert, *, by: User, now: datetime) -> None:
        """Do it.

        Raises:
            AlertError: the alert is over.
        """
        match self.cleaned_data["act"]:
            case "take":
                alerting.take(alert, by=by, now=now)
            case "leave":
                alerting.leave(alert, by=by, now=now)
            case "snooze":
                alerting.snooze(alert, days=self.cleaned_data["days"], by=by, now=now)
            case "wake":
                alerting.wake(alert, by=by, now=now)


class VersionForm(forms.Form):
    """An answer's text anew."""

    body = forms.CharField(
        label="What the answer says", max_length=20_000, widget=forms.Textarea(attrs={"rows": 12})
    )
    change = forms.ChoiceField(
        label="What has changed", choices=AnswerVersion.Change.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label="Why, for who approves it",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AnswerForm(forms.ModelForm):
    """What is known of an answer beside its text."""

    class Meta:
        model = Answer
        fields = ("name", "topic", "owner", "visibility", "review_on", "expires_on", "conflicts_with")
        widgets = {
            "review_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "conflicts_with": forms.SelectMultiple(attrs={"size": 5}),
        }
        labels = {"review_on": "Review on", "expires_on": "Expires on", "conflicts_with": "Conflicts with"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(role=Role.AGENT).order_by("first_name")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        self.fields["topic"].queryset = Topic.objects.filter(retired_at=None)  # type: ignore[attr-defined]
        others = Answer.objects.in_use().exclude(pk=self.instance.pk)
        self.fields["conflicts_with"].queryset = others  # type: ignore[attr-defined]


class NewAnswerForm(AnswerForm):
    """A new answer: its slug comes from its name, once and for all."""

    body = VersionForm.base_fields["body"]
    note = VersionForm.base_fields["note"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        self.instance.slug = free_slug(name, taken=Answer.objects.values_list("slug", flat=True), most=80)
        return name


class TopicForm(forms.ModelForm):
    """A topic's name and guideline; whether it means something else now decides what becomes of its labels."""

    is_meaning = forms.BooleanField(
        label="What belongs here has changed: labels made before are asked again", required=False
    )
    note = forms.CharField(label="Why", max_length=1000, required=False)

    class Meta:
        model = Topic
        fields = ("name", "guideline")
        widgets = {"guideline": forms.Textarea(attrs={"rows": 5})}


class NewTopicForm(forms.ModelForm):
    """A new topic: its slug comes from its name, once and for all."""

    new_area = forms.CharField(label="Or a new area of that name", max_length=120, required=False)

    class Meta:
        model = Topic
        fields = ("name", "guideline", "area")
        widgets = {"guideline": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].required = False

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        self.instance.slug = free_slug(name, taken=Topic.objects.values_list("slug", flat=True), most=60)
        return name

    def clean(self) -> dict[str, Any]:
        """One area: one that is there, or one that is made with the topic."""
        given = super().clean() or self.cleaned_data
        if bool(given.get("area")) == bool(given.get("new_area")):
            raise forms.ValidationError("Choose an area, or name a new one.")
        return given

    def save(self, commit: bool = True) -> Topic:
        """Store the topic, in its new area where one was named."""
        if name := self.cleaned_data["new_area"]:
            slug = free_slug(name, taken=Area.objects.values_list("slug", flat=True), most=60)
            self.instance.area = Area.objects.create(slug=slug, name=name)
        topic: Topic = super().save(commit)
        return topic


def free_slug(name: str, *, taken: Iterable[str], most: int) -> str:
    """Return a slug for a name that nothing has yet; "none" means that no answer fits, so nothing is called that."""
    stem, used = slugify(name)[: most - 4].strip("-") or "untitled", {*taken, "none"}
    slugs = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(slug for slug in slugs if slug not in used)


class ShadowForm(forms.Form):
    """The share of cases at which a candidate looks, unseen."""

    percent = forms.FloatField(min_value=0, max_value=100)
