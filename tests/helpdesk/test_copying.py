"""Many rows change in one statement: only those fields, only rows that are still as they were."""

from datetime import datetime

import pytest

from helpdesk import copying
from helpdesk.models import Case, Status
from tests.making import make_case

pytestmark = pytest.mark.django_db


def test_fields_are_updated_and_others_are_not(now: datetime) -> None:
    cases = [make_case(), make_case()]
    for case in cases:
        case.subject, case.status, case.snoozed_until = "O'Neill \\ 50 %", Status.SNOOZED, now
        case.language = "de"
        case.attributes = {"order": [1, "ü"]}
    changed = copying.change(cases, ["subject", "status", "snoozed_until", "attributes"])
    assert changed == {case.pk for case in cases}
    for case in Case.objects.all():
        assert (case.subject, case.status, case.snoozed_until) == ("O'Neill \\ 50 %", Status.SNOOZED, now)
        assert (case.attributes, case.language) == ({"order": [1, "ü"]}, "")


def test_what_somebody_else_changed_first_stays() -> None:
    cases = [make_case(), make_case()]
    Case.objects.filter(pk=cases[0].pk).update(status=Status.CLOSED)
    for case in cases:
        case.subject = "Changed"
    assert copying.change(cases, ["subject"], status=Status.OPEN) == {cases[1].pk}
    assert list(Case.objects.order_by("pk").values_list("subject", flat=True)) == ["", "Changed"]


def test_none_are_none() -> None:
    assert copying.change([], ["subject"]) == set()
