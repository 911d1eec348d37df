"""A person judges drawn turns blind, one at a time: both texts in an order of chance, nothing said of where from.

Greeting, closing, signature and quotes are taken off, for they would tell which text is the agent's.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from copilot import judging
from copilot.judging import Draw, JudgmentRefusedError, Verdicts
from copilot.models import Match
from copilot.pipeline.wording import readable, variables, word
from copilot.variables import values_for
from helpdesk import access, bodies
from helpdesk.models import User
from labeling.models import JudgingAct, TurnToJudge
from labeling.showing import PACED_BY, Before, Progress, pace, written_before

HOLDS = timedelta(minutes=10)  # in which nobody else gets the turn
Kind = JudgingAct.Kind


@dataclass(frozen=True)
class Sheet:
    """A turn as it is judged; `texts` are both, or the one text where both say the same."""

    turn: TurnToJudge
    question: str
    subject: str
    language: str
    before: list[Before]
    texts: tuple[str, ...]


@transaction.atomic
def next_for(person: User, *, now: datetime) -> TurnToJudge | None:
    """Give a person the turn they hold, else the newest week's first that nobody holds; None if none waits."""
    waiting = waiting_for(person, now=now)
    held = waiting.filter(held_by=person, held_until__gt=now).order_by("-held_until")
    free = waiting.order_by("-sample__week", "place").select_for_update(skip_locked=True, of=("self",))
    turn = held.first() or free.first()
    if turn:
        _hold(turn, person, now)
    return turn


def waiting_for(person: User, *, now: datetime) -> QuerySet[TurnToJudge]:
    """Return the turns that a person may judge: still to be judged, by this person neither seen to nor answered."""
    acts = JudgingAct.objects.standing().filter(turn=OuterRef("pk"))
    compared = Match.objects.current().filter(suggestion=OuterRef("suggestion"))
    return (
        TurnToJudge.objects.unsettled()
        .filter(suggestion__case__in=access.cases_for(person))
        .filter(Q(held_until=None) | Q(held_until__lte=now) | Q(held_by=person))
        .exclude(Exists(acts.filter(person=person)))
        .filter(Exists(compared), ~Exists(compared.filter(reply__author=person)))
    )


def sheet_of(turn: TurnToJudge, person: User) -> Sheet:
    """Return what is shown of a turn: nothing that tells which text was suggested and which was sent."""
    suggestion, match = turn.suggestion, judging.match_of(turn.suggestion)
    text, reply = (match.compared.text, match.reply) if match else (suggestion.text, None)
    author = reply.author if reply else None
    values = values_for(suggestion.case, author)
    values |= {name: f"[{readable(f'{{{{{name}}}}}')}]" for name in variables(text) if name not in values}
    filled = word(text, values=values, greeting="", closing="").text
    pair = [_body(filled), _body(reply.body if reply else "")]
    if _is_turned(turn, person):
        pair.reverse()
    is_same = pair[0].split() == pair[1].split()
    return Sheet(
        turn=turn,
        question=suggestion.question or suggestion.message.body,
        subject=suggestion.case.subject,
        language=suggestion.case.language or "",
        before=written_before(suggestion.message),
        texts=tuple(pair[:1] if is_same else pair),
    )


def judge(turn: TurnToJudge, person: User, *, first: str, second: str, now: datetime) -> None:
    """Keep what a person says of both texts, in the order in which they were shown; `second` "" if there was one.

    Raises:
        JudgmentRefusedError: as `keep`.
    """
    second = second or first
    said = Verdicts(second, first) if _is_turned(turn, person) else Verdicts(first, second)
    keep(turn, person, said, now=now)


@transaction.atomic
def keep(turn: TurnToJudge, person: User, said: Verdicts, *, now: datetime) -> None:
    """Keep a person's verdicts on the suggestion and on the reply.

    Raises:
        JudgmentRefusedError: as `copilot.judging.judge`, or others have judged it while this person held it too long.
    """
    TurnToJudge.objects.select_for_update().get(pk=turn.pk)
    others = JudgingAct.objects.standing().filter(turn=turn, kind=Kind.JUDGED).exclude(person=person)
    if others.count() >= turn.n_judges:
        raise JudgmentRefusedError("Somebody else has judged this turn in the meantime: skip it.")
    drawn = Draw(turn.sample.week, turn.stratum, turn.inclusion_probability)
    judging.judge(turn.suggestion, by=person, said=said, drawn=drawn, now=now)
    _act(turn, person, Kind.JUDGED, now)


@transaction.atomic
def skip(turn: TurnToJudge, person: User, *, now: datetime) -> None:
    """Pass a turn by: somebody else may judge it."""
    _act(turn, person, Kind.SKIPPED, now)


@transaction.atomic
def undo(person: User, *, now: datetime) -> TurnToJudge | None:
    """Take back a person's latest act, and give them its turn again; None if there is nothing left to undo."""
    acts = JudgingAct.objects.standing().filter(person=person).order_by("-at", "-pk")
    act = acts.select_for_update(of=("self",)).first()
    if act is None:
        return None
    JudgingAct.objects.filter(pk=act.pk).update(undone_at=now)
    if act.kind == Kind.JUDGED:
        judging.take_back(act.turn.suggestion, by=person)
    TurnToJudge.objects.filter(held_by=person).update(held_until=now)
    _hold(act.turn, person, now)
    return act.turn


def progress_of(person: User, *, now: datetime) -> Progress:
    """Return how much a person has judged today, at which pace, and what is left for them."""
    acts = JudgingAct.objects.standing().filter(person=person)
    since = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    newest = list(acts.order_by("-at").values_list("at", flat=True)[:PACED_BY])
    return Progress(
        n_today=acts.filter(at__gte=since, kind=Kind.JUDGED).count(),
        n_left=waiting_for(person, now=now).count(),
        per_hour=pace(newest),
        can_undo=bool(newest),
    )


def _hold(turn: TurnToJudge, person: User, now: datetime) -> None:
    TurnToJudge.objects.filter(pk=turn.pk).update(held_by=person, held_until=now + HOLDS)


def _act(turn: TurnToJudge, person: User, kind: str, now: datetime) -> None:
    """Note what a person did with a turn; of two acts on the same one the later stands."""
    JudgingAct.objects.standing().filter(turn=turn, person=person).update(undone_at=now)
    JudgingAct.objects.create(turn=turn, person=person, kind=kind, at=now)
    TurnToJudge.objects.filter(pk=turn.pk, held_by=person).update(held_by=None, held_until=None)


def _is_turned(turn: TurnToJudge, person: User) -> bool:
    """Whether the reply stands first; the same for good, so that what was said is read as it was meant."""
    return bool(hashlib.sha256(f"{turn.pk} {person.pk}".encode()).digest()[0] & 1)


def _body(text: str) -> str:
    return bodies.split(text).text or text
