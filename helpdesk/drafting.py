"""Unsent words are kept while an agent types."""

from datetime import datetime

from helpdesk.models import Case, Draft, User


def save_draft(
    *, case: Case, author: User, kind: Draft.Kind, body: str, client_key: str, now: datetime
) -> bool:
    """Keep what was typed, or forget it when nothing is left; return whether it was taken.

    Words that arrive after they were sent (`client_key` is known already) are not kept.
    """
    sent = case.replies if kind == Draft.Kind.REPLY else case.notes
    if sent.filter(client_key=client_key).exists():
        return False
    if body.strip():
        Draft.objects.update_or_create(
            case=case, author=author, kind=kind, defaults={"body": body, "saved_at": now}
        )
    else:
        Draft.objects.filter(case=case, author=author, kind=kind).delete()
    return True


def drafts_of(*, case: Case, author: User) -> dict[str, str]:
    """Return what one agent has typed on a case, by kind."""
    return dict(Draft.objects.filter(case=case, author=author).values_list("kind", "body"))
