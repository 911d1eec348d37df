"""Administrators keep the names of products, which comparisons take for facts and the page Drift counts."""

import pytest
from django.test import Client

from copilot.measure import known_terms
from copilot.models import Term
from helpdesk.models import Role, User
from tests.making import make_user

pytestmark = pytest.mark.django_db
ADD = "/admin/copilot/term/add/"


def test_an_administrator_names_a_product_and_takes_it_back(client: Client) -> None:
    client.force_login(make_user("admin", role=Role.ADMIN, is_staff=True, is_superuser=True))
    assert client.post(ADD, {"name": "Wren Mini"}).status_code == 302
    assert known_terms() == {"Wren Mini"}
    assert "already exists" in client.post(ADD, {"name": "Wren Mini"}).text
    assert (
        client.post(f"/admin/copilot/term/{Term.objects.get().pk}/delete/", {"post": "yes"}).status_code
        == 302
    )
    assert known_terms() == frozenset()


def test_nobody_else_does(client: Client, sana: User) -> None:
    client.force_login(sana)
    assert client.post(ADD, {"name": "Wren Mini"}).url.startswith("/admin/login/")  # type: ignore[attr-defined]
    assert known_terms() == frozenset()
