"""/healthz says that the process lives, /readyz names what is missing."""

import pytest
from celery import Celery
from django.test import Client
from pytest_django import Settings

from copilot.models import Release

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger() -> Client:
    """Nobody who has signed in."""
    return Client()


def test_a_process_that_answers_is_alive(stranger: Client) -> None:
    response = stranger.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_all_there_is_ready(stranger: Client, release: Release) -> None:
    response = stranger.get("/readyz")
    assert response.json() == {"database": "ok", "broker": "ok", "copilot": "ok"}
    assert response.status_code == 200


def test_without_a_live_release_it_is_not_ready(stranger: Client) -> None:
    response = stranger.get("/readyz")
    assert response.json() == {"database": "ok", "broker": "ok", "copilot": "no release is live"}
    assert response.status_code == 503


def test_a_dead_broker_is_named(stranger: Client, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = Celery(broker="redis://127.0.0.1:1/0", set_as_current=False)
    monkeypatch.setattr("helpdesk.health.current_app", dead)
    response = stranger.get("/readyz")
    assert response.json() == {"database": "ok", "broker": "the broker does not answer", "copilot": "ok"}
    assert response.status_code == 503


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_checks_are_only_read(stranger: Client, path: str) -> None:
    assert stranger.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_checks_need_no_tls(stranger: Client, settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    assert stranger.get(path).status_code != 301
