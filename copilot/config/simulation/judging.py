"""Simulated experts judge the weekly samples that labeling draws, with the errors that `behaviour.yaml` states.

Each closed week is drawn from and judged once, the newest one excepted: that is left to people. Samples hold turns of
the demo world too, whose truth is written in its files.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from copilot import judging
from copilot.config.demo.world import PREFIX as OF_DEMO
from copilot.config.demo.world import WrittenMessage
from copilot.config.simulation.asking import chance_of
from copilot.config.simulation.behaviour import Experts
from copilot.config.simulation.happening import accepted_of
from copilot.config.simulation.living import Life
from copilot.judging import Verdicts
from copilot.models import Match, Verdict
from helpdesk.models import Role, User
from labeling import drawing
from labeling.judging import keep
from labeling.models import JudgingAct, TurnToJudge

USERNAME = "simulated-expert-"
CHANCES = ("judges", "second judges")  # the second one errs apart from the first
JUDGED_AFTER = timedelta(days=15)  # from a week's Monday on: the day after it was closed


@dataclass(frozen=True)
class Panel:
    """The experts of a simulated world of `n_cases`, and what they know to be true."""

    life: Life
    n_cases: int

    def weeks(self, *, now: datetime) -> list[date]:
        """Return the Mondays of the weeks that wait to be judged, the oldest first."""
        first = timezone.localdate(self.life.clock.start_of_week(1))
        monday, newest = first - timedelta(days=first.weekday()), judging.latest_closed_week(now)
        judged = JudgingAct.objects.filter(person__username__startswith=USERNAME)
        done = set(judged.values_list("turn__sample__week", flat=True))
        weeks = (monday + number * judging.WEEK for number in range((newest - monday).days // 7))
        return [week for week in weeks if week not in done]

    def judge(self, week: date, *, size: int = drawing.SIZE) -> int:
        """Draw from a week unless it was drawn from, judge what was drawn, and return how many turns that are."""
        at = datetime.combine(week, time(9), tzinfo=timezone.get_default_timezone()) + JUDGED_AFTER
        drawing.draw(week, now=at, size=size)
        known = Q(suggestion__message__external_id__startswith=self.life.prefix)
        known |= Q(suggestion__message__external_id__startswith=OF_DEMO)
        drawn = TurnToJudge.objects.filter(known, sample__week=week, acts=None).order_by("place")
        n = 0
        for turn in drawn.select_related("sample", "suggestion__message", "suggestion__answer__answer"):
            first = n % len(self._experts)
            judges = (self._experts[first:] + self._experts[:first])[: turn.n_judges]
            said = [(person, self._said(turn, of)) for person, of in zip(judges, CHANCES, strict=False)]
            for person, verdicts in said:
                if verdicts is not None:
                    keep(turn, person, verdicts, now=at)
            n += said[0][1] is not None
        return n

    def _said(self, turn: TurnToJudge, chance_name: str) -> Verdicts | None:
        """Return what an expert says of a turn; None if no reply is compared with it any more."""
        match = judging.match_of(turn.suggestion)
        suggestion = match.compared if match else turn.suggestion
        if match is None or suggestion.answer is None:
            return None
        change, name = self.life.behaviour.change, suggestion.message.external_id
        week = self.life.clock.week_of(suggestion.message.sent_at)
        answer = suggestion.answer.answer.slug
        accepted = accepted_of(self._written[name]) if name in self._written else frozenset()
        is_right = answer in accepted and not change.is_outdated(answer, suggestion.text, week=week)
        says_it = match.kind in Match.MATCHING
        is_outdated = change.is_outdated(answer, match.reply.body, week=week)
        chance, experts = chance_of(self.life.seed, chance_name, name), self.life.behaviour.experts
        return Verdicts(
            suggestion=verdict(is_right, experts, chance),
            reply=verdict(not is_outdated and (is_right or not says_it), experts, chance),
        )

    @cached_property
    def _written(self) -> Mapping[str, WrittenMessage]:
        """The written message that stands behind each one, by its external id; a customer who comes back has none."""
        return dict(self._named())

    def _named(self) -> Iterator[tuple[str, WrittenMessage]]:
        for written in self.life.world.messages:
            yield f"{OF_DEMO}{written.id}", written
        for day in self.life.days(self.n_cases):
            for asked in day.asked:
                yield f"{self.life.prefix}{asked.number}", asked.written

    @cached_property
    def _experts(self) -> list[User]:
        """The experts, made if they are not there: nobody can sign in as one."""
        return [
            User.objects.get_or_create(
                username=f"{USERNAME}{name.lower()}",
                defaults={
                    "first_name": name,
                    "last_name": "(simulated)",
                    "role": Role.SME,
                    "is_active": False,
                },
            )[0]
            for name in self.life.behaviour.experts.names
        ]


def verdict(is_right: bool, experts: Experts, chance: random.Random) -> Verdict:
    """Return what an expert says of a text."""
    if chance.random() < experts.unsure:
        return Verdict.CANT_SAY
    errs = chance.random() < (experts.condemns if is_right else experts.passes)
    return Verdict.YES if is_right != errs else Verdict.NO
