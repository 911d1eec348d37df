"""Replies compared with suggestions as one version of the matching does: the database's side of `matching.compare`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from copilot import match_versions, matching
from copilot.matching.closeness import sentences_of
from copilot.models import AgentSignature, Match, MatchVersion, Suggestion, Term
from copilot.variables import values_for
from helpdesk.models import Case, Reply, User


@dataclass(frozen=True)
class Texts:
    """A suggestion's text and the reply that was sent, with whose they are."""

    OF_MATCH: ClassVar[tuple[str, ...]] = (
        "suggestion__case__customer", "suggestion__case__team", "closest", "reply__author"
    )  # fmt: skip

    suggested: str
    sent: str
    case: Case
    author: User | None

    @classmethod
    def of(cls, suggestion: Suggestion, reply: Reply) -> Self:
        return cls(suggestion.text, reply.body, suggestion.case, reply.author)

    @classmethod
    def of_match(cls, match: Match) -> Self:
        return cls(match.compared.text, match.reply.body, match.suggestion.case, match.reply.author)

    @property
    def values(self) -> dict[str, str]:
        return values_for(self.case, self.author)


@dataclass(frozen=True)
class Measure:
    """What a comparison needs besides the texts; floors are by language, signatures by agent, terms are facts."""

    version: MatchVersion
    floors: Mapping[str, float] = field(default_factory=dict)
    terms: frozenset[str] = frozenset()
    signatures: Mapping[int, str] = field(default_factory=dict)

    def floor_for(self, texts: Texts) -> float | None:
        return self.floors.get(texts.case.language)

    def signature_of(self, texts: Texts) -> str:
        return self.signatures.get(texts.author.pk, "") if texts.author else ""

    def sentences_of(self, texts: Texts) -> tuple[list[str], list[str]]:
        """Return the sentences of both bodies, as the encoder reads them."""
        signature, values = self.signature_of(texts), texts.values
        return (
            sentences_of(texts.suggested, values=values, signature=signature),
            sentences_of(texts.sent, values=values, signature=signature),
        )


def measure_of(version: MatchVersion, authors: Iterable[User | None]) -> Measure:
    """Return the measure of a version, for replies of these authors."""
    ids = {author.pk for author in authors if author}
    blocks = AgentSignature.objects.filter(agent__in=ids).exclude(block="").values_list("agent", "block")
    return Measure(
        version=version,
        floors=match_versions.floors_of(version),
        terms=known_terms(),
        signatures=dict(blocks),
    )


def known_terms() -> frozenset[str]:
    """Return the names of products and plans, which a comparison takes for facts."""
    return frozenset(Term.objects.values_list("name", flat=True))


def compared(texts: Texts, *, measure: Measure, closeness: float | None = None) -> matching.Match:
    """Compare one pair; without a closeness by words alone."""
    return matching.compare(
        texts.suggested,
        texts.sent,
        values=texts.values,
        terms=measure.terms,
        signature=measure.signature_of(texts),
        closeness=closeness,
        semantic_floor=measure.floor_for(texts),
    )


def is_open(match: matching.Match, texts: Texts, *, measure: Measure) -> bool:
    """Whether only what both texts mean can tell."""
    return match.may_mean_same and measure.floor_for(texts) is not None


def fields_of(
    match: matching.Match, *, closeness: float | None = None, is_pending: bool = False
) -> dict[str, Any]:
    """Return the columns of a match."""
    return {
        "kind": Match.Kind(match.kind),
        "is_pending": is_pending,
        "similarity": match.similarity,
        "closeness": closeness,
        "retained": match.retained,
        "share": match.share,
        "survival": match.survival,
        "kept_characters": match.kept_characters,
        "n_reply_tokens": match.n_sent_tokens,
        "only_frame_edited": match.only_frame_edited,
        "delta": match.delta.as_dict(),
    }
