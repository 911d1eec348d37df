"""What became of a suggestion: events from the screen, and the match with the reply that was sent."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Subquery

from copilot import assigning, contamination, match_versions, withholding
from copilot.measure import Measure, Texts, compared, fields_of, is_open, measure_of
from copilot.models import Match, Suggestion, SuggestionEvent
from copilot.models.suggestion import State
from copilot.showing import is_hidden
from helpdesk.models import Message, Reply, User
from helpdesk.turns import messages_of

ON_ITS_WAY = timedelta(minutes=1)  # what a slow line still reports of a page that had to wait


class ReportError(Exception):
    """A page reports of a suggestion what can't have happened; the message says why."""


@dataclass(frozen=True)
class Report:
    """What an agent's page says of a suggestion; `event` are the further columns of what is appended."""

    suggestion: Suggestion
    actor: User
    at: datetime
    type: str
    client_seq: str
    event: Mapping[str, Any] = field(default_factory=dict)


def record_report(*, suggestion: Suggestion, actor: User, at: datetime, **event: Any) -> bool:
    """Append what a page reports, and return whether it was new; a batch of one.

    Raises:
        ReportError: as `record_reports`.
    """
    kind, client_seq = event.pop("type"), event.pop("client_seq")
    return bool(record_reports([Report(suggestion, actor, at, kind, client_seq, event)]))


def record_reports(reports: Sequence[Report]) -> int:
    """Append what agents' pages report of suggestions, and return how many reports were new.

    A report that comes late, of a suggestion that a newer message replaced or whose turn is answered, is kept: it
    happened.

    Raises:
        ReportError: a suggestion is hidden from this agent, has nothing that could have been seen, or was there before
            the page that says it waited; nothing of the batch is kept.
    """
    for report in reports:
        _check(report)
    rows = [
        SuggestionEvent(
            suggestion=report.suggestion, type=report.type, actor=report.actor, at=report.at,
            client_seq=report.client_seq[:60] or uuid.uuid4().hex, **report.event,
        )
        for report in reports
    ]  # fmt: skip
    with transaction.atomic():
        n = _append(rows)
        shown = [report for report in reports if report.type != SuggestionEvent.Type.AWAITED]
        assigning.expose_all([(report.suggestion, report.actor, report.at) for report in shown])
    return n


def _check(report: Report) -> None:
    suggestion, kind = report.suggestion, report.type
    if kind == SuggestionEvent.Type.AWAITED:  # it has shown nothing, so nothing is hidden
        if suggestion.finished_at and suggestion.finished_at < report.at - ON_ITS_WAY:
            raise ReportError(
                f"{suggestion} was there before: a page that was opened now did not wait for it"
            )
        return
    if is_hidden(suggestion, report.actor):
        contamination.note_hidden_report(suggestion, report.actor, now=report.at)
        raise ReportError(f"{suggestion} is held out for measuring: a page can't have shown it")
    if not suggestion.text and kind != SuggestionEvent.Type.WHY_OPENED:
        raise ReportError(f"{suggestion} has no text: a page can't have shown it")


def _append(rows: Sequence[SuggestionEvent]) -> int:
    """Append the events whose `client_seq` is new for their suggestion, and return how many these are."""
    named = SuggestionEvent.objects.filter(
        suggestion__in={row.suggestion_id for row in rows}, client_seq__in={row.client_seq for row in rows}
    )
    known = set(named.values_list("suggestion", "client_seq"))
    new: dict[tuple[int, str], SuggestionEvent] = {}
    for row in rows:
        if (key := (row.suggestion_id, row.client_seq)) not in known:
            new.setdefault(key, row)
    return len(SuggestionEvent.objects.bulk_create(new.values(), ignore_conflicts=True))


def record_fallbacks(suggestions: Sequence[Suggestion], *, now: datetime) -> int:
    """Append that the live release made suggestions where that of their variant could not."""
    kind = SuggestionEvent.Type.RELEASE_FALLBACK
    return _append(
        [
            SuggestionEvent(suggestion=row, type=kind, at=now, client_seq="release-fallback")
            for row in suggestions
        ]
    )


def record_replies(replies: Sequence[Reply], *, now: datetime) -> list[Match]:
    """Compare replies with the suggestions of the turns they answer; those of turns without a text are not compared."""
    answered = suggestions_answered_by(replies)
    pairs = [(answered[reply.pk], reply) for reply in replies if reply.pk in answered]
    if not pairs:
        return []
    _append(
        [
            SuggestionEvent(
                suggestion=suggestion, type=SuggestionEvent.Type.SENT, actor=reply.author,
                client_seq=f"reply-{reply.pk}", at=reply.sent_at,
            )
            for suggestion, reply in pairs
        ]
    )  # fmt: skip
    assigning.expose_all([(suggestion, reply.author, now) for suggestion, reply in pairs if reply.author])
    contamination.note_answers([reply for _, reply in pairs if reply.author], now=now)
    return _record(pairs, now=now)


def record_answered(suggestions: Sequence[Suggestion], *, now: datetime) -> list[Match]:
    """Compare suggestions with their turns' replies, where these were sent before the suggestion was ready."""
    answers = answers_of([suggestion.message for suggestion in suggestions])
    pairs = [(row, answers[row.message_id]) for row in suggestions if row.message_id in answers]
    return _record(pairs, now=now) if pairs else []


def answers_of(messages: Sequence[Message]) -> dict[int, Reply]:
    """Return the replies that ended turns, by their newest message; none where a turn waits, or where it went on."""
    after = {"case": OuterRef("case"), "sent_at__gt": OuterRef("sent_at")}
    first = Reply.objects.filter(**after).order_by("sent_at")
    asked = Message.objects.filter(pk__in=[message.pk for message in messages]).annotate(
        reply=Subquery(first.values("pk")[:1]), replied_at=Subquery(first.values("sent_at")[:1])
    )
    went_on = Message.objects.filter(**after, sent_at__lt=OuterRef("replied_at"))
    ended = dict(asked.exclude(reply=None).exclude(Exists(went_on)).values_list("pk", "reply"))
    replies = Reply.objects.select_related("author").in_bulk(ended.values()) if ended else {}
    return {message: replies[reply] for message, reply in ended.items()}


def suggestions_answered_by(replies: Sequence[Reply]) -> dict[int, Suggestion]:
    """Return by reply the suggestion of the turn that it is the first answer to."""
    said = Message.objects.filter(case=OuterRef("case"), sent_at__lte=OuterRef("sent_at")).order_by(
        "-sent_at", "-pk"
    )
    sent = Reply.objects.filter(pk__in=[reply.pk for reply in replies]).annotate(
        message=Subquery(said.values("pk")[:1]), said_at=Subquery(said.values("sent_at")[:1])
    )
    # Of several replies to the same turn the first one is what is compared.
    earlier = Reply.objects.filter(
        case=OuterRef("case"), sent_at__gt=OuterRef("said_at"), sent_at__lt=OuterRef("sent_at")
    )
    answered = dict(sent.exclude(message=None).exclude(Exists(earlier)).values_list("pk", "message"))
    if not answered:
        return {}
    found = Suggestion.objects.current().filter(message__in=answered.values())
    of_message = {
        row.message_id: row for row in found.select_related("message", "case__customer", "case__team")
    }
    return {reply: of_message[message] for reply, message in answered.items() if message in of_message}


def expect_settling() -> None:
    """Queue a look at the matches whose meaning is open."""
    from copilot import tasks  # tasks import what imports this module

    tasks.settle_matches.delay_on_commit()  # type: ignore[attr-defined]  # not in celery's stubs


def match_of(suggestion: Suggestion, reply: Reply, *, measure: Measure, now: datetime) -> Match:
    """Return the comparison of a suggestion's text with a reply by their words, not yet saved."""
    texts = Texts.of(suggestion, reply)
    match = compared(texts, measure=measure)
    columns = fields_of(match, is_pending=is_open(match, texts, measure=measure))
    return Match(suggestion=suggestion, reply=reply, version=measure.version, recorded_at=now, **columns)


def _record(pairs: Sequence[tuple[Suggestion, Reply]], *, now: datetime) -> list[Match]:
    """Record the matches of turns with a text, under the version that is current when they are stored.

    What a withheld suggestion would have said is no match: it is noted apart, and a worker compares it.
    """
    withheld = [pair for pair in pairs if pair[0].state == State.WITHHELD]
    is_open = bool(withheld and withholding.note_replies(withheld, now=now))
    compared = [pair for pair in pairs if pair[0].state in {State.OFFERED, State.SHADOW}]
    stored: list[Match] = []
    if compared:
        with transaction.atomic():
            measure = measure_of(match_versions.hold_current(), [reply.author for _, reply in compared])
            stored = _store(_closest(compared, measure=measure, now=now))
    if is_open or any(match.is_pending for match in stored):
        expect_settling()
    return stored


def _store(matches: Sequence[Match]) -> list[Match]:
    """Store matches and return them, less those that are recorded already: once a reply, once a suggestion."""
    try:
        with transaction.atomic():
            return Match.objects.bulk_create(matches)
    except IntegrityError:
        return [match for each in matches for match in _store([each])] if len(matches) > 1 else []


def _closest(pairs: Sequence[tuple[Suggestion, Reply]], *, measure: Measure, now: datetime) -> list[Match]:
    """Return for each turn its match, by that of its suggestions which was inserted, or of which most was kept.

    That may be one which a newer message superseded after the agent had inserted it; in doubt it is the newest.
    """
    superseded = _superseded([suggestion for suggestion, _ in pairs])
    inserted = _inserted(row for rows in superseded.values() for row in rows)
    found = []
    for suggestion, reply in pairs:
        matches = [
            match_of(each, reply, measure=measure, now=now)
            for each in (suggestion, *superseded.get(suggestion.pk, ()))
        ]
        match = max(
            matches, key=lambda each: ((each.suggestion_id, reply.author_id) in inserted, each.retained)
        )
        if match.suggestion != suggestion:
            match.suggestion, match.closest = suggestion, match.suggestion
        found.append(match)
    return found


def _inserted(superseded: Iterable[Suggestion]) -> set[tuple[int, int | None]]:
    """Return which of these were inserted, and by whom."""
    asked = [suggestion.pk for suggestion in superseded]
    if not asked:
        return set()
    kind = SuggestionEvent.Type.INSERTED
    rows = SuggestionEvent.objects.filter(suggestion__in=asked, type=kind)
    return set(rows.values_list("suggestion", "actor"))


def _superseded(suggestions: Sequence[Suggestion]) -> dict[int, list[Suggestion]]:
    """Return by suggestion the earlier ones of the same turn that hold a text, the newest first."""
    cases = {suggestion.case_id for suggestion in suggestions}
    earlier = Suggestion.objects.filter(case__in=cases, state=State.SUPERSEDED).exclude(text="")
    earlier = earlier.select_related("case__customer", "case__team").order_by("-message__sent_at", "-pk")
    of_case: dict[int, list[Suggestion]] = {}
    for row in earlier:
        of_case.setdefault(row.case_id, []).append(row)
    found = {}
    for suggestion in suggestions:
        if rows := of_case.get(suggestion.case_id):
            turn = {message.pk for message in messages_of(suggestion.message)}
            found[suggestion.pk] = [row for row in rows if row.message_id in turn]
    return found
