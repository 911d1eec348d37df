"""Signing in and out."""

import pytest
from django.test import Client

from helpdesk.models import User

pytestmark = pytest.mark.django_db


def test_an_anonymous_visitor_is_sent_to_sign_in(client: Client) -> None:
    response = client.get("/cases/?view=all")
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/?next=/cases/%3Fview%3Dall"


def test_it_signs_in_and_goes_where_one_wanted_to_go(client: Client, ana: User) -> None:
    response = client.post(
        "/sign-in/", {"username": "ana", "password": "tillwren", "next": "/cases/?view=closed"}
    )
    assert response["Location"] == "/cases/?view=closed"
    assert client.get("/cases/").status_code == 200


def test_a_wrong_password_says_what_to_do(client: Client, ana: User) -> None:
    response = client.post("/sign-in/", {"username": "ana", "password": "sparrow"})
    assert "That name and password don&#x27;t belong together" in response.text


def test_it_does_not_go_to_another_site(client: Client, ana: User) -> None:
    response = client.post(
        "/sign-in/", {"username": "ana", "password": "tillwren", "next": "https://evil.example/"}
    )
    assert response["Location"] == "/"


def test_a_fragment_asked_for_after_the_session_ended_reloads_its_page(client: Client) -> None:
    response = client.get("/cases/1/timeline/", headers={"HX-Request": "true"}, follow=True)
    assert response.headers["HX-Refresh"] == "true"


def test_signing_out_needs_a_post(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
