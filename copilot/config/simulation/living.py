"""Simulated weeks go through the real intake, pipeline and reply functions, with a clock of their own.

1. The messages of a day come in; the release of that week computes their suggestions, or there is none yet.
2. Agents open each case some time later and do what their habits say (see `answering`).
3. Some customers come back within days, and are answered once more.
4. The truth about each turn is handed out, for those who check figures against it.

A day is one transaction: it is there or not, so that what was interrupted goes on with the next one.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db import connection, transaction
from django.db.models import Count

from copilot import expecting, suggesting
from copilot.catalog import CatalogMoment, catalog_at
from copilot.config.demo.clock import WEEKS, Clock
from copilot.config.demo.world import World
from copilot.config.simulation import schooling
from copilot.config.simulation.answering import Desk
from copilot.config.simulation.asking import Asked, asked_in, by_day, chance_of
from copilot.config.simulation.behaviour import Behaviour
from copilot.config.simulation.dividing import experiment_of
from copilot.config.simulation.happening import Truth, Turn
from copilot.models import Area, Experiment, Release, Suggestion, SuggestionEvent
from copilot.simulated import PREFIX
from helpdesk.intake import IncomingCustomer, IncomingMessage, receive_messages
from helpdesk.models import Case, CaseTag, Message, Tag, Team

TAG = "simulated"
SET_CLOCK = """
UPDATE copilot_suggestion s
SET created_at = m.sent_at, queued_at = m.sent_at,
    finished_at = m.sent_at + computed.milliseconds * interval '1 millisecond'
FROM helpdesk_message m, unnest(%s::bigint[], %s::float8[]) AS computed(id, milliseconds)
WHERE m.id = s.message_id AND s.id = computed.id
"""


@dataclass(frozen=True)
class Day:
    """What is asked on one day of a week."""

    week: int
    asked: Sequence[Asked]


@dataclass
class Life:
    """One simulated world while it is lived; `release_of` says what serves a week: nothing, before the copilot came."""

    world: World
    behaviour: Behaviour
    clock: Clock
    seed: int
    release_of: Callable[[int], Release | None]
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def prefix(self) -> str:
        """What every external id of this simulation begins with."""
        return f"{PREFIX}{self.seed}:"

    def days(self, n_cases: int) -> Iterator[Day]:
        """Yield the days of twelve weeks in which so many cases are opened."""
        first = 0
        for week in range(1, WEEKS + 1):
            n = n_cases * week // WEEKS - n_cases * (week - 1) // WEEKS
            chance = chance_of(self.seed, week)
            asked = asked_in(
                week, n=n, first=first, world=self.world, behaviour=self.behaviour, clock=self.clock, chance=chance
            )  # fmt: skip
            first += n
            yield from (Day(week, day) for day in by_day(asked))

    def n_lived(self) -> int:
        """Return how many cases were opened already."""
        return Case.objects.filter(external_id__startswith=self.prefix).count()

    def remember(self) -> None:
        """Know again what agents were shown in the days that are over: they learned from it."""
        viewed = SuggestionEvent.objects.filter(
            type=SuggestionEvent.Type.VIEWED, suggestion__message__external_id__startswith=self.prefix
        )
        shown = viewed.values_list("actor__username", "suggestion__answer__answer__slug")
        self.seen = Counter(
            {(agent, answer): n for agent, answer, n in shown.annotate(n=Count("pk")).order_by()}
        )

    @transaction.atomic
    def live(self, day: Day) -> list[Truth]:
        """Live one day, and return what was true of each of its turns."""
        moment = catalog_at(day.asked[0].at)
        turns = self._receive(day.asked)
        truths = self._answer(day.week, turns, moment)
        return truths + self._answer(day.week, self.desk.come_back(truths), moment)

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.world, self.behaviour, self.clock, self.seed, self.seen)

    @cached_property
    def experiment(self) -> Experiment:
        return experiment_of(self.behaviour.experiment, seed=self.seed, clock=self.clock)

    def _answer(self, week: int, turns: Sequence[Turn], moment: CatalogMoment) -> list[Truth]:
        suggestions = self._suggest(week, [turn.message for turn in turns], moment)
        return self.desk.answer(week, turns, suggestions, moment)

    def _receive(self, asked: Sequence[Asked]) -> list[Turn]:
        """Take in what is new of a day's messages, each the first of its case."""
        customers = {customer["slug"]: customer for customer in self.world.customers}
        receipts = receive_messages(
            [
                IncomingMessage(
                    channel=each.written.channel,
                    external_id=f"{self.prefix}{each.number}",
                    case_external_id=f"{self.prefix}{each.number}",
                    body=each.written.body,
                    subject=each.written.subject,
                    customer=IncomingCustomer(
                        email=customers[each.written.customer]["email"],
                        name=customers[each.written.customer]["name"],
                    ),
                    sent_at=each.at,
                    case_attributes=each.written.facts,
                )
                for each in asked
            ],
            now=asked[-1].at,
            announce=False,
        )
        new = {
            receipt.message_id: each
            for receipt, each in zip(receipts, asked, strict=True)
            if receipt.message_id and receipt.created
        }
        rows = Message.objects.select_related("case__customer", "case__team__guidance").in_bulk(list(new))
        turns = [Turn.of(asked, rows[pk]) for pk, asked in new.items()]
        self._mark(turns)
        return turns

    def _mark(self, turns: Sequence[Turn]) -> None:
        """Tag the cases, and give each to the team of its topic; what is no question is anybody's."""
        tag, _ = Tag.objects.get_or_create(name=TAG)
        CaseTag.objects.bulk_create(CaseTag(case=turn.message.case, tag=tag) for turn in turns)
        moved = []
        for turn in turns:
            if turn.topic:
                turn.message.case.team = self._teams[self.world.topics[turn.topic]]
                moved.append(turn.message.case)
        Case.objects.bulk_update(moved, ["team"], batch_size=500)

    def _suggest(
        self, week: int, messages: Sequence[Message], moment: CatalogMoment
    ) -> Mapping[int, Suggestion]:
        """Compute and store the suggestions of messages; return them by the message."""
        release = self.release_of(week)
        if release is None or not messages:
            return {}
        now = messages[0].sent_at
        pending = expecting.store_pending(messages, now=now, experiment=self.experiment)
        ids = [row.pk for row in pending if row.is_pending]
        rows = list(
            Suggestion.objects.filter(pk__in=ids).select_related("message", *suggesting.CASE_FOR_WORDING)
        )
        suggesting.suggest_with(schooling.pipeline_of(release), release, rows, moment, now=now)
        took = [self._milliseconds(row.message.sent_at, row.message.external_id) for row in rows]
        with connection.cursor() as cursor:
            cursor.execute(SET_CLOCK, [[row.pk for row in rows], took])
        stored = Suggestion.objects.filter(pk__in=ids).with_treatment().select_related("answer__answer")
        return {row.message_id: row for row in stored}

    def _milliseconds(self, at: datetime, name: str) -> float:
        """Return how long a suggestion takes: in some hours far longer."""
        takes, chance = self.behaviour.computing, chance_of(self.seed, "computing", name)
        found = takes.milliseconds * math.exp(chance.gauss(0, takes.spread))
        if chance_of(self.seed, "hour", at.strftime("%Y-%m-%d %H")).random() < takes.stalled:
            found += 1000 * chance.random() * takes.seconds
        return found

    @cached_property
    def _teams(self) -> dict[str, Team | None]:
        return {area.slug: area.team for area in Area.objects.select_related("team__guidance")}
