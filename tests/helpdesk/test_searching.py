"""Words in cases: found wherever they stand, and as far as was looked where they stand nearly everywhere."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from helpdesk import searching
from helpdesk.listing import Filters, list_cases
from helpdesk.models import Case, Note, User
from tests.making import incoming, make_case, make_message, make_reply

pytestmark = pytest.mark.django_db

NONE = -1  # entries: any number is more


@pytest.fixture
def much_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any word is expected to be common, and two cases are looked into at a time."""
    monkeypatch.setattr(searching, "EXPECTED", NONE)
    monkeypatch.setattr(searching, "LOOKED_INTO", 2)


@pytest.fixture(params=[NONE, 100], ids=["as expected", "more than expected"])
def common_words(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Any word that more than one entry holds counts as common, and two cases are looked into at a time."""
    monkeypatch.setattr(searching, "LOOKED_UP", 1)
    monkeypatch.setattr(searching, "EXPECTED", request.param)
    monkeypatch.setattr(searching, "HARDLY_ANY", 0)
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


@pytest.mark.usefixtures("much_expected")
def test_frequent_words_that_seldom_meet_are_found_wherever_they_do(ana: User) -> None:
    now = timezone.now()
    bodies = ("money", "smoke and money", "money", "smoke", "smoke and money", "money and smoke")
    cases = [make_case(body, sent_at=now - timedelta(hours=hours)) for hours, body in enumerate(bodies)]
    page = list_cases(user=ana, filters=Filters(q="smoke money"))
    assert [case.pk for case in page.cases] == [cases[place].pk for place in (1, 4, 5)]
    assert page.more is None


@pytest.mark.usefixtures("much_expected")
def test_a_rare_word_of_which_nothing_is_known_is_found_wherever_it_stands(ana: User) -> None:
    now = timezone.now()
    cases = [
        make_case(body, sent_at=now - timedelta(hours=hours))
        for hours, body in enumerate(("smoke", "smoke", "smoke", "smoke", "money"))
    ]
    assert found(ana, "money") == [cases[4].pk]
    assert found(ana, "nowhere") == []


def test_what_is_found_comes_in_the_lists_order(ana: User) -> None:
    now = timezone.now()
    cases = [make_case("It smokes", sent_at=now - timedelta(hours=hours)) for hours in (2, 1, 3)]
    assert found(ana, "smoke") == found(ana, "smoke", view="all") == [cases[place].pk for place in (1, 0, 2)]
    assert found(ana, "smoke", view="all", order="waiting") == [cases[place].pk for place in (2, 0, 1)]


@pytest.mark.parametrize("looked_into", [3, 1000])
def test_every_entry_of_the_cases_looked_into_is_seen(
    ana: User, monkeypatch: pytest.MonkeyPatch, looked_into: int
) -> None:
    monkeypatch.setattr(searching, "EXPECTED", NONE)
    monkeypatch.setattr(searching, "HARDLY_ANY", 0)
    monkeypatch.setattr(searching, "LOOKED_INTO", looked_into)
    message, reply, note = (make_case("It smokes"), make_case(), make_case())
    for _ in range(4):  # more entries than cases
        make_message("It still smokes", case_id=message.pk)
    make_reply(reply, "Does it smoke?")
    Note.objects.create(case=note, client_key="n", body="smoking again", sent_at=timezone.now())
    assert set(found(ana, "smoke")) == {message.pk, reply.pk, note.pk}


def test_a_word_known_to_be_frequent_is_not_looked_up_everywhere(
    ana: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[..., Any]
) -> None:
    for _ in range(60):
        make_case("Where is my money?")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE helpdesk_message")
    monkeypatch.setattr(searching, "EXPECTED", 20)
    monkeypatch.setattr(searching, "LOOKED_INTO", 30)
    # what is expected, the newest cases, those that hold the word, the page, how far was looked
    with django_assert_num_queries(5):
        assert len(found(ana, "money", view="all")) == 30
    # what is expected, all that hold the word, the page
    with django_assert_num_queries(3):
        assert found(ana, "smoke", view="all") == []


def test_cases_of_a_list_are_looked_into_themselves_however_common_the_word_is(ana: User) -> None:
    numbers = [make_case("It smokes").pk for _ in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        everywhere, among = (
            "\n".join(line for (line,) in _planned(cursor, question))
            for question in (searching._everywhere("smokes"), searching._among(numbers, "smokes"))
        )
    assert "message_search" in everywhere
    assert "_search" not in among, "no index that names all who hold the word"
    assert set(searching._among(numbers, "smokes")) == set(numbers)


def _planned(cursor: Any, question: searching.Numbers) -> list[tuple[str]]:
    sql, params = question.query.sql_with_params()
    cursor.execute(f"EXPLAIN {sql}", params)
    return cursor.fetchall()


def test_another_teams_cases_are_not_found(ana: User, gwen: User) -> None:
    case = make_case("It smokes", team=gwen.team)
    assert found(ana, "smokes") == found(ana, f"#{case.pk}") == found(ana, str(Case.objects.get().pk)) == []
