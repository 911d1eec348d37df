"""Second replies: what is told to the customer within a day after a reply that answered a suggestion's turn."""

from datetime import datetime, timedelta

from copilot import match_versions
from copilot.matching import RULES_VERSION
from copilot.matching.comparing import survival
from copilot.matching.correcting import correction
from copilot.matching.normalising import normal
from copilot.measure import Texts, measure_of
from copilot.models import FollowUp, Match
from helpdesk.models import Reply

WITHIN = timedelta(hours=24)


def record_follow_up(reply: Reply, *, now: datetime) -> FollowUp | None:
    """Note a reply that comes soon after one that was compared with a suggestion; None if it comes after none.

    It stands beside the nearest such reply before it, whether or not the customer wrote in between.
    """
    match = (
        Match.objects.current()
        .filter(reply__case=reply.case_id, reply__sent_at__lt=reply.sent_at)
        .filter(reply__sent_at__gte=reply.sent_at - WITHIN)
        .exclude(reply=reply.pk)
        .select_related("reply", *(f"suggestion__{path}" for path in ("case__customer", "case__team")))
        .order_by("-reply__sent_at", "-pk")
        .first()
    )
    if match is None:
        return None
    measure = measure_of(match_versions.current(), [reply.author])
    texts = Texts.of(match.suggestion, reply)
    is_correction, delta = correction(
        match.reply.body,
        reply.body,
        values=texts.values,
        terms=measure.terms,
        signature=measure.signature_of(texts),
    )
    suggested, sent = normal(texts.suggested, values=texts.values), normal(reply.body, values=texts.values)
    return FollowUp.objects.get_or_create(
        reply=reply,
        defaults={
            "suggestion": match.suggestion,
            "is_correction": is_correction,
            "survival": survival(suggested.words, sent.words),
            "delta": delta.as_dict(),
            "rules_version": RULES_VERSION,
            "recorded_at": now,
        },
    )[0]
