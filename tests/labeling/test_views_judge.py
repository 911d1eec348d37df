"""Turns are judged blind: both texts alike, by keys or without, skipped, undone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from copilot.judging import Verdicts
from copilot.models import Judgment
from helpdesk.models import Role, User
from labeling import drawing, judging
from labeling.models import JudgingAct, TurnToJudge, WeeklySample
from tests.copilot.test_judging import compared
from tests.making import make_user

pytestmark = pytest.mark.django_db
PAGE = "/labeling/judge/"
SUGGESTED = "Hi Priya,\n\nOpen Settings > Network.\n\nHappy selling,\n{{agent.first_name}}"
SENT = "It left today."


@pytest.fixture
def client(client: Client, nadia: User) -> Client:
    client.force_login(nadia)
    return client


def signed_in(user: User) -> Client:
    other = Client()
    other.force_login(user)
    return other


def waiting(
    author: User, *, text: str = SUGGESTED, place: int = 0, weeks_ago: int = 3, **fields: Any
) -> TurnToJudge:
    week = timezone.localdate() - timedelta(days=7 * weeks_ago + timezone.localdate().weekday())
    sample, _ = WeeklySample.objects.get_or_create(
        week=week, defaults={"seed": 1, "n_turns": 9, "drawn_at": timezone.now()}
    )
    suggestion = compared(author=author, days_ago=7 * weeks_ago, **fields)
    type(suggestion).objects.filter(pk=suggestion.pk).update(text=text)
    return TurnToJudge.objects.create(
        sample=sample, suggestion=suggestion, stratum="offer none", inclusion_probability=0.25, place=place
    )


def shown(text: str) -> list[str]:
    return re.findall(r'<div class="text">(.*?)</div>', text, re.DOTALL)


def test_what_is_said_of_each_text_is_kept_as_it_was_meant(client: Client, nadia: User, ana: User) -> None:
    for place in range(8):  # in some of them the reply stands first
        waiting(ana, place=place)
    orders = set()
    for _ in range(8):
        page = client.get(PAGE).text
        number = re.search(r"judge/(\d+)/submit", page)
        assert number
        texts = shown(page)
        first = "yes" if texts[0] == "Open Settings &gt; Network." else "no"
        orders.add(first)
        second = {"yes": "no", "no": "yes"}[first]
        page = client.post(f"{PAGE}{number[1]}/submit/", {"first": first, "second": second}, follow=True).text
    assert orders == {"yes", "no"}
    assert set(Judgment.objects.values_list("suggestion_verdict", "reply_verdict")) == {("yes", "no")}
    kept = Judgment.objects.first()
    assert kept is not None
    assert (kept.judge, kept.stratum, kept.inclusion_probability) == (nadia, "offer none", 0.25)
    assert kept.week == WeeklySample.objects.get().week
    assert "Nothing is left for you to judge." in page


def test_nothing_tells_which_text_is_which(client: Client, ana: User) -> None:
    waiting(ana)
    page = client.get(PAGE).text
    assert set(shown(page)) == {"Open Settings &gt; Network.", SENT}
    for word in ("Happy selling", "Hi Priya", "{{", "96 %", "none", str(ana)):
        assert word not in page.split('<div id="judging"')[1].split("<noscript")[0], word


def test_what_an_agent_fills_in_is_told_and_no_variable(client: Client, ana: User) -> None:
    waiting(ana, text="The account ending {{case.bank_ending}} is checked, {{customer.first_name}}.")
    assert "The account ending [bank ending] is checked, Priya." in shown(client.get(PAGE).text)


def test_texts_that_say_the_same_are_asked_about_once(client: Client, ana: User) -> None:
    turn = waiting(ana, text=f"Hi Priya,\n\n{SENT}\n\nHappy selling,\nAna")
    page = client.get(PAGE).text
    assert "Both texts say the same" in page
    client.post(f"{PAGE}{turn.pk}/submit/", {"first": "cant_say"})
    kept = Judgment.objects.get()
    assert (kept.suggestion_verdict, kept.reply_verdict) == ("cant_say", "cant_say")


@pytest.mark.parametrize(
    "said", [{}, {"first": "yes"}, {"second": "no"}, {"first": "maybe", "second": "yes"}]
)
def test_what_is_missing_is_asked_for(client: Client, ana: User, said: dict[str, str]) -> None:
    turn = waiting(ana)
    assert "Say of each text whether it is right" in client.post(f"{PAGE}{turn.pk}/submit/", said).text
    assert not Judgment.objects.exists()


def test_the_newest_week_comes_first_and_each_turn_to_one_person(
    client: Client, ana: User, sana: User
) -> None:
    old, new = waiting(ana, weeks_ago=5), waiting(ana, weeks_ago=3)
    assert f"judge/{new.pk}/submit" in client.get(PAGE).text
    assert f"judge/{new.pk}/submit" in client.get(PAGE).text, "it is still theirs"
    assert f"judge/{old.pk}/submit" in signed_in(sana).get(PAGE).text
    TurnToJudge.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert f"judge/{new.pk}/submit" in signed_in(sana).get(PAGE).text


def test_one_turn_in_ten_waits_for_a_second_person_and_never_for_the_first(
    client: Client, ana: User, nadia: User, sana: User
) -> None:
    turns = [waiting(ana, place=place) for place in range(21)]
    tomasz, now = make_user("tomasz", role=Role.SME), timezone.now()
    for turn in turns:
        judging.keep(turn, nadia, Verdicts("yes", "no"), now=now)
    assert "Nothing is left for you to judge." in client.get(PAGE).text
    twice = [turns[0], turns[10], turns[20]]
    assert list(judging.waiting_for(sana, now=now).order_by("place")) == twice
    assert [turn for turn in turns if turn.n_judges == 2] == twice
    judging.keep(turns[10], sana, Verdicts("no", "no"), now=now)
    assert list(judging.waiting_for(tomasz, now=now).order_by("place")) == [turns[0], turns[20]]
    assert Judgment.objects.filter(suggestion=turns[10].suggestion).count() == 2
    assert judging.progress_of(sana, now=now).n_left == 2


def test_nothing_tells_the_second_person_what_the_first_one_said(
    client: Client, ana: User, sana: User
) -> None:
    turn = waiting(ana)
    before = signed_in(sana).get(PAGE).text
    TurnToJudge.objects.update(held_until=timezone.now())
    client.post(f"{PAGE}{turn.pk}/submit/", {"first": "yes", "second": "no"})
    after = signed_in(sana).get(PAGE).text
    fragment = re.compile(r"<article.*?</form>", re.DOTALL)
    tokens = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    [first], [second] = (fragment.findall(tokens.sub("", text)) for text in (before, after))
    assert first == second


def test_a_second_verdict_that_is_taken_back_is_asked_for_again(
    client: Client, ana: User, nadia: User, sana: User
) -> None:
    turn = waiting(ana)
    for person in (client, signed_in(sana)):
        person.post(f"{PAGE}{turn.pk}/submit/", {"first": "yes", "second": "no"})
    third, now = make_user("tomasz", role=Role.SME), timezone.now()
    assert not judging.waiting_for(third, now=now).exists()
    assert f"judge/{turn.pk}/submit" in client.post(f"{PAGE}undo/", follow=True).text
    assert judging.waiting_for(third, now=now + judging.HOLDS * 2).get() == turn
    assert Judgment.objects.get().judge == sana


@pytest.mark.parametrize(("place", "n_judges"), [(1, 1), (0, 2)])
def test_who_held_a_turn_too_long_is_told_that_others_have_judged_it(
    client: Client, ana: User, place: int, n_judges: int
) -> None:
    turn = waiting(ana, place=place)
    for number in range(n_judges):
        other = make_user(f"expert{number}", role=Role.SME)
        judging.keep(turn, other, Verdicts("yes", "yes"), now=timezone.now())
    said = client.post(f"{PAGE}{turn.pk}/submit/", {"first": "no", "second": "no"})
    assert "Somebody else has judged this turn in the meantime: skip it." in said.text
    assert Judgment.objects.count() == n_judges


def test_who_skips_is_not_asked_again_and_others_are(client: Client, ana: User, sana: User) -> None:
    turn = waiting(ana)
    assert "Nothing is left" in client.post(f"{PAGE}{turn.pk}/skip/", follow=True).text
    assert f"judge/{turn.pk}/submit" in signed_in(sana).get(PAGE).text
    assert not Judgment.objects.exists()


def test_any_number_of_steps_can_be_undone(client: Client, ana: User) -> None:
    first, second = waiting(ana, place=0), waiting(ana, place=1)
    client.post(f"{PAGE}{first.pk}/submit/", {"first": "yes", "second": "yes"})
    client.post(f"{PAGE}{second.pk}/skip/")
    assert f"judge/{second.pk}/submit" in client.post(f"{PAGE}undo/", follow=True).text
    assert Judgment.objects.count() == 1
    assert f"judge/{first.pk}/submit" in client.post(f"{PAGE}undo/", follow=True).text
    assert Judgment.objects.count() == 0
    assert "There is nothing left to undo." in client.post(f"{PAGE}undo/", follow=True).text
    assert JudgingAct.objects.standing().count() == 0


def test_nobody_judges_what_they_wrote_themselves(client: Client, nadia: User) -> None:
    turn = waiting(nadia)
    assert "Nothing is left for you to judge." in client.get(PAGE).text
    said = client.post(f"{PAGE}{turn.pk}/submit/", {"first": "yes", "second": "yes"})
    assert "You wrote one of these texts yourself" in said.text


def test_what_has_lost_its_reply_waits_for_nobody(client: Client, ana: User) -> None:
    waiting(ana).suggestion.matches.all().delete()
    assert "Nothing is left for you to judge." in client.get(PAGE).text


def test_progress_is_told_and_compared_with_nobody(client: Client, ana: User) -> None:
    for place in range(3):
        waiting(ana, place=place)
    page = client.get(PAGE).text
    assert "0 judged today; 3 left for you" in page
    number = re.search(r"judge/(\d+)/submit", page)
    assert number
    page = client.post(f"{PAGE}{number[1]}/submit/", {"first": "yes", "second": "no"}, follow=True).text
    assert "1 judged today; 2 left for you" in page


def test_htmx_gets_the_fragment_alone(client: Client, ana: User) -> None:
    turn = waiting(ana)
    response = client.post(f"{PAGE}{turn.pk}/skip/", headers={"HX-Request": "true"})
    assert response.text.lstrip().startswith('<div id="judging"')


def test_a_data_scientist_draws_at_once(client: Client, sana: User, ana: User) -> None:
    compared(author=ana, days_ago=60)
    assert client.post(f"{PAGE}draw/").status_code == 403
    assert "1 turns were drawn." in signed_in(sana).post(f"{PAGE}draw/", follow=True).text
    assert "No closed week is left" in signed_in(sana).post(f"{PAGE}draw/", follow=True).text
    assert drawing.MOST_WEEKS == 12


def test_agents_do_not_judge_and_verbs_are_kept_to(client: Client, ana: User) -> None:
    turn = waiting(ana)
    agent = signed_in(ana)
    assert agent.get(PAGE).status_code == 403
    for act in (f"{turn.pk}/submit/", f"{turn.pk}/skip/", "undo/", "draw/"):
        assert agent.post(f"{PAGE}{act}").status_code == 403
        assert client.get(f"{PAGE}{act}").status_code == 405
    assert client.post(PAGE).status_code == 405
    assert client.post(f"{PAGE}999999/skip/").status_code == 404


def test_a_turn_is_shown_in_the_same_order_to_the_same_person(nadia: User, ana: User) -> None:
    turns = [waiting(ana, place=place) for place in range(12)]
    others = make_user("tomasz", role=Role.SME)
    orders = [judging.sheet_of(turn, nadia).texts for turn in turns]
    assert orders == [judging.sheet_of(turn, nadia).texts for turn in turns]
    assert orders != [judging.sheet_of(turn, others).texts for turn in turns]
