"""Second replies: what is told to the customer within a day after a reply that answered a suggestion's turn."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from copilot import match_versions
from copilot.matching import RULES_VERSION
from copilot.matching.comparing import survival
from copilot.matching.correcting import correction
from copilot.matching.normalising import normal
from copilot.measure import Measure, Texts, measure_of
from copilot.models import FollowUp, Match
from helpdesk.models import Reply

WITHIN = timedelta(hours=24)


def record_follow_ups(replies: Sequence[Reply], *, now: datetime) -> list[FollowUp]:
    """Note the replies among these that come soon after one that was compared with a suggestion, once each.

    Such a reply stands beside the nearest one before it, whether or not the customer wrote in between.
    """
    after = _compared_before(replies) if replies else {}
    if not after:
        return []
    follow_ups = [reply for reply in replies if reply.pk in after]
    measure = measure_of(match_versions.current(), [reply.author for reply in follow_ups])
    rows = [_follow_up(reply, after[reply.pk], measure=measure, now=now) for reply in follow_ups]
    known = set(FollowUp.objects.filter(reply__in=follow_ups).values_list("reply", flat=True))
    return FollowUp.objects.bulk_create(
        (row for row in rows if row.reply_id not in known), ignore_conflicts=True
    )


def _compared_before(replies: Sequence[Reply]) -> dict[int, Match]:
    """Return by reply the match of the nearest one before it, where that is not long ago."""
    times = [reply.sent_at for reply in replies]
    matches = (
        Match.objects.current()
        .filter(reply__case__in={reply.case_id for reply in replies}, reply__sent_at__lt=max(times))
        .filter(reply__sent_at__gte=min(times) - WITHIN)
        .select_related("reply", *Texts.OF_MATCH)
        .order_by("reply__sent_at", "pk")
    )
    of_case: defaultdict[int, list[Match]] = defaultdict(list)
    for match in matches:
        of_case[match.reply.case_id].append(match)
    found = {}
    for reply in replies:
        for match in of_case[reply.case_id]:
            at = match.reply.sent_at
            if match.reply_id != reply.pk and reply.sent_at - WITHIN <= at < reply.sent_at:
                found[reply.pk] = match
    return found


def _follow_up(reply: Reply, match: Match, *, measure: Measure, now: datetime) -> FollowUp:
    texts = Texts.of(match.compared, reply)
    is_correction, delta = correction(
        match.reply.body,
        reply.body,
        values=texts.values,
        terms=measure.terms,
        signature=measure.signature_of(texts),
    )
    suggested, sent = normal(texts.suggested, values=texts.values), normal(reply.body, values=texts.values)
    return FollowUp(
        reply=reply,
        suggestion=match.suggestion,
        is_correction=is_correction,
        survival=survival(suggested.words, sent.words),
        delta=delta.as_dict(),
        rules_version=RULES_VERSION,
        recorded_at=now,
    )
