"""Importing a file of cases: all that is good, once; all that is bad, by number and reason."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from helpdesk.channels.importing import import_cases
from helpdesk.models import Case, Customer, Message, Note, Reply, Status, User

pytestmark = pytest.mark.django_db


def case(name: str = "c1", **fields: Any) -> dict[str, Any]:
    return {
        "external_id": name,
        "channel": "chat",
        "customer": {"name": "Priya", "email": "priya@moss.example"},
        "messages": [
            {"external_id": f"{name}-0", "from": "customer", "at": "2026-06-01T10:00:00Z", "body": "Where is it?"},
            {"external_id": f"{name}-1", "from": "agent", "agent": "a@shop.example",
             "at": "2026-06-01T10:05:00Z", "body": "On its way."},
            {"external_id": f"{name}-2", "from": "note", "at": "2026-06-01T10:06:00Z", "body": "again"},
            {"external_id": f"{name}-3", "from": "customer", "at": "2026-06-01T11:00:00Z", "body": "Thanks"},
        ],
    } | fields  # fmt: skip


def write(path: Path, *lines: dict[str, Any] | str | bytes) -> Path:
    raw = b"\n".join(
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    )
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def run(path: Path) -> Any:
    *_, total = import_cases(path)
    return total


@pytest.mark.parametrize("name", ["cases.jsonl", "cases.jsonl.gz"])
def test_case_is_imported_with_all_that_was_said(tmp_path: Path, name: str) -> None:
    total = run(write(tmp_path / name, case(tags=["late"], status="closed", subject="parcel")))
    row = Case.objects.get()
    assert (total.n_messages, total.n_replies, total.n_notes) == (2, 1, 1)
    assert (row.status, row.subject, row.channel) == (Status.CLOSED, "parcel", "chat")
    assert [tag.name for tag in row.tags.all()] == ["late"]
    assert Reply.objects.get().author == User.objects.get(email="a@shop.example", is_active=False)


def test_second_run_adds_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "cases.jsonl", case("c1"), case("c2"))
    run(path)
    total = run(path)
    assert (total.n_added, total.n_known) == (0, 4)
    assert (Case.objects.count(), Message.objects.count(), Reply.objects.count()) == (2, 4, 2)
    assert Note.objects.count() == 2
    assert Customer.objects.count() == 1


def test_open_case_whose_customer_wrote_last_awaits_a_reply(tmp_path: Path) -> None:
    run(write(tmp_path / "cases.jsonl", case(status="open")))
    row = Case.objects.get()
    assert (row.status, row.awaiting_since) == (Status.OPEN, Message.objects.get(body="Thanks").sent_at)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON"),
        (b'{"external_id": "\xff"}', "not UTF-8 at byte 17"),
        ("[]", "Invalid data"),
        (case(channel="two words"), "channel: Enter a valid"),
        (case(customer={"email": "nobody"}), "customer.email: Enter a valid email address."),
        (case(messages=[]), "messages"),
        (case(status="lost"), "status: “lost” is not a valid choice."),
        (case(messages=[case()["messages"][1]]), "no message is from the customer"),
        (case(messages=[case()["messages"][0] | {"at": "yesterday"}]), "messages.0.at: Datetime has wrong format"),
        (case(messages=[case()["messages"][0] | {"from": "robot"}]), "messages.0.from: “robot” is not a valid choice."),
        (case(messages=[case()["messages"][0], {**case()["messages"][1], "agent": None}]), "an agent's message needs"),
    ],
)  # fmt: skip
def test_bad_line_is_rejected_with_its_number_and_the_rest_goes_on(
    tmp_path: Path, line: Any, reason: str
) -> None:
    total = run(write(tmp_path / "cases.jsonl", case("good"), line, case("better")))
    [rejected] = total.rejects
    assert rejected.number == 2
    assert reason.replace("“", '"').replace("”", '"') in rejected.error.replace("“", '"').replace("”", '"')
    assert Case.objects.count() == 2


def test_command_writes_rejects_and_says_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, rejects = write(tmp_path / "cases.jsonl", case(), "{"), tmp_path / "rejects.jsonl"
    call_command("import_cases", str(path), rejects=rejects)
    captured = capsys.readouterr()
    assert "2 messages, 1 replies and 1 notes added" in captured.out
    assert f"1 lines can't be used; each is in {rejects}" in captured.err
    assert json.loads(rejects.read_text())["line"] == 2
    call_command("import_cases", str(path), rejects=rejects)
    assert "nothing to add" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["none.jsonl", "cases.jsonl.gz"])
def test_unreadable_file_is_named(tmp_path: Path, name: str) -> None:
    if name.endswith("gz"):
        (tmp_path / name).write_bytes(b"no gzip at all")
    with pytest.raises(CommandError, match=name):
        call_command("import_cases", str(tmp_path / name))
