"""What a suggestion would have said that was withheld for being unsure: unseen, so that a lower floor can be judged.

1. `texts_of` words the best answer where only the floor of the answer stage or of confidence stood against it, as if it
   were offered.
2. `note_replies` notes the reply that ended the turn; nobody waits for more.
3. A worker compares both (`meaning.settle`), by the version of the matching that is current.
4. `compare_anew` has them compared again by another version, but for what was erased.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from copilot.catalog import CatalogMoment
from copilot.models import MatchVersion, Suggestion, WithheldText
from copilot.models.suggestion import Reason
from copilot.pipeline.types import Outcome
from copilot.worded import word_for
from helpdesk.models import Reply

UNSURE = (Reason.CONFIDENCE_LOW, Reason.ANSWER_UNSURE)  # a lower floor would have let it pass


def texts_of(suggestion: Suggestion, outcome: Outcome, moment: CatalogMoment) -> list[WithheldText]:
    """Return what a suggestion would have said if no floor stood against it; nothing if something else does."""
    if suggestion.reason not in UNSURE or outcome.answer is None or not outcome.answer.ranked:
        return []
    version = moment.versions[outcome.answer.ranked[0].key]
    wording, _ = word_for(suggestion.case, version)
    return [WithheldText(suggestion=suggestion, answer=version, text=wording.text)]


def answered(withheld: WithheldText, reply: Reply, *, now: datetime) -> WithheldText:
    """Set the reply to compare with, on a row that is to be stored."""
    withheld.reply, withheld.is_pending, withheld.recorded_at = reply, True, now
    return withheld


def note_replies(pairs: Sequence[tuple[Suggestion, Reply]], *, now: datetime) -> int:
    """Note the replies to withheld suggestions' turns, once each, and return how many there are to compare."""
    of_suggestion = {suggestion.pk: reply for suggestion, reply in pairs}
    waiting = WithheldText.objects.filter(suggestion__in=of_suggestion, reply=None)
    rows = [answered(row, of_suggestion[row.suggestion_id], now=now) for row in waiting]
    return WithheldText.objects.bulk_update(rows, ["reply", "is_pending", "recorded_at"])


def compare_anew(version: MatchVersion, *, now: datetime) -> int:
    """Have all compared again by a version, and return how many; what was erased stays as it was compared last."""
    compared = WithheldText.objects.exclude(kind="")
    erased = Q(text="") | Q(reply__body="")
    compared.filter(erased).update(version=version)
    return compared.exclude(erased).update(is_pending=True, recorded_at=now)
