"""Texts to label: taken in once, row by row, by whoever goes on with it; closed cases that no agent sees."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from copilot.models import Suggestion
from helpdesk import access, choosing, listing
from helpdesk.models import Case, Customer, Message, Role, Status, User
from labeling import importing
from labeling.models import Annotation, TextImport
from tests.copilot.making import make_topic
from tests.making import make_case, make_user
from tests.processes import ROOT, environment, wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def lines(*rows: object) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def order(content: bytes, by: User, name: str = "texts.jsonl") -> TextImport:
    form = "csv" if name.endswith(".csv") else "jsonl"
    return importing.order(file=SimpleUploadedFile(name, content), form=form, by=by, now=timezone.now())


def take_in(content: bytes, by: User, name: str = "texts.jsonl") -> TextImport:
    return importing.run(order(content, by, name).pk)


def test_a_text_becomes_a_closed_case(nadia: User) -> None:
    row = take_in(
        lines({"text": "Where is it?", "at": "2025-03-01T10:00:00+01:00", "subject": "parcel"}), nadia
    )
    case = Case.objects.get()
    assert (row.state, row.n_rows, row.n_stored, row.n_rejected, row.share) == ("finished", 1, 1, 0, 1.0)
    assert (case.channel, case.status, case.awaiting_since, case.subject) == (
        "import",
        Status.CLOSED,
        None,
        "parcel",
    )
    assert Message.objects.get().sent_at == datetime(2025, 3, 1, 9, tzinfo=UTC)
    assert not Suggestion.objects.exists()


def test_texts_share_one_writer_and_each_has_its_case(nadia: User) -> None:
    take_in(lines({"text": "one"}, {"text": "two"}, {"text": "two"}), nadia)
    assert (Customer.objects.count(), Case.objects.count()) == (1, 3)


def test_csv_is_taken_with_its_line_breaks(nadia: User) -> None:
    content = '\ufefftext,external_id\r\n"one,\n""two""",a-1\r\n,a-2\r\nthree\r\n"four",a-4\r\n'
    row = take_in(content.encode(), nadia, "texts.csv")
    assert list(Message.objects.values_list("external_id", "body").order_by("pk")) == [
        ("a-1", 'one,\n"two"'), ("a-4", "four"),
    ]  # fmt: skip
    assert [(reject.line, reject.reason[:20]) for reject in row.rejects.all()] == [
        (4, "text: it is empty"), (5, "1 cells, but 2 colum"),
    ]  # fmt: skip


def test_the_same_id_or_file_is_taken_once(nadia: User) -> None:
    content = lines({"text": "one", "external_id": 7}, {"text": "two"})
    take_in(content, nadia)
    row = take_in(content, nadia, "again.jsonl")
    assert (row.n_stored, row.n_known, Message.objects.count()) == (0, 2, 2)
    row = take_in(lines({"text": "other", "external_id": "7"}, {"text": "new"}), nadia)
    assert (row.n_stored, row.n_known) == (1, 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "no JSON"),
        (b'{"text": "\xff"}', "not UTF-8 at byte 10"),
        (["text"], 'no JSON object: write {"text": "…"}'),
        ({"texts": "x"}, "'texts': unknown field; known are text, external_id"),
        ({}, "text: it is empty"),
        ({"text": " \n"}, "text: it is empty"),
        ({"text": 7}, "text: a text is needed"),
        ({"text": "x", "external_id": True}, "external_id: a text is needed"),
        ({"text": "x", "external_id": "i" * 201}, "external_id: between 1 and 200 characters"),
        ({"text": "x", "at": "yesterday"}, "at: 'yesterday' is no ISO 8601 time"),
        ({"text": "x", "at": "0001-01-01T00:00:00+14:00"}, "is no ISO 8601 time"),
        ({"text": "x", "label": "unheard"}, "label: 'unheard' is neither a topic's slug nor one of"),
        (b'{"text": "\\ud800"}', "text: not UTF-8"),
        (b'{"text": ' + b"[" * 100_000 + b"}", "no JSON"),
        (b'{"text": "' + b"x" * 2_500_000 + b'"}', "no JSON"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_blocks_nobody(nadia: User, line: object, reason: str) -> None:
    row = take_in(lines({"text": "one"}, b"", line, {"text": "two"}), nadia)
    [reject] = row.rejects.all()
    assert reject.line == 3
    assert reason in reject.reason
    assert (row.n_stored, row.n_rejected, row.n_rows) == (2, 1, 3)


@pytest.mark.parametrize(
    "header", ["body\none", "text,colour\none,red", "text,text\na,b", "\n", "text\x00\nx"], ids=repr
)
def test_a_csv_without_the_column_fails_in_words(nadia: User, header: str) -> None:
    row = take_in(header.encode(), nadia, "texts.csv")
    assert row.state == "failed"
    assert "one named text is needed" in row.problem


def test_an_empty_file_is_taken_with_nothing_in_it(nadia: User) -> None:
    row = take_in(b"", nadia)
    assert (row.state, row.n_rows, row.share) == ("finished", 0, 1.0)


def test_labels_that_come_along_are_the_uploaders_and_never_gold(nadia: User) -> None:
    make_topic("fees")
    rows = [
        {"text": "why this fee", "label": "fees"},
        {"text": "thanks a lot", "label": "thanks"},
        {"text": "hm"},
    ]
    take_in(lines(*rows), nadia)
    said = set(Annotation.objects.values_list("task", "label", "is_gold", "author", "picked_by"))
    assert said == {
        ("validity", "question", False, nadia.pk, "import"),
        ("topic", "fees", False, nadia.pk, "import"),
        ("validity", "thanks", False, nadia.pk, "import"),
    }


def test_only_so_many_rejects_are_kept(nadia: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_REJECTS", 3)
    monkeypatch.setattr(importing, "ROWS_A_CHUNK", 2)
    row = take_in(b"{\n" * 7, nadia)
    assert (row.n_rejected, row.rejects.count()) == (7, 3)


def test_the_next_worker_goes_on_where_the_last_one_died(
    nadia: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROWS_A_CHUNK", 2)
    content = lines(*({"text": f"text {number}"} for number in range(7)), b"{")
    row = order(content, nadia)
    real, chunks = importing.receive_messages, []

    def dies_at_the_second_chunk(batch: Any, **options: Any) -> Any:
        chunks.append(len(batch))
        receipts = real(batch, **options)
        if len(chunks) == 2:
            raise KeyboardInterrupt
        return receipts

    monkeypatch.setattr(importing, "receive_messages", dies_at_the_second_chunk)
    with pytest.raises(KeyboardInterrupt):
        importing.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.n_rows, row.n_stored, Message.objects.count()) == ("running", 2, 2, 2)
    assert importing.run(row.pk).state == "running", "it is somebody's until it is swept"

    assert importing.JOBS.sweep(now=timezone.now()) == 1
    done = importing.run(row.pk)
    assert (done.state, done.n_rows, done.n_stored, done.n_rejected) == ("finished", 8, 7, 1)
    assert Message.objects.count() == 7


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_loses_and_doubles_nothing(nadia: User, media: Path) -> None:
    row = order(lines(*({"text": f"text {number}"} for number in range(20_000))), nadia)
    code = f"import django; django.setup(); from labeling import importing; importing.run({row.pk})"
    here = environment(MEDIA_ROOT=str(media))
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=here)
    try:
        wait_until(lambda: TextImport.objects.get().n_rows > 0, "the first rows are in", seconds=60)
        assert importing.JOBS.sweep(now=timezone.now()) == 0, "it is alive"
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda: importing.JOBS.sweep(now=timezone.now()) == 1, "its lock is free", seconds=20)
    finally:
        process.kill()
    assert 0 < TextImport.objects.get().n_stored == Message.objects.count() < 20_000
    done = importing.run(row.pk)
    assert (done.state, done.n_stored, done.n_known) == ("finished", 20_000, 0)
    assert Message.objects.count() == Case.objects.count() == 20_000


def test_what_ends_every_process_is_given_up(nadia: User) -> None:
    row = order(lines({"text": "x"}), nadia)
    TextImport.objects.filter(pk=row.pk).update(n_attempts=importing.MOST_ATTEMPTS)
    done = importing.run(row.pk)
    assert (done.state, done.problem) == ("failed", "several processes ended over it: split the file")
    assert not done.file


def test_a_database_that_went_away_leaves_the_rest_to_the_next(
    nadia: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = order(lines({"text": "x"}), nadia)
    real = importing.receive_messages

    def goes_away(*_: Any, **__: Any) -> Any:
        raise OperationalError

    monkeypatch.setattr(importing, "receive_messages", goes_away)
    with pytest.raises(OperationalError):
        importing.run(row.pk)
    monkeypatch.setattr(importing, "receive_messages", real)
    assert importing.JOBS.sweep(now=timezone.now()) == 1
    assert importing.run(row.pk).n_stored == 1


def test_the_file_is_not_kept(nadia: User, media: Path) -> None:
    row = order(lines({"text": "x"}), nadia)
    assert len([path for path in media.rglob("*") if path.is_file()]) == 1
    importing.run(row.pk)
    assert [path for path in media.rglob("*") if path.is_file()] == []


@pytest.fixture
def imported(nadia: User) -> Case:
    take_in(lines({"text": "wherever is my thing", "subject": "thing"}), nadia)
    return Case.objects.get()


@pytest.mark.parametrize("view", [*listing.VIEW_BY_SLUG, ""])
@pytest.mark.parametrize("role", [Role.AGENT, Role.ADMIN, Role.SME])
def test_no_list_and_no_search_shows_an_imported_text(imported: Case, view: str, role: str) -> None:
    user = make_user("somebody", role=role)
    for filters in ({"view": view}, {"view": view, "q": "thing"}, {"view": view, "status": "closed"}):
        assert list(listing.list_cases(user=user, filters=listing.Filters.read(filters)).cases) == []
    assert ("import", "import") not in choosing.filter_choices(user)["channel"]


def test_an_agent_has_no_door_to_an_imported_text_and_an_expert_has(
    client: Client, imported: Case, ana: User, nadia: User
) -> None:
    assert not access.cases_for(ana).exists()
    assert access.cases_for(nadia).get() == imported
    client.force_login(ana)
    assert client.get(f"/cases/{imported.pk}/").status_code == 404
    client.force_login(nadia)
    assert client.get(f"/cases/{imported.pk}/").status_code == 200


def test_other_cases_are_listed_as_before(ana: User, imported: Case) -> None:
    case = make_case(channel="imported")
    listed = listing.list_cases(user=ana, filters=listing.Filters.read({"view": "all"})).cases
    assert list(listed) == [case]
