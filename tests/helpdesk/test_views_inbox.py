"""The inbox: views, filters, pages and bulk acts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk import casework
from helpdesk.attaching import IncomingAttachment
from helpdesk.listing import Filters, list_cases
from helpdesk.models import Case, Status, Tag, Team, User
from helpdesk.replying import add_note, send_reply
from tests.making import make_case, make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def listed(client: Client, address: str) -> list[int]:
    return [case.pk for case in client.get(address).context["listing"].cases]


def test_each_view_shows_its_cases(client: Client, ana: User, team: Team) -> None:
    mine, nobodys, snoozed, closed = (make_case(team=team) for _ in range(4))
    Case.objects.filter(pk=mine.pk).update(assignee=ana, awaiting_since=None)
    Case.objects.filter(pk=snoozed.pk).update(status=Status.SNOOZED, snoozed_until=timezone.now())
    Case.objects.filter(pk=closed.pk).update(status=Status.CLOSED)
    expected = {
        "mine": {mine.pk}, "unassigned": {nobodys.pk}, "awaiting": {nobodys.pk, snoozed.pk},
        "all": {mine.pk, nobodys.pk}, "snoozed": {snoozed.pk}, "closed": {closed.pk},
    }  # fmt: skip
    assert {view: set(listed(client, f"/cases/?view={view}")) for view in expected} == expected


def test_mentioned_shows_the_cases_whose_notes_name_me(
    client: Client, ana: User, gwen: User, team: Team, other_team: Team
) -> None:
    mentioned, theirs, closed, _ = (make_case(team=each) for each in (team, other_team, team, team))
    for number, case in enumerate((mentioned, mentioned, theirs, closed)):
        add_note(case=case, author=gwen, body="@ana, look.", client_key=str(number), now=timezone.now())
    add_note(case=mentioned, author=ana, body="@gwen?", client_key="back", now=timezone.now())
    Case.objects.filter(pk=closed.pk).update(status=Status.CLOSED)
    response = client.get("/cases/?view=mentioned")
    assert [case.pk for case in response.context["listing"].cases] == [mentioned.pk]
    assert response.context["counts"]["mentioned"] == 1
    client.force_login(gwen)
    assert "No note mentions you." in client.get("/cases/?view=mentioned").text


def test_filters_narrow_the_list_and_lie_in_the_address(client: Client, team: Team) -> None:
    plain, special = make_case(team=team), make_case("My reader smokes", subject="Smoke", channel="chat")
    special.tags.add(Tag.objects.create(name="fire"))
    Case.objects.filter(pk=special.pk).update(priority=4, language="en")
    for address in ("q=smokes", "tag=fire", "priority=4", "channel=chat", "language=en"):
        assert listed(client, f"/cases/?view=all&{address}") == [special.pk], address
    assert listed(client, f"/cases/?view=all&team={team.slug}") == [plain.pk]


def test_what_makes_no_sense_in_an_address_is_left_out(client: Client) -> None:
    case = make_case()
    assert listed(client, "/cases/?view=all&status=nope&priority=x&before=1&q=%00") == [case.pk]
    for cursor in ("9" * 30 + "-1", "1-" + "9" * 30, "-", "²-1"):
        assert client.get("/cases/", {"view": "all", "before": cursor}).status_code == 200


def test_pages_follow_each_other_without_gap_or_double(ana: User) -> None:
    at = timezone.now() - timedelta(hours=1)
    cases = [make_case(sent_at=at) for _ in range(7)]  # the same moment: only their numbers tell them apart
    seen: list[int] = []
    filters: Filters | None = Filters(view="all")
    while filters:
        page = list_cases(user=ana, filters=filters, size=3)
        seen += [case.pk for case in page.cases]
        filters = page.more
    assert seen == sorted((case.pk for case in cases), reverse=True)


def test_the_longest_waiting_come_first_page_by_page(ana: User) -> None:
    now = timezone.now()
    hours = (3, 1, 2, 2, 5)
    cases = [make_case(sent_at=now - timedelta(hours=waited)) for waited in hours]
    answered = make_case()
    Case.objects.filter(pk=answered.pk).update(awaiting_since=None)
    seen: list[int] = []
    filters: Filters | None = Filters(view="all", order="waiting")
    while filters:
        page = list_cases(user=ana, filters=filters, size=2)
        seen += [case.pk for case in page.cases]
        filters = page.more
    assert seen == [cases[place].pk for place in (4, 0, 2, 3, 1)]


def test_pages_of_a_tag_come_in_the_order_of_activity_without_gap_or_double(ana: User) -> None:
    now, tag, other = timezone.now(), Tag.objects.create(name="fire"), Tag.objects.create(name="smoke")
    at = [now - timedelta(hours=hours) for hours in (4, 2, 2, 3)]
    cases = [make_case(sent_at=moment) for moment in at]
    for case in cases:
        case.tags.add(tag, other)
    make_message("Still burning", case_id=cases[0].pk, sent_at=now)  # activity after the tag was put on
    make_case()
    seen: list[int] = []
    filters: Filters | None = Filters(view="all", tag="fire")
    while filters:
        page = list_cases(user=ana, filters=filters, size=1)
        seen += [case.pk for case in page.cases]
        filters = page.more
    assert seen == [cases[place].pk for place in (0, 2, 1, 3)]
    assert list_cases(user=ana, filters=Filters(view="all", tag="nobody-uses-it")).cases == []


def test_tags_know_when_their_case_was_last_active(ana: User) -> None:
    case = make_case(sent_at=timezone.now() - timedelta(days=2))
    case.tags.add(Tag.objects.create(name="fire"))
    for _ in range(2):
        case.refresh_from_db()
        assert list(case.tagged.values_list("last_activity_at", flat=True)) == [case.last_activity_at]
        send_reply(case=case, author=ana, body="Out.", client_key="r", now=timezone.now())


def test_tags_know_which_of_their_cases_are_open(client: Client, ana: User) -> None:
    now, tag = timezone.now(), Tag.objects.create(name="fire")
    new, old, closed = (make_case(sent_at=now - timedelta(hours=hours)) for hours in (1, 2, 3))
    casework.close(case=closed, actor=ana, now=now)
    for case in (new, old, closed):
        case.tags.add(tag)  # also where the case is closed already
    assert listed(client, "/cases/?view=all&tag=fire") == [new.pk, old.pk]
    assert listed(client, "/cases/?view=awaiting&tag=fire") == [old.pk, new.pk]
    assert listed(client, "/cases/?view=closed&tag=fire") == [closed.pk]
    assert listed(client, "/cases/?q=money&tag=fire") == [new.pk, old.pk, closed.pk]
    casework.close(case=new, actor=ana, now=now)
    make_message("Still burning", case_id=closed.pk, sent_at=now)
    assert listed(client, "/cases/?view=all&tag=fire") == [closed.pk, old.pk]
    assert listed(client, "/cases/?view=closed&tag=fire") == [new.pk]


def test_who_awaits_a_reply_stands_in_a_queue_unless_asked_otherwise(client: Client) -> None:
    new, old = make_case(), make_case(sent_at=timezone.now() - timedelta(days=1))
    assert listed(client, "/cases/?view=awaiting") == [old.pk, new.pk]
    assert listed(client, "/cases/?view=awaiting&order=newest") == [new.pk, old.pk]
    assert listed(client, "/cases/?view=unassigned") == [new.pk, old.pk]
    assert listed(client, "/cases/?view=unassigned&order=waiting") == [old.pk, new.pk]
    assert client.get("/cases/?view=closed&order=waiting").context["listing"].orders == []


def test_only_teams_whose_cases_one_sees_are_offered(
    client: Client, team: Team, other_team: Team, sana: User
) -> None:
    assert client.get("/cases/").context["choices"]["team"] == [(team.slug, team.name)]
    client.force_login(sana)
    assert len(client.get("/cases/").context["choices"]["team"]) == 2


def test_a_search_does_not_unfold_the_filters(client: Client) -> None:
    unfolded = '<details class="more-filters" open>'
    assert unfolded not in client.get("/cases/?view=all&q=money").text
    assert unfolded in client.get("/cases/?view=all&status=open").text


def test_another_teams_cases_are_not_shown(client: Client, other_team: Team) -> None:
    make_case(team=other_team)
    assert listed(client, "/cases/?view=all") == []


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    assert "Take a case from Unassigned" in client.get("/cases/?view=mine").text
    assert "clear the filters" in client.get("/cases/?view=mine&q=nothing").text


@pytest.mark.parametrize("n_cases", [2, 20])
def test_the_number_of_queries_is_the_same_for_any_list(
    client: Client,
    ana: User,
    team: Team,
    media: Path,
    n_cases: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    tag = Tag.objects.create(name="vip")
    for _ in range(n_cases):
        case = make_case(team=team, attachments=(IncomingAttachment("a.txt", b"a"),))
        case.tags.add(tag)
        Case.objects.filter(pk=case.pk).update(assignee=ana)
    # session, person, cases, counts; teams, tags, channels, colleagues
    with django_assert_num_queries(8):
        client.get("/cases/?view=all")
    with django_assert_num_queries(4):
        client.get("/cases/?view=all", headers={"HX-Request": "true"})


def test_a_case_with_files_shows_a_paperclip(client: Client, team: Team, media: Path) -> None:
    make_case(team=team, attachments=(IncomingAttachment("refused.txt", b""),))
    assert "With attachments" not in client.get("/cases/?view=all").text
    make_case(team=team, attachments=(IncomingAttachment("a.txt", b"a"),))
    assert client.get("/cases/?view=all").text.count("With attachments") == 1


def test_htmx_gets_the_list_alone(client: Client) -> None:
    text = client.get("/cases/", headers={"HX-Request": "true"}).text
    assert text.startswith('<section id="list"')
    assert "<html" not in text


def test_customers_words_are_escaped(client: Client) -> None:
    make_case("<script>alert(1)</script>", subject="<img src=x onerror=alert(1)>")
    text = client.get("/cases/?view=all").text
    assert "<script>alert" not in text
    assert "<img src=x" not in text


class TestBulk:
    def test_it_closes_assigns_and_tags_what_is_selected(self, client: Client, ana: User) -> None:
        first, second, other = (make_case() for _ in range(3))
        chosen = {"cases": [first.pk, second.pk], "list": "view=unassigned"}
        assert client.post("/cases/bulk/", chosen | {"act": "assign", "assignee": ana.pk})[
            "Location"
        ].endswith("?view=unassigned")
        client.post("/cases/bulk/", chosen | {"act": "tag", "tag": "Refund due"})
        client.post("/cases/bulk/", chosen | {"act": "close"})
        for case in (first, second):
            case.refresh_from_db()
            assert (case.assignee, case.status, [tag.name for tag in case.tags.all()]) == (
                ana,
                "closed",
                ["refund-due"],
            )
        other.refresh_from_db()
        assert other.status == "open"

    def test_it_rejects_get(self, client: Client) -> None:
        assert client.get("/cases/bulk/").status_code == 405

    def test_cases_of_another_team_stay_as_they_are(self, client: Client, other_team: Team) -> None:
        case = make_case(team=other_team)
        client.post("/cases/bulk/", {"cases": [case.pk], "act": "close"})
        case.refresh_from_db()
        assert case.status == "open"

    def test_who_only_reads_is_refused(self, client: Client, nadia: User) -> None:
        client.force_login(nadia)
        assert client.post("/cases/bulk/", {"cases": [make_case().pk], "act": "close"}).status_code == 403

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"act": "close"}, "Select some cases first."),
            ({"act": "tag", "cases": [1]}, "Type a tag first."),
            ({"act": "explode", "cases": [1]}, "Select a valid choice."),
        ],
    )
    def test_bad_input_is_told(self, client: Client, typed: dict[str, object], said: str) -> None:
        assert said in client.post("/cases/bulk/", typed, follow=True).text
