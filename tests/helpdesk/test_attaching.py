"""Files of messages and replies: a message is never lost for one, and no file outlives its row."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from helpdesk import access
from helpdesk.attaching import MOST_FILES, IncomingAttachment, read_uploads
from helpdesk.intake import receive_messages
from helpdesk.models import Attachment, Message, Reply, User
from helpdesk.replying import send_reply
from helpdesk.signals import message_received, reply_sent
from tests.making import incoming, make_case, make_message

pytestmark = pytest.mark.django_db
PHOTO = IncomingAttachment("photo.png", b"\x89PNG", "image/png")


@pytest.fixture(autouse=True)
def small_files(settings: Any, media: Path) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1024


def stored(media: Path) -> list[bytes]:
    return [path.read_bytes() for path in media.rglob("*") if path.is_file()]


def fail(**_: Any) -> None:
    raise RuntimeError("a listener failed")


class TestMessage:
    def test_its_files_are_stored_under_names_of_our_own(self, media: Path) -> None:
        message = make_message(attachments=(PHOTO, IncomingAttachment("b.txt", b"hi", "text/plain")))
        assert [(file.name, file.content_type, file.size) for file in message.attachments.all()] == [
            ("photo.png", "image/png", 4),
            ("b.txt", "text/plain", 2),
        ]
        assert sorted(stored(media)) == [b"hi", b"\x89PNG"]
        assert all("photo" not in path.name for path in media.rglob("*"))

    def test_a_second_delivery_adds_none(self, media: Path, now: datetime) -> None:
        for _ in range(2):
            receive_messages([incoming(external_id="x", attachments=(PHOTO,))], now=now)
        receive_messages([incoming(external_id="x", attachments=(PHOTO,))] * 2, now=now)
        assert Attachment.objects.count() == len(stored(media)) == 1

    @pytest.mark.parametrize(
        ("file", "name", "reason"),
        [
            (IncomingAttachment("big.zip", b"x" * 1025), "big.zip", "larger than 1.0\xa0KB"),
            (IncomingAttachment("none.txt", b""), "none.txt", "it is empty"),
            (
                IncomingAttachment("../../etc/passwd", b"x"),
                "../../etc/passwd",
                "a path or control characters",
            ),
            (IncomingAttachment("C:\\cv.doc", b"x"), "C:\\cv.doc", "a path or control characters"),
            (IncomingAttachment("..", b"x"), "..", "a path or control characters"),
            (IncomingAttachment("a\x00b\r\nSet-Cookie: c", b"x"), "abSet-Cookie: c", "control characters"),
            (IncomingAttachment("photo\u202egnp.exe", b"x"), "photognp.exe", "control characters"),
            (IncomingAttachment("n" * 201, b"x"), "n" * 200, "longer than 200 characters"),
        ],
    )
    def test_it_is_kept_without_a_bad_file_and_says_why(
        self, media: Path, file: IncomingAttachment, name: str, reason: str
    ) -> None:
        message = make_message(attachments=(file, PHOTO))
        bad, good = message.attachments.all()
        assert bad.name == name
        assert reason in bad.refused
        assert (good.name, good.refused) == ("photo.png", "")
        assert len(stored(media)) == 1

    def test_files_that_are_too_many_share_one_line(self, media: Path) -> None:
        message = make_message(attachments=(PHOTO,) * (MOST_FILES + 1000))
        assert len(stored(media)) == MOST_FILES
        last = message.attachments.last()
        assert last is not None
        assert (last.name, last.refused) == ("The rest (1000 more)", f"more than {MOST_FILES} files")

    def test_files_that_are_too_large_together_are_taken_as_far_as_they_fit(self, media: Path) -> None:
        kilobyte = IncomingAttachment("k", b"x" * 1024)
        message = make_message(attachments=(kilobyte,) * 3 + (PHOTO,))
        assert [file.refused for file in message.attachments.all()] == [
            "", "", *["all files together are larger than 2.0\xa0KB"] * 2,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("image/png", "image/png"),
            ("Text/HTML; charset=utf-8", "text/html"),
            ("text/html\r\nX: y", "application/octet-stream"),
            ("message/rfc822", "application/octet-stream"),
            ("", "application/octet-stream"),
            ("text/" + "x" * 200, "application/octet-stream"),
        ],
    )
    def test_only_what_looks_like_a_type_is_kept_as_one(self, said: str, kept: str) -> None:
        message = make_message(attachments=(IncomingAttachment("a", b"x", said),))
        assert message.attachments.get().content_type == kept

    def test_a_nameless_file_and_a_lone_surrogate_are_stored(self) -> None:
        message = make_message(
            attachments=(IncomingAttachment(" ", b"x"), IncomingAttachment("\ud800", b"x"))
        )
        assert [file.name for file in message.attachments.all()] == ["unnamed", "\N{REPLACEMENT CHARACTER}"]

    def test_a_storage_that_fails_costs_the_file_only(self, media: Path) -> None:
        (media / "attachments").write_text("no folder")
        message = make_message(attachments=(PHOTO,))
        assert message.attachments.get().refused == "there was no room to store it"

    def test_one_that_is_rolled_back_leaves_no_file(self, media: Path, now: datetime) -> None:
        message_received.connect(fail)
        try:
            with pytest.raises(RuntimeError):
                receive_messages([incoming(attachments=(PHOTO,))], now=now)
        finally:
            message_received.disconnect(fail)
        assert not Message.objects.exists()
        assert stored(media) == []

    def test_one_that_the_database_refuses_leaves_no_file_and_the_next_its_own(
        self, media: Path, now: datetime
    ) -> None:
        bad = incoming(attachments=(PHOTO,), case_attributes={"nul": "\x00"})
        receipts = receive_messages([bad, incoming(attachments=(PHOTO,))], now=now)
        assert [receipt.created for receipt in receipts] == [False, True]
        assert Attachment.objects.count() == len(stored(media)) == 1


class TestReply:
    def send(self, author: User, *files: IncomingAttachment, **fields: Any) -> Reply:
        fields = {"case": make_case(), "body": "Here it is.", "client_key": "k"} | fields
        return send_reply(author=author, attachments=files, **fields)[0]

    def test_its_files_go_with_it_once(self, ana: User, now: datetime, media: Path) -> None:
        case = make_case()
        for _ in range(2):
            reply = self.send(ana, PHOTO, case=case, now=now)
        assert reply.attachments.get().name == "photo.png"
        assert stored(media) == [b"\x89PNG"]

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ([IncomingAttachment("big.zip", b"x" * 1025)], ["big.zip was not taken: larger than 1.0\xa0KB."]),
            ([IncomingAttachment("none.txt", b""), PHOTO], ["none.txt was not taken: it is empty."]),
            ([PHOTO] * 21, ["photo.png was not taken: more than 20 files."]),
        ],
    )
    def test_it_is_not_sent_without_one_of_its_files(
        self, ana: User, now: datetime, media: Path, files: list[IncomingAttachment], said: list[str]
    ) -> None:
        with pytest.raises(ValidationError) as caught:
            self.send(ana, *files, now=now)
        assert caught.value.message_dict == {"attachments": said}
        assert not Reply.objects.exists()
        assert stored(media) == []

    def test_files_without_words_are_not_sent(self, ana: User, now: datetime) -> None:
        with pytest.raises(ValidationError) as caught:
            self.send(ana, PHOTO, body=" ", now=now)
        assert caught.value.message_dict == {"body": ["Write something first: the reply is empty."]}

    def test_one_that_is_rolled_back_leaves_no_file(self, ana: User, now: datetime, media: Path) -> None:
        reply_sent.connect(fail)
        try:
            with pytest.raises(RuntimeError):
                self.send(ana, PHOTO, now=now)
        finally:
            reply_sent.disconnect(fail)
        assert stored(media) == []

    @pytest.mark.django_db(transaction=True)
    def test_what_fails_after_the_commit_costs_no_file(self, ana: User, now: datetime, media: Path) -> None:
        def fail_later(**_: Any) -> None:
            transaction.on_commit(fail)

        reply_sent.connect(fail_later)
        try:
            with pytest.raises(RuntimeError):
                self.send(ana, PHOTO, now=now)
        finally:
            reply_sent.disconnect(fail_later)
        assert Reply.objects.get().attachments.get().file.read() == b"\x89PNG"

    def test_a_storage_that_fails_sends_nothing(self, ana: User, now: datetime, media: Path) -> None:
        (media / "attachments").write_text("no folder")
        with pytest.raises(ValidationError, match="there was no room to store it"):
            self.send(ana, PHOTO, now=now)
        assert not Reply.objects.exists()


def test_an_upload_is_read_no_further_than_it_takes_to_refuse_it() -> None:
    files = read_uploads([SimpleUploadedFile(f"{n}.bin", b"x" * 5000) for n in range(40)])
    assert len(files) == MOST_FILES + 1
    assert sum(len(file.content) for file in files) < 3 * 1024 + MOST_FILES


def test_the_file_goes_with_its_case_once_that_is_certain(
    media: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    case = make_message(attachments=(PHOTO, IncomingAttachment("none", b""))).case
    with django_capture_on_commit_callbacks(execute=True):
        case.delete()
        assert stored(media) != []
    assert stored(media) == []


def test_a_row_has_a_file_or_says_why_not(now: datetime) -> None:
    with pytest.raises(IntegrityError, match="attachment_is_stored_or_refused"), transaction.atomic():
        Attachment.objects.create(case=make_case(), name="a", size=1, added_at=now)


def test_what_was_not_taken_can_not_be_fetched(ana: User) -> None:
    refused = make_message(attachments=(IncomingAttachment("none", b""),)).attachments.get()
    with pytest.raises(access.Http404):
        access.get_attachment(ana, refused.pk)
