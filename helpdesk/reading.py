"""A case as it is read: messages, replies, notes and events in one line of time."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk import bodies
from helpdesk.models import Attachment, Case

LONGEST_LINKED = 20_000  # characters; in longer text addresses are not made into links


@dataclass(frozen=True)
class Entry:
    """One thing in the timeline; `parts` is the text of a message, cut for folding."""

    kind: str
    at: datetime
    item: Any  # Message, Reply, Note or CaseEvent, as kind says
    parts: bodies.Parts | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def links(self) -> bool:
        """Whether addresses in it are made into links."""
        return len(self.item.body) <= LONGEST_LINKED


@dataclass(frozen=True)
class Timeline:
    entries: list[Entry]

    @property
    def stamp(self) -> str:
        """Changes whenever something in the timeline does."""
        replies = [entry.item for entry in self.entries if entry.kind == "reply"]
        delivered = sum(bool(reply.delivered_at) for reply in replies)
        refused = sum(bool(reply.delivery_error) for reply in replies)
        newest = max((entry.item.pk for entry in self.entries if entry.kind == "event"), default=0)
        return f"{len(self.entries)}.{newest}.{delivered}.{refused}"


def timeline_of(case: Case) -> Timeline:
    """Return everything that stands in a case, oldest first."""
    files: defaultdict[tuple[str, int | None], list[Attachment]] = defaultdict(list)
    for file in case.attachments.all():
        files["message" if file.message_id else "reply", file.message_id or file.reply_id].append(file)
    entries = [
        Entry(
            "message",
            message.sent_at,
            message,
            bodies.split(message.body),
            tuple(files["message", message.pk]),
        )
        for message in case.messages.defer("search")
    ]
    entries += [
        Entry("reply", reply.sent_at, reply, attachments=tuple(files["reply", reply.pk]))
        for reply in case.replies.select_related("author").defer("search")
    ]
    entries += [
        Entry("note", note.sent_at, note)
        for note in case.notes.select_related("author").prefetch_related("mentions").defer("search")
    ]
    entries += [Entry("event", event.at, event) for event in case.events.select_related("actor")]
    return Timeline(sorted(entries, key=lambda entry: entry.at))
