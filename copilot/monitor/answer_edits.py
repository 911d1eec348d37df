"""The edits that agents keep making in an answer, read from the newest replies that kept much of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from copilot import match_versions
from copilot.differing import Piece
from copilot.matching import edits
from copilot.matching.normalising import Normal, normal
from copilot.matching.signatures import without_block
from copilot.measure import Measure, Texts, measure_of
from copilot.models import Answer, AnswerVersion, Match

LOOKED_AT = 200  # replies, the newest
SHOWN = 5
AROUND = 9  # words of the answer shown on either side
CHANGED = (Match.Kind.NEAR, Match.Kind.RETAINED, Match.Kind.CONFLICT)


@dataclass(frozen=True)
class KeptEdit:
    """An edit as the page shows it: in its place in the answer, how often, by how many agents.

    `version` is the newest that has the place; None where none does.
    """

    pieces: tuple[Piece, ...]
    version: AnswerVersion | None
    n: int
    n_agents: int
    has_fact: bool


@dataclass(frozen=True)
class KeptEdits:
    """What was found in so many replies; `n_erased` can't be read any more."""

    rows: tuple[KeptEdit, ...]
    n_replies: int
    n_erased: int


def edits_of(answer: Answer, *, since: date) -> KeptEdits:
    """Return the edits that at least three agents made, in replies to what came in since a day."""
    matches = list(
        Match.objects.current()
        .filter(suggestion__answer__answer=answer, kind__in=CHANGED, suggestion__created_at__date__gte=since)
        .select_related("reply__author", "suggestion__case__customer", "suggestion__case__team")
        .defer("reply__search", "suggestion__parts", "suggestion__question")
        .order_by("-suggestion")[:LOOKED_AT]
    )
    known = [match for match in matches if match.reply.body and match.suggestion.text]
    measure = measure_of(match_versions.current(), [match.reply.author for match in known])
    found = edits.common((match.reply.author_id, _edits(match, measure)) for match in known)
    approved = answer.versions.filter(approved_at__isnull=False).order_by("-number")
    versions = [(version, normal(version.body)) for version in approved]
    rows = tuple(_row(each, versions) for each in found[:SHOWN])
    return KeptEdits(rows, len(known), len(matches) - len(known))


def _edits(match: Match, measure: Measure) -> list[tuple[edits.Edit, edits.Place]]:
    texts = Texts.of(match.suggestion, match.reply)
    signature, values = measure.signature_of(texts), texts.values
    sides = [
        normal(without_block(side, signature) if signature else side, values=values)
        for side in (texts.suggested, texts.sent)
    ]
    return edits.edits(*sides)


def _row(found: edits.CommonEdit, versions: Iterable[tuple[AnswerVersion, Normal]]) -> KeptEdit:
    places = ((version, edits.in_text(found, text, around=AROUND)) for version, text in versions)
    version, (before, after) = next((place for place in places if any(place[1])), (None, ("", "")))
    pieces = [
        ("same", f"… {before} " if before else ""),
        ("gone", found.place.gone),
        ("new", found.place.new),
    ]
    pieces.append(("same", f" {after} …" if after else ""))
    return KeptEdit(tuple(_known(pieces)), version, found.n, found.n_agents, found.place.has_fact)


def _known(pieces: Iterable[tuple[str, str]]) -> list[Piece]:
    return [Piece(kind, text) for kind, text in pieces if text]
