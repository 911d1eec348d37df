"""Words in cases: found wherever they stand, and as far as was looked where they stand nearly everywhere."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk import searching
from helpdesk.listing import Filters, list_cases
from helpdesk.models import Case, Note, User
from tests.making import incoming, make_case, make_reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def common_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any word that more than one entry holds counts as common, and two cases are looked into at a time."""
    monkeypatch.setattr(searching, "LOOKED_UP", 1)
    monkeypatch.setattr(searching, "LOOKED_INTO", 2)


def found(user: User, words: str, **filters: str) -> list[int]:
    return [case.pk for case in list_cases(user=user, filters=Filters(q=words, **filters)).cases]


def test_words_are_found_wherever_they_stand(ana: User) -> None:
    message, reply, note = make_case("It smokes"), make_case(), make_case()
    subject = make_case(subject="Smoke", channel="chat")
    make_reply(reply, "Does it smoke?")
    Note.objects.create(case=note, client_key="n", body="smoking again", sent_at=timezone.now())
    make_case("quiet")
    assert set(found(ana, "smoke")) == {message.pk, reply.pk, note.pk, subject.pk}


def test_a_case_is_found_by_its_number_and_by_its_customer(ana: User) -> None:
    customer = incoming().customer
    mine, other = make_case(customer=customer), make_case(customer=type(customer)(email="Other@moss.example"))
    assert found(ana, f"#{mine.pk}") == found(ana, str(mine.pk)) == [mine.pk]
    assert found(ana, customer.email.upper()) == [mine.pk]
    assert found(ana, "other@moss.example") == [other.pk]
    assert found(ana, "#999999999") == found(ana, "#²") == found(ana, "#" + "9" * 30) == []


def test_a_search_stays_in_its_view(ana: User) -> None:
    case = make_case("It smokes")
    assert found(ana, "smoke", view="all") == [case.pk]
    assert found(ana, "smoke", view="closed") == []


@pytest.mark.usefixtures("common_words")
def test_common_words_are_found_page_by_page_without_gap_or_double(ana: User) -> None:
    now = timezone.now()
    bodies = ("money", "smoke", "smoke", "money", "money", "smoke", "smoke", "money", "smoke", "money")
    cases = [make_case(body, sent_at=now - timedelta(hours=hours)) for hours, body in enumerate(bodies)]
    seen: list[int] = []
    filters: Filters | None = Filters(q="money")
    while filters:
        page = list_cases(user=ana, filters=filters, size=1)
        seen += [case.pk for case in page.cases]
        filters = page.more
    assert seen == [case.pk for case, body in zip(cases, bodies, strict=True) if body == "money"]


@pytest.mark.usefixtures("common_words")
def test_what_was_not_looked_into_is_offered(client: Client, ana: User) -> None:
    now = timezone.now()
    for hours, body in enumerate(("money", "smoke", "smoke", "smoke", "money", "money")):
        make_case(body, sent_at=now - timedelta(hours=hours))
    client.force_login(ana)
    first = client.get("/cases/?q=money")
    assert "Search older cases" in first.text
    nothing = client.get(f"/cases/?{first.context['listing'].more.query}")
    assert "None of the newest cases here fits." in nothing.text
    last = client.get(f"/cases/?{nothing.context['listing'].more.query}")
    assert len(last.context["listing"].cases) == 2


def test_another_teams_cases_are_not_found(ana: User, gwen: User) -> None:
    case = make_case("It smokes", team=gwen.team)
    assert found(ana, "smokes") == found(ana, f"#{case.pk}") == found(ana, str(Case.objects.get().pk)) == []
