"""Ratings of customers: stored once, kept all, the last one counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from rest_framework.test import APIClient

from helpdesk.merging import merge_cases
from helpdesk.models import Case, SatisfactionRating, Team, User
from helpdesk.rating import rate
from tests.making import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(team: Team) -> Case:
    return make_case(team=team)


def body(rated: Case, **fields: Any) -> dict[str, Any]:
    return {"channel": "survey", "external_id": "s-1", "case": rated.pk, "score": 4} | fields


def test_the_same_rating_is_stored_once(case: Case, now: datetime) -> None:
    given = {"case": case, "channel": "survey", "external_id": "s-1", "now": now}
    first, is_new = rate(score=2, comment=" Slow.\x00 ", **given)
    again, is_new_again = rate(score=5, **given)
    assert (is_new, is_new_again, again) == (True, False, first)
    assert (again.score, again.comment, again.rated_at) == (2, "Slow.", now)


def test_the_last_one_counts_and_the_earlier_ones_stay(case: Case, now: datetime) -> None:
    for number, score in enumerate((5, 1, 3)):
        rate(
            case=case,
            channel="survey",
            external_id=str(number),
            score=score,
            now=now + timedelta(days=number),
        )
    rate(case=make_case(), channel="survey", external_id="other", score=4, now=now)
    assert [rating.score for rating in case.ratings.all()] == [3, 1, 5]
    assert sorted(rating.score for rating in SatisfactionRating.objects.that_count()) == [3, 4]


def test_what_was_said_of_a_merged_case_counts_for_the_kept_one(case: Case, ana: User, now: datetime) -> None:
    kept = make_case()
    rate(case=case, channel="survey", external_id="before", score=2, now=now)
    merge_cases(kept=kept, merged=case, actor=ana, now=now)
    rate(case=case, channel="survey", external_id="after", score=5, now=now + timedelta(days=1))
    assert [rating.score for rating in kept.ratings.all()] == [5, 2]
    assert case.merge.ratings == [kept.ratings.get(score=2).pk]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"score": 0}, "score"), ({"score": 6}, "score"), ({"channel": "two words"}, "channel"),
     ({"channel": "x" * 41}, "channel"), ({"external_id": ""}, "external_id")],
)  # fmt: skip
def test_what_can_not_be_taken_is_refused(
    case: Case, now: datetime, fields: dict[str, Any], field: str
) -> None:
    given = {"channel": "survey", "external_id": "s-1", "score": 4} | fields
    with pytest.raises(ValidationError) as error:
        rate(case=case, now=now, **given)
    assert list(error.value.message_dict) == [field]


def test_the_database_knows_no_other_score(case: Case, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="rating_from_1_to_5"):
        SatisfactionRating.objects.create(case=case, channel="s", external_id="s", score=6, rated_at=now)


def test_it_stands_quietly_in_the_side(client: Client, case: Case, ana: User, now: datetime) -> None:
    client.force_login(ana)
    assert "Satisfaction" not in client.get(f"/cases/{case.pk}/").text
    rate(case=case, channel="survey", external_id="s", score=2, comment="<i>slow</i>", now=now)
    text = client.get(f"/cases/{case.pk}/").text
    assert "<b>2 of 5</b>" in text
    assert "&lt;i&gt;slow&lt;/i&gt;" in text


class TestApi:
    def test_a_rating_comes_in_once(self, api: APIClient, case: Case) -> None:
        first, again = (
            api.post("/api/ratings/", body(case, comment="Fine."), format="json") for _ in range(2)
        )
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert (first.json()["score"], first.json()["comment"]) == (4, "Fine.")
        assert api.get(f"/api/cases/{case.pk}/").json()["ratings"] == [first.json()]

    def test_a_rating_of_another_case_is_not_shown(self, api: APIClient, case: Case) -> None:
        api.post("/api/ratings/", body(case, comment="Between us."), format="json")
        answer = api.post("/api/ratings/", body(make_case()), format="json")
        assert (answer.status_code, answer["content-type"]) == (409, "application/problem+json")
        assert "Between us." not in answer.text

    @pytest.mark.parametrize(
        ("fields", "field"),
        [({"score": 0}, "score"), ({"score": "good"}, "score"), ({"score": None}, "score"), ({"case": "x"}, "case"),
         ({"channel": "a b"}, "channel"), ({"external_id": ""}, "external_id"), ({"comment": "x" * 5001}, "comment"),
         ({"stars": 4}, "stars")],
    )  # fmt: skip
    def test_what_is_wrong_is_named(
        self, api: APIClient, case: Case, fields: dict[str, Any], field: str
    ) -> None:
        answer = api.post("/api/ratings/", body(case, **fields), format="json")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)

    def test_strangers_readers_and_other_verbs_are_refused(
        self, api: APIClient, case: Case, gwen: User, nadia: User
    ) -> None:
        assert api.get("/api/ratings/").status_code == 405
        assert APIClient().post("/api/ratings/", body(case), format="json").status_code == 401
        for person, status in ((gwen, 404), (nadia, 403)):
            api.force_authenticate(person)
            assert api.post("/api/ratings/", body(case), format="json").status_code == status
        assert not SatisfactionRating.objects.exists()
