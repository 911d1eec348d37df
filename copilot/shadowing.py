"""A candidate in the shadow: run after the live release on a share of cases, unseen, matched with what was sent.

1. `expect` queues the turns that a candidate looks at too, once the live release has decided them.
2. `shadow` runs the candidate over them, on the queue of work that can wait.
3. `record_replies` notes the replies to these turns; nobody waits for more.
4. A worker compares them (`meaning.settle`), by the version of the matching that is current, and once more when that
   is another one (`compare_anew`): both releases are always judged by the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, FilteredRelation, Q

from copilot import releases
from copilot.catalog import catalog_at
from copilot.evaluation import gate
from copilot.evaluation.backtest import Rate
from copilot.evaluation.paired import Difference, paired_difference
from copilot.experiments import assign_arm
from copilot.models import (
    Arm,
    Match,
    MatchVersion,
    Release,
    ShadowOutcome,
    Suggestion,
    SuggestionEvent,
    current_version,
)
from copilot.models.suggestion import State
from copilot.monitor.funnel import SUBSTANTIVE
from copilot.monitor.shares import FEWEST_AGENTS
from copilot.recording import answers_of, expect_settling, suggestions_answered_by
from copilot.suggesting import CASE_FOR_WORDING, compute
from helpdesk.models import Reply

ARMS = {Arm.SHADOW: "Nobody saw either", Arm.OFFER: "Agents saw the live one"}


def expect(*, suggestion_ids: Sequence[int]) -> None:
    """Queue the decided suggestions among these for every candidate that has a share of their cases."""
    from copilot import tasks  # tasks import this module

    for release in Release.objects.filter(state=Release.State.CANDIDATE, shadow_share__gt=0):
        decided = Suggestion.objects.filter(pk__in=suggestion_ids).exclude(state=State.PENDING)
        ids = [pk for pk, case in decided.values_list("pk", "case_id") if _is_shadowed(case, release)]
        if ids:
            tasks.shadow.delay_on_commit(  # type: ignore[attr-defined]  # not in celery's stubs
                release_id=release.pk, suggestion_ids=ids
            )


def shadow(*, release_id: int, suggestion_ids: Sequence[int], now: datetime) -> int:
    """Run a candidate over turns that it has not seen yet, and return how many; nothing if it is none any more."""
    release = Release.objects.filter(pk=release_id, state=Release.State.CANDIDATE).first()
    turns = list(
        Suggestion.objects.filter(pk__in=suggestion_ids)
        .exclude(shadows__release=release_id)
        .select_related("message", *CASE_FOR_WORDING)
        .order_by("pk")
    )
    if release is None or not turns:
        return 0
    rows = [
        Suggestion(
            case=turn.case,
            message=turn.message,
            arm=Arm.SHADOW,
            created_at=now,
            queued_at=now,
            finished_at=now,
        )
        for turn in turns
    ]
    moment = catalog_at(now)
    compute(rows, pipeline=releases.pipeline_of(release), release=release, moments=[moment] * len(rows))
    ShadowOutcome.objects.bulk_create(
        [_outcome(turn, row, release, now=now) for turn, row in zip(turns, rows, strict=True)],
        ignore_conflicts=True,
    )
    answers = answers_of([turn.message for turn in turns])
    for turn in turns:
        if reply := answers.get(turn.message_id):  # it was answered meanwhile
            _note(turn, reply, now=now)
    return len(turns)


def record_replies(replies: Sequence[Reply], *, now: datetime) -> None:
    """Note the replies to the turns that candidates looked at."""
    cases = {reply.case_id for reply in replies}
    waiting = ShadowOutcome.objects.filter(suggestion__case__in=cases, reply=None)
    shadowed = set(waiting.values_list("suggestion__case", flat=True))
    asked = [reply for reply in replies if reply.case_id in shadowed]
    answered = suggestions_answered_by(asked) if asked else {}
    for reply in asked:
        if suggestion := answered.get(reply.pk):
            _note(suggestion, reply, now=now)


def compare_anew(version: MatchVersion, *, now: datetime) -> int:
    """Have all compared again by a version, and return how many; what was erased stays as it was compared last."""
    compared = ShadowOutcome.objects.exclude(kind="")
    erased = Q(text="", reason="") | Q(reply__body="")
    compared.filter(erased).update(version=version)
    return compared.exclude(erased).update(is_pending=True, recorded_at=now)


def _is_shadowed(case_id: int, release: Release) -> bool:
    """Whether a candidate looks at a case: for good, so that its turns stay together."""
    salt = f"candidate-{release.pk}"
    return assign_arm(salt=salt, unit=case_id, shadow_share=release.shadow_share) == "shadow"


def _outcome(turn: Suggestion, row: Suggestion, release: Release, *, now: datetime) -> ShadowOutcome:
    return ShadowOutcome(
        suggestion=turn,
        release=release,
        reason="" if row.state == State.SHADOW else row.reason,
        topic=row.topic,
        answer=row.answer,
        confidence=row.confidence,
        text=row.text,
        created_at=now,
    )


def _note(suggestion: Suggestion, reply: Reply, *, now: datetime) -> None:
    if suggestion.shadows.filter(reply=None).update(reply=reply, is_pending=True, recorded_at=now):
        expect_settling()


@dataclass(frozen=True)
class ShadowRates:
    """Both releases on the same answered turns of one arm: how often the reply is what each would have suggested.

    A turn without a text counts as no match, so that silence is no way to a better rate. Of fewer than five agents
    nothing may be shown.
    """

    arm: Arm
    live: Rate
    candidate: Rate
    difference: Difference | None
    n_agents: int

    @property
    def name(self) -> str:
        return ARMS[self.arm]

    @property
    def is_of_few(self) -> bool:
        return self.n_agents < FEWEST_AGENTS


def findings(live: Release, candidate: Release) -> tuple[gate.Finding, ...]:
    """Return what the gate finds in turns of which nobody saw a suggestion; nothing of too few agents."""
    return tuple(
        gate.unseen(each.live, each.candidate, each.difference)
        for each in rates(live, candidate)
        if each.arm == Arm.SHADOW and each.difference and not each.is_of_few
    )


def rates(live: Release, candidate: Release) -> list[ShadowRates]:
    """Return both match rates by arm, as the current version of the matching has them.

    The live release has the advantage where agents saw its suggestion, and where the reply is in the words of one that
    a newer message replaced: its match is that of the reply, on whichever suggestion of the turn.
    """
    rows: list[Any] = list(
        ShadowOutcome.objects.filter(
            release=candidate,
            suggestion__release=live,
            n_reply_tokens__gte=SUBSTANTIVE,
            is_pending=False,
            version=current_version(),
        )
        .annotate(
            live=FilteredRelation("reply__matches", condition=Q(reply__matches__version=current_version()))
        )
        .exclude(live__is_pending=True)
        .values("kind", "suggestion__case_id", "suggestion__arm", "live__kind")
    )
    authors = _n_authors(live, candidate)
    found = [
        _rates(arm, [row for row in rows if row["suggestion__arm"] == arm], authors.get(arm, 0))
        for arm in ARMS
    ]
    return [each for each in found if each.live.n]


def _n_authors(live: Release, candidate: Release) -> dict[str, int]:
    """Return how many agents have replied to the turns of each arm that both releases decided."""
    sent = SuggestionEvent.objects.filter(
        type=SuggestionEvent.Type.SENT, suggestion__shadows__release=candidate, suggestion__release=live
    )
    return dict(sent.values_list("suggestion__arm").annotate(n=Count("actor", distinct=True)).order_by())


def _rates(arm: Arm, rows: Sequence[dict[str, Any]], n_agents: int) -> ShadowRates:
    live = [row["live__kind"] in Match.MATCHING for row in rows]
    candidate = [row["kind"] in Match.MATCHING for row in rows]
    counted = [True] * len(rows)
    cases = [str(row["suggestion__case_id"]) for row in rows]
    return ShadowRates(
        arm=arm,
        live=Rate.of(zip(cases, live, strict=True)),
        candidate=Rate.of(zip(cases, candidate, strict=True)),
        difference=paired_difference((live, counted), (candidate, counted), cases) if rows else None,
        n_agents=n_agents,
    )
