"""What happened to the demo world's catalog: policies that changed, and texts that wait for approval."""

from datetime import timedelta

from copilot import changing
from copilot.config.demo.clock import Clock
from copilot.config.demo.world import World
from copilot.models import Answer, AnswerVersion, CatalogChange, Topic
from helpdesk.models import User


def load_curation(world: World, people: dict[str, User], clock: Clock) -> None:
    """Announce what changed, on the day it did, and store the drafts; what is there already is left as it is."""
    for entry in world.changes:
        if not CatalogChange.objects.filter(kind=entry["kind"], note=entry["note"]).exists():
            day = clock.start_of_week(entry["week"])
            topics = list(Topic.objects.filter(slug__in=entry["topics"]))
            changing.announce(
                kind=entry["kind"],
                topics=topics,
                since=day,
                by=people[entry["by"]],
                now=day,
                note=entry["note"],
            )
    for entry in world.drafts:
        answer = _answer_of(entry, people)
        if answer.versions.filter(body=entry["body"].strip()).exists():
            continue
        AnswerVersion.objects.create(
            answer=answer,
            number=answer.versions.count() + 1,
            body=entry["body"].strip(),
            author=people[entry["author"]],
            change=entry.get("change", AnswerVersion.Change.MEANING),
            note=entry["note"],
            created_at=clock.now - timedelta(days=entry["days_ago"]),
        )


def _answer_of(entry: dict, people: dict[str, User]) -> Answer:
    """The answer that a draft is of; a new one is made, and offered to nobody before it is approved."""
    if "new" not in entry:
        return Answer.objects.get(slug=entry["answer"])
    new = entry["new"]
    return Answer.objects.get_or_create(
        slug=new["slug"],
        defaults={
            "name": new["name"],
            "topic": Topic.objects.get(slug=new["topic"]),
            "owner": people[new["owner"]],
        },
    )[0]
