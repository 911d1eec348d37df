"""The form of a labeling function: what every kind has, and the fields of one kind."""

from typing import Any

import yaml
from django import forms
from django.utils.text import slugify

from labeling.functions import specs
from labeling.functions.errors import SpecError
from labeling.functions.field import OPS
from labeling.functions.patterns import WHERE
from labeling.labels import labels_of
from labeling.models import FunctionVersion

Kind = FunctionVersion.Kind
LINES = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
PLACES = list(zip(WHERE, ("The question", "The subject"), strict=True))


class FunctionForm(forms.Form):
    """Name, label and what changed; the kind's own fields follow. `spec` holds what is stored, once it is valid."""

    kind: str
    slug = forms.CharField(label="Name", max_length=80, help_text="Small letters, digits and hyphens.")
    label = forms.ChoiceField(label="Votes for")
    note = forms.CharField(
        label="Why this tells the label",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    change = forms.CharField(label="What you changed", required=False, max_length=300)

    def __init__(self, *args: Any, task: str, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task, self.spec = task, dict[str, Any]()
        if self.kind in specs.MAY_HAVE_LABEL:
            self.fields["label"].required = self.kind in specs.ONE_LABEL
            self.fields["label"].choices = [("", "Choose a label"), *_grouped(task)]  # type: ignore[attr-defined]
        else:
            del self.fields["label"]
        for name in ("change",) if is_new else ("slug",):
            del self.fields[name]
        own = [name for name in self.fields if name not in FunctionForm.base_fields]
        self.order_fields(["slug", "label", *own])

    def clean_slug(self) -> str:
        return slugify(self.cleaned_data["slug"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.spec = self.to_spec()
                specs.check(task=self.task, kind=self.kind, label=cleaned.get("label", ""), spec=self.spec)
            except SpecError as error:
                self.add_error(None, str(error))
        return cleaned

    def to_spec(self) -> dict[str, Any]:
        """Return the specification that the kind's own fields say."""
        raise NotImplementedError


class KeywordForm(FunctionForm):
    kind = Kind.KEYWORD
    any = forms.CharField(
        label="Any of these words, one a line", required=False, widget=LINES, max_length=20_000
    )
    all = forms.CharField(label="and all of these", required=False, widget=LINES, max_length=20_000)
    none = forms.CharField(label="but none of these", required=False, widget=LINES, max_length=20_000)
    field = forms.ChoiceField(label="Looked for in", choices=PLACES, initial="text", required=False)

    def to_spec(self) -> dict[str, Any]:
        words = {name: _lines(self.cleaned_data[name]) for name in ("any", "all", "none")}
        return {name: found for name, found in words.items() if found} | _place(self.cleaned_data["field"])


class RegexForm(FunctionForm):
    kind = Kind.REGEX
    pattern = forms.CharField(
        label="Regular expression (RE2)",
        widget=LINES,
        max_length=4000,
        strip=False,
        help_text="Capitals don't matter. \\b, \\w and \\d know ASCII only: \\p{L} is any letter.",
    )
    none = forms.CharField(
        label="but none of these words, one a line", required=False, widget=LINES, max_length=20_000
    )
    field = forms.ChoiceField(label="Looked for in", choices=PLACES, initial="text", required=False)

    def to_spec(self) -> dict[str, Any]:
        never = _lines(self.cleaned_data["none"])
        return (
            {"pattern": self.cleaned_data["pattern"].rstrip("\r\n")}
            | ({"none": never} if never else {})
            | _place(self.cleaned_data["field"])
        )


class FieldForm(FunctionForm):
    kind = Kind.FIELD
    path = forms.CharField(
        label="Field", max_length=120, help_text="language, channel, length, case.NAME or customer.NAME"
    )
    op = forms.ChoiceField(label="Comparison", choices=[(op, op) for op in OPS])
    value = forms.CharField(label="Values, one a line", required=False, widget=LINES, max_length=20_000)

    def to_spec(self) -> dict[str, Any]:
        op, values = self.cleaned_data["op"], _lines(self.cleaned_data["value"])
        said = {"path": self.cleaned_data["path"].strip(), "op": op}
        if not values:
            return said
        return said | {"value": values if op in {"in", "not in"} or len(values) > 1 else values[0]}


class SpecForm(FunctionForm):
    """Kinds whose specification is written out, as YAML."""

    specification = forms.CharField(
        label="Specification (YAML)",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def to_spec(self) -> dict[str, Any]:
        try:
            read = yaml.safe_load(self.cleaned_data["specification"])
        except yaml.YAMLError as error:
            raise SpecError(f"specification is no YAML: {str(error).splitlines()[0]}") from None
        return read if isinstance(read, dict) else {"specification": read}


FORMS: dict[str, type[FunctionForm]] = {form.kind: form for form in (KeywordForm, RegexForm, FieldForm)}


def form_class(kind: str) -> type[FunctionForm]:
    """Return the form of a kind; those without one of their own are written as YAML."""
    return FORMS.get(kind) or type("SpecForm", (SpecForm,), {"kind": kind})


def initial_of(version: FunctionVersion) -> dict[str, Any]:
    """Return a version as its form shows it."""
    shown = {
        name: "\n".join(map(str, value)) if isinstance(value, list) else value
        for name, value in version.spec.items()
    }
    written = yaml.safe_dump(version.spec, allow_unicode=True, sort_keys=False)
    return {"label": version.label, "note": version.function.note, "specification": written} | shown


def _grouped(task: str) -> list[tuple[str, Any]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for label in labels_of(task):
        groups.setdefault(label.group, []).append((label.slug, label.name))
    return [choice for group, labels in groups.items() for choice in ([(group, labels)] if group else labels)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _place(where: str) -> dict[str, str]:
    """What is looked for in the question needs no saying."""
    return {} if where in {"", "text"} else {"field": where}
