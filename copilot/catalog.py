"""The catalog as the pipeline sees it, at any moment of history."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone

from copilot.models import Answer, AnswerVersion, CatalogChange, Topic
from copilot.pipeline.types import Catalog, CatalogAnswer


@dataclass(frozen=True)
class CatalogMoment:
    """The answers in force at one time: for the pipeline, and their versions by the pipeline's keys."""

    catalog: Catalog
    versions: dict[str, AnswerVersion]

    def entry_of(self, version: AnswerVersion) -> CatalogAnswer:
        """Return an answer's version as the pipeline sees it."""
        return next(entry for entry in self.catalog.answers if self.versions[entry.key] == version)


def catalog_at(at: datetime) -> CatalogMoment:
    """Return the approved answers as they stood at a time, and the topics retired by now."""
    day = timezone.localdate(at)
    answers = (
        Answer.objects.in_use()
        .with_version_at(at)
        .select_related("topic__area__team__guidance")
        .prefetch_related(Prefetch("conflicts_with", Answer.objects.in_use().only("slug")))
    )
    bodies = AnswerVersion.objects.in_bulk([answer.version_id for answer in answers])
    entries, versions = [], {}
    for answer in answers:
        version = bodies[answer.version_id]
        version.answer = answer
        key = f"{answer.slug}@{version.number}"
        versions[key] = version
        entries.append(
            CatalogAnswer(
                key=key,
                slug=answer.slug,
                name=answer.name,
                topic=answer.topic.slug,
                text=version.body,
                expired=answer.is_expired(day),
                public=not answer.is_internal,
                conflicts_with=frozenset(other.slug for other in answer.conflicts_with.all()),
            )
        )
    return CatalogMoment(Catalog(tuple(entries), heirs_of_retired()), versions)


def heirs_of_retired() -> dict[str, tuple[str, ...]]:
    """Return for each retired topic those that took its place and are in use, through as many changes as there were."""
    given: dict[str, tuple[str, ...]] = dict.fromkeys(
        Topic.objects.filter(retired_at__isnull=False).values_list("slug", flat=True), ()
    )
    reshaped = CatalogChange.objects.standing().filter(heirs__isnull=False, topics__slug__in=given)
    for slug, heir in reshaped.order_by("heirs__pk").values_list("topics__slug", "heirs__slug"):
        given[slug] = (*given[slug], heir)
    return {slug: tuple(dict.fromkeys(_last_heirs(slug, given, frozenset()))) for slug in given}


def _last_heirs(slug: str, given: Mapping[str, tuple[str, ...]], seen: frozenset[str]) -> Iterator[str]:
    """A chain of changes, followed to the topics in use; one that leads back to itself ends there."""
    for heir in given[slug]:
        if heir not in given:
            yield heir
        elif heir not in seen:
            yield from _last_heirs(heir, given, seen | {slug})
