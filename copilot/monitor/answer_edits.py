"""The edits that agents keep making in an answer, read from the newest replies that kept much of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from copilot import match_versions
from copilot.differing import Piece
from copilot.matching import edits
from copilot.matching.normalising import Normal, normal
from copilot.matching.signatures import without_block
from copilot.measure import Measure, Texts, measure_of
from copilot.models import Answer, AnswerVersion, Match
from copilot.monitor.rolling import span_of
from copilot.monitor.shares import FEWEST_AGENTS

LOOKED_AT = 200  # replies, the newest
SHOWN = 5
AROUND = 9  # words of the answer shown on either side
CHANGED = (Match.Kind.NEAR, Match.Kind.RETAINED, Match.Kind.CONFLICT)


@dataclass(frozen=True)
class KeptEdit:
    """An edit as the page shows it: in its place in the answer, how often, by how many agents.

    `replaced` is the number of the version that has the place, if the one in force has it no longer; else 0.
    """

    pieces: tuple[Piece, ...]
    replaced: int
    n: int
    n_agents: int
    has_fact: bool

    @property
    def is_of_few(self) -> bool:
        """Whether so few agents make it that only the edit itself may be shown."""
        return self.n_agents < FEWEST_AGENTS


@dataclass(frozen=True)
class KeptEdits:
    """What was found in so many replies; `n_erased` can't be read any more."""

    rows: tuple[KeptEdit, ...]
    n_replies: int
    n_erased: int

    @property
    def is_open(self) -> bool:
        """Whether any of them is not yet in the version in force."""
        return any(not row.replaced for row in self.rows)


def edits_of(answer: Answer, *, since: date) -> KeptEdits:
    """Return the edits that at least three agents made, in replies to what came in since a day."""
    # First which they are, then all that is read of them: of most there is no need to know more.
    newest = _newest(answer, span_of(since)[0])
    matches = list(
        Match.objects.filter(pk__in=newest)
        .select_related("reply__author", "suggestion__case__customer", "suggestion__case__team")
        .defer("reply__search", "suggestion__parts", "suggestion__question")
        .order_by("-suggestion")
    )
    known = [match for match in matches if match.reply.body and match.suggestion.text]
    measure = measure_of(match_versions.current(), [match.reply.author for match in known])
    found = edits.common((match.reply.author_id, _edits(match, measure)) for match in known)
    approved = answer.versions.filter(approved_at__isnull=False).order_by("-number")
    versions = [(version, normal(version.body)) for version in approved]
    rows = tuple(_row(each, versions) for each in found[:SHOWN])
    return KeptEdits(rows, len(known), len(matches) - len(known))


def _newest(answer: Answer, since: datetime) -> list[int]:
    """Return the newest matches of replies that changed it, each version's by an index that ends where enough are."""
    found: list[tuple[datetime, int, int]] = []
    for version in answer.versions.all():
        changed = Match.objects.current().filter(
            suggestion__answer=version, suggestion__created_at__gte=since, kind__in=CHANGED, closest=None
        )
        rows = changed.order_by("-suggestion__created_at", "-suggestion")
        found += rows.values_list("suggestion__created_at", "suggestion", "pk")[:LOOKED_AT]
    return [pk for _, _, pk in sorted(found, reverse=True)[:LOOKED_AT]]


def _edits(match: Match, measure: Measure) -> list[tuple[edits.Edit, edits.Place]]:
    texts = Texts.of_match(match)
    signature, values = measure.signature_of(texts), texts.values
    sides = [
        normal(without_block(side, signature) if signature else side, values=values)
        for side in (texts.suggested, texts.sent)
    ]
    return edits.edits(*sides)


def _row(found: edits.CommonEdit, versions: Sequence[tuple[AnswerVersion, Normal]]) -> KeptEdit:
    replaced, before, after = 0, "", ""
    for place, (version, text) in enumerate(versions):
        before, after = edits.in_text(found, text, around=AROUND)
        if before or after:
            replaced = version.number if place else 0
            break
    pieces = [("same", f"… {before} " if before else ""), ("gone", found.place.gone)]
    pieces += [("new", found.place.new), ("same", f" {after} …" if after else "")]
    return KeptEdit(tuple(_known(pieces)), replaced, found.n, found.n_agents, found.place.has_fact)


def _known(pieces: Iterable[tuple[str, str]]) -> list[Piece]:
    return [Piece(kind, text) for kind, text in pieces if text]
