"""What is hidden from somebody stays so at every door: the card, its why, chips in lists, the API, a page's reports."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from copilot import assigning
from copilot.models import Arm, Assignment, Contamination, DecidingSentence, Experiment, Suggestion
from copilot.models.suggestion import Reason, State
from copilot.showing import is_hidden
from helpdesk.models import Case, Team, User
from tests.copilot.making import make_alternative, make_answer, make_experiment, make_suggestion, make_topic
from tests.making import make_case, make_message, make_user

pytestmark = pytest.mark.django_db
SECRETS = (
    "Open Settings",
    "The other way",
    "Secret answer",
    "Connecting the reader",
    "connecting-the-reader",
    "96 %",
)


@pytest.fixture
def case(team: Team) -> Case:
    return make_case(team=team)


def secret(case: Case, **fields: object) -> Suggestion:
    suggestion = make_suggestion(
        case, "Open Settings > Network.", answer=make_answer("Secret answer"), **fields
    )
    make_alternative(suggestion, "The other way", name="Secret alternative")
    DecidingSentence.objects.create(suggestion=suggestion, start=0, end=5)
    return suggestion


def in_shadow(case: Case, team: Team) -> tuple[Suggestion, User]:
    """Held out, or of a variant that hides it."""
    return secret(case, state=State.SHADOW, reason=Reason.HELD_OUT, arm="shadow"), make_user("ada", team=team)


def withheld_in_shadow(case: Case, team: Team) -> tuple[Suggestion, User]:
    suggestion = make_suggestion(
        case, state=State.WITHHELD, reason=Reason.TOPIC_UNSURE, arm="shadow", topic_probability=0.48,
        second_topic=make_topic("Battery"), second_topic_probability=0.41,
    )  # fmt: skip
    return suggestion, make_user("ada", team=team)


def from_this_agent(case: Case, team: Team) -> tuple[Suggestion, User]:
    """Offered to some agents and hidden from this one."""
    experiment = make_experiment(unit="agent")
    Assignment.objects.create(
        case=case, arm=Arm.OFFER, is_held_out=False, experiment=experiment, at=timezone.now()
    )
    return secret(case), agent_of("shadow", experiment, team)


def agent_of(arm: str, experiment: Experiment, team: Team) -> User:
    agents = (make_user(f"{arm}-{n}", team=team) for n in range(40))
    return next(
        agent
        for agent in agents
        if assigning.variant_for(agent, experiment, asked_at=timezone.now()).arm == arm
    )


HIDDEN = pytest.mark.parametrize(
    "hide", [in_shadow, withheld_in_shadow, from_this_agent], ids=lambda hide: hide.__name__
)
Hide = Callable[[Case, Team], tuple[Suggestion, User]]


@HIDDEN
class TestEveryDoor:
    def test_card(self, client: Client, case: Case, team: Team, hide: Hide) -> None:
        suggestion, agent = hide(case, team)
        client.force_login(agent)
        text = client.get(f"/copilot/cases/{case.pk}/suggestion/").text
        assert "No suggestion: held out for measuring" in text
        for words in (*SECRETS, "offered", "withheld", "Battery", "topic unsure", "/why/", "data-text"):
            assert words not in text
        known = f"{suggestion.pk}-shadow"
        assert client.get(f"/copilot/cases/{case.pk}/suggestion/", {"known": known}).status_code == 204

    def test_why(self, client: Client, case: Case, team: Team, hide: Hide) -> None:
        suggestion, agent = hide(case, team)
        client.force_login(agent)
        assert client.get(f"/copilot/suggestions/{suggestion.pk}/why/").status_code == 404

    def test_marks_in_lists(self, client: Client, case: Case, team: Team, hide: Hide) -> None:
        _, agent = hide(case, team)
        client.force_login(agent)
        assert "Suggestion ready" not in client.get(f"/copilot/readiness/?case={case.pk}").text
        for page in ("/cases/", f"/cases/{case.pk}/"):
            text = client.get(page).text
            assert not [words for words in SECRETS[:4] if words in text]

    def test_api(self, case: Case, team: Team, hide: Hide) -> None:
        _, agent = hide(case, team)
        api = APIClient()
        api.force_authenticate(agent)
        found = api.get(f"/api/cases/{case.pk}/suggestion/").json()
        assert (found.pop("state"), found.pop("reason")) == ("shadow", "held_out")
        assert not any(found.pop("milliseconds").values())
        assert not any(found.values()), found
        assert not [words for words in SECRETS[:4] if words in api.get(f"/api/cases/{case.pk}/").text]

    @pytest.mark.parametrize("type", ["displayed", "viewed", "inserted", "why_opened", "dismissed"])
    def test_reports(self, client: Client, case: Case, team: Team, hide: Hide, type: str) -> None:  # noqa: A002
        suggestion, agent = hide(case, team)
        client.force_login(agent)
        answer = client.post(
            f"/copilot/suggestions/{suggestion.pk}/events/", {"type": type, "client_seq": "s"}
        )
        assert (answer.status_code, "a page can't have shown it" in answer.text) == (409, True)
        assert not suggestion.events.exists()
        noted = Contamination.objects.get()
        assert (noted.kind, noted.agent) == (Contamination.Kind.HIDDEN_REPORTED, agent)

    def test_a_later_turn_opens_nothing(self, client: Client, case: Case, team: Team, hide: Hide) -> None:
        suggestion, agent = hide(case, team)
        Suggestion.objects.filter(pk=suggestion.pk).update(state=State.SUPERSEDED)
        make_message("And now?", case_id=case.pk)
        client.force_login(agent)
        assert client.get(f"/copilot/suggestions/{suggestion.pk}/why/").status_code == 404
        assert not [
            words
            for words in SECRETS[:4]
            if words in client.get(f"/copilot/cases/{case.pk}/suggestion/").text
        ]


def test_an_agent_of_the_other_variant_sees_it(client: Client, case: Case, team: Team) -> None:
    suggestion, _ = from_this_agent(case, team)
    agent = agent_of("offer", Experiment.objects.get(), team)
    client.force_login(agent)
    assert "Open Settings" in client.get(f"/copilot/cases/{case.pk}/suggestion/").text
    assert "Suggestion ready" in client.get(f"/copilot/readiness/?case={case.pk}").text
    report = {"type": "displayed", "client_seq": "s"}
    assert client.post(f"/copilot/suggestions/{suggestion.pk}/events/", report).status_code == 204
    assert suggestion.exposures.get().agent == agent


def test_what_failed_or_waits_is_told_in_every_arm(case: Case, ana: User) -> None:
    pending = make_suggestion(case, state=State.PENDING, arm="shadow")
    assert not is_hidden(pending, ana)
    failed = make_suggestion(case, state=State.FAILED, reason=Reason.NO_RELEASE, arm="shadow")
    assert not is_hidden(failed, ana)


def test_a_turn_of_the_off_arm_says_so_and_no_more(client: Client, case: Case, ana: User) -> None:
    make_suggestion(
        case, state=State.OFF, reason=Reason.OFF, arm="off", release=None, topic=None, confidence=None
    )
    client.force_login(ana)
    text = client.get(f"/copilot/cases/{case.pk}/suggestion/").text
    assert "No suggestion: off for measuring" in text
    assert "/why/" not in text
