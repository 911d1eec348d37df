"""The catalog's editing pages: a draft becomes a version, an answer is retired, a topic gets another name."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from copilot import approving
from copilot.models import Answer, AnswerVersion, Area, CatalogChange, Topic
from helpdesk.models import Role, User
from tests.copilot.making import make_answer, make_topic
from tests.making import make_case, make_user

pytestmark = pytest.mark.django_db

OLD = "You can send it back within 30 days."


@pytest.fixture
def client(client: Client, nadia: User) -> Client:
    client.force_login(nadia)
    return client


@pytest.fixture
def answer(nadia: User) -> Answer:
    return make_answer("Returns", OLD, owner=nadia).answer


def page_of(answer: Answer, act: str = "") -> str:
    return f"/copilot/catalog/answers/{answer.pk}/{act}"


class TestText:
    def test_a_wording_is_approved_by_its_author_at_once(self, client: Client, answer: Answer) -> None:
        body = "Send it back within 30 days."
        client.post(page_of(answer, "text/"), {"body": body, "change": "wording", "approve": "1"})
        assert approving.latest(answer).body == body

    def test_a_meaning_waits_whatever_its_author_pressed(self, client: Client, answer: Answer) -> None:
        posted = {"body": "You have 14 days.", "change": "meaning", "note": "Policy", "approve": "1"}
        response = client.post(page_of(answer, "text/"), posted, follow=True)
        assert approving.latest(answer).body == OLD
        assert "waits for approval" in response.text
        assert "another person approves it" in response.text

    @pytest.mark.parametrize(
        ("posted", "message"),
        [
            ({"body": "You can send it back within 14 days.", "change": "wording"}, "facts differ"),
            ({"body": OLD, "change": "wording"}, "says exactly that"),
            ({"body": "", "change": "wording"}, "This field is required"),
            ({"body": "New", "change": "huge"}, "not one of the available choices"),
            ({"body": "x" * 20_001, "change": "meaning"}, "at most 20000 characters"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, client: Client, answer: Answer, posted: dict[str, str], message: str
    ) -> None:
        response = client.post(page_of(answer, "text/"), posted)
        assert response.status_code == 200
        assert message in response.text
        assert answer.versions.count() == 1

    def test_known_variables_are_named(self, client: Client, answer: Answer) -> None:
        make_case(case_attributes={"order_id": "TW-1"})
        assert "{{case.order_id}}" in client.get(page_of(answer, "text/")).text

    def test_an_unknown_variable_is_told_to_who_approves(self, client: Client, answer: Answer) -> None:
        client.post(page_of(answer, "text/"), {"body": "See {{case.colour}}.", "change": "meaning"})
        assert "Nothing is known yet by the name of {{case.colour}}" in client.get(page_of(answer)).text


class TestWaiting:
    def test_a_draft_is_shown_beside_what_is_in_force(
        self, client: Client, answer: Answer, sana: User
    ) -> None:
        self.draft(answer, sana)
        text = client.get("/copilot/catalog/waiting/").text
        assert "<del>30</del><ins>14</ins>" in text
        assert "1 draft waits" in text

    def test_it_is_approved_there(self, client: Client, answer: Answer, sana: User) -> None:
        version = self.draft(answer, sana)
        response = client.post(f"/copilot/catalog/versions/{version.pk}/", {"approve": "1", "waiting": "1"})
        assert response.url == "/copilot/catalog/waiting/"
        assert approving.latest(answer) == version

    def test_it_is_declined_once(self, client: Client, answer: Answer, sana: User) -> None:
        version = self.draft(answer, sana)
        address = f"/copilot/catalog/versions/{version.pk}/"
        assert client.post(address, {"decline": "1"}).url == page_of(answer)
        assert "waits no longer" in client.post(address, {"approve": "1"}, follow=True).text

    def test_an_empty_list_says_where_drafts_come_from(self, client: Client) -> None:
        assert "Nothing waits for approval." in client.get("/copilot/catalog/waiting/").text

    def test_a_new_answer_of_an_annotator_waits_there(self, client: Client, answer: Answer) -> None:
        """One who labels writes a draft beside an answer that nobody has approved yet."""
        new = Answer.objects.create(topic=answer.topic, slug="paint", name="Paint")
        AnswerVersion.objects.create(answer=new, number=1, body="In red.", created_at=timezone.now())
        assert "Paint" in client.get("/copilot/catalog/waiting/").text

    def draft(self, answer: Answer, author: User) -> AnswerVersion:
        body = OLD.replace("30", "14")
        return approving.draft(answer=answer, body=body, change="meaning", author=author, now=timezone.now())


class TestAnswer:
    def test_a_new_one_waits(self, client: Client, nadia: User) -> None:
        posted = {"name": "Returns", "topic": make_topic().pk, "owner": nadia.pk, "visibility": "public",
                  "body": OLD}  # fmt: skip
        for slug in ("returns", "returns-2"):
            client.post("/copilot/catalog/answers/new/", posted)
            assert Answer.objects.get(slug=slug).versions.get().is_waiting
        assert not Answer.objects.in_use().with_version_at(timezone.now()).exists()

    def test_none_is_no_slug(self, client: Client) -> None:
        posted = {"name": "None", "topic": make_topic().pk, "visibility": "public", "body": OLD}
        client.post("/copilot/catalog/answers/new/", posted)
        assert Answer.objects.get().slug == "none-2"

    def test_what_is_beside_the_text_is_saved(self, client: Client, answer: Answer, sana: User) -> None:
        other = make_answer("Other").answer
        day = timezone.localdate() + timedelta(days=9)
        posted = {"name": "Sending back", "topic": answer.topic_id, "owner": sana.pk, "visibility": "internal",
                  "review_on": str(day), "conflicts_with": [other.pk]}  # fmt: skip
        client.post(page_of(answer, "edit/"), posted)
        answer.refresh_from_db()
        assert (answer.name, answer.slug, answer.owner, answer.review_on) == (
            "Sending back",
            "returns",
            sana,
            day,
        )
        assert other in answer.conflicts_with.all()
        assert "not a valid choice" not in client.post(page_of(answer, "edit/"), posted).text
        assert "valid date" in client.post(page_of(answer, "edit/"), {**posted, "review_on": "soon"}).text

    def test_still_true_plans_the_next_review(self, client: Client, answer: Answer) -> None:
        client.post(page_of(answer, "review/"))
        answer.refresh_from_db()
        assert answer.review_on == timezone.localdate() + timedelta(days=90)

    def test_it_is_retired_and_brought_back(self, client: Client, answer: Answer) -> None:
        client.post(page_of(answer, "retire/"), {"note": "Sold out"})
        assert CatalogChange.objects.get().note == "Sold out"
        assert "Returns" in client.get("/copilot/catalog/retired/").text
        assert "Bring it back" in client.get(page_of(answer)).text
        client.post(page_of(answer, "restore/"))
        assert Answer.objects.in_use().exists()
        assert client.post(page_of(answer, "restore/")).status_code == 404


class TestTopic:
    def test_a_new_name_keeps_the_slug(self, client: Client) -> None:
        topic = make_topic("Returns")
        client.post(f"/copilot/catalog/topics/{topic.pk}/", {"name": "Sending back", "guideline": ""})
        topic.refresh_from_db()
        assert (topic.name, topic.slug, topic.version) == ("Sending back", "returns", 1)
        assert "It was called Returns." in client.get(f"/copilot/catalog/topics/{topic.pk}/").text

    def test_a_new_meaning_has_a_new_version(self, client: Client) -> None:
        topic = make_topic("Returns")
        posted = {
            "name": "Returns",
            "guideline": "Only readers.",
            "is_meaning": "on",
            "note": "Rolls went away",
        }
        client.post(f"/copilot/catalog/topics/{topic.pk}/", posted)
        topic.refresh_from_db()
        assert (topic.version, topic.guideline) == (2, "Only readers.")
        assert CatalogChange.objects.get().note == "Rolls went away"

    def test_a_new_one_is_made(self, client: Client) -> None:
        area = make_topic("Returns").area
        client.post("/copilot/catalog/topics/new/", {"name": "Paper rolls", "area": area.pk, "guideline": ""})
        assert Topic.objects.get(slug="paper-rolls")
        response = client.post("/copilot/catalog/topics/new/", {"name": "Lost", "area": "999"})
        assert "Select a valid choice" in response.text

    def test_the_first_one_brings_its_area_along(self, client: Client) -> None:
        client.post("/copilot/catalog/topics/new/", {"name": "Paper rolls", "new_area": "Card readers"})
        assert Topic.objects.get().area.slug == "card-readers"
        for posted in (
            {"name": "Lost"},
            {"name": "Lost", "area": Area.objects.get().pk, "new_area": "Other"},
        ):
            assert (
                "Choose an area, or name a new one."
                in client.post("/copilot/catalog/topics/new/", posted).text
            )
        assert Topic.objects.count() == 1


def test_agents_read_and_do_not_edit(client: Client, ana: User, answer: Answer) -> None:
    client.force_login(ana)
    assert "Edit" not in client.get("/copilot/catalog/").text
    version = answer.versions.get()
    topic = f"/copilot/catalog/topics/{answer.topic_id}/"
    pages = [page_of(answer), page_of(answer, "text/"), "/copilot/catalog/answers/new/", "/copilot/catalog/waiting/",
             "/copilot/catalog/retired/", topic, "/copilot/catalog/topics/new/"]  # fmt: skip
    acts = [page_of(answer, act) for act in ("edit/", "review/", "retire/", "restore/", "text/")]
    assert {client.get(page).status_code for page in pages} == {403}
    assert {client.post(act).status_code for act in [*acts, f"/copilot/catalog/versions/{version.pk}/"]} == {
        403
    }


def test_every_expert_edits(client: Client, sana: User, answer: Answer) -> None:
    for person in (sana, make_user("ada", role=Role.ADMIN)):
        client.force_login(person)
        assert client.get(page_of(answer, "text/")).status_code == 200
    assert "you may alone, as an administrator" in client.get(page_of(answer, "text/")).text


def test_other_verbs_and_unknown_answers_are_refused(client: Client, answer: Answer) -> None:
    for act in ("edit/", "review/", "retire/", "restore/"):
        assert client.get(page_of(answer, act)).status_code == 405
    assert client.post(page_of(answer)).status_code == 405
    assert client.post("/copilot/catalog/waiting/").status_code == 405
    assert client.get(f"/copilot/catalog/versions/{answer.versions.get().pk}/").status_code == 405
    assert client.get("/copilot/catalog/answers/999999/").status_code == 404


def test_strangers_are_sent_to_the_door(client: Client, answer: Answer) -> None:
    client.logout()
    assert "/sign-in/" in client.get(page_of(answer, "text/")).url
