"""Unsent words are kept while an agent types."""

from datetime import datetime

from django.db import transaction

from helpdesk.models import Case, Draft, User


@transaction.atomic
def save_draft(
    *,
    case: Case,
    author: User,
    kind: Draft.Kind,
    body: str,
    client_key: str,
    now: datetime,
    typed_in_merged: bool = False,
) -> bool:
    """Keep what was typed, or forget it when nothing is left; return whether it was taken.

    Words that arrive after they were sent (`client_key` is known already), or while they are, are not kept. What was
    still being typed on a case while it was merged into this one stands beside what is typed here.
    """
    held = Case.objects.lock(case.pk)  # who sends them at this moment could not end a draft that comes after
    typed_in_merged |= held != case
    case = held
    sent = case.replies if kind == Draft.Kind.REPLY else case.notes
    if sent.filter(client_key=client_key).exists():
        return False
    if typed_in_merged:
        if body.strip():
            add_to_draft(case=case, author=author, kind=kind, body=body, now=now)
    elif body.strip():
        Draft.objects.update_or_create(
            case=case, author=author, kind=kind, defaults={"body": body, "saved_at": now}
        )
    else:
        Draft.objects.filter(case=case, author=author, kind=kind).delete()
    return True


def add_to_draft(*, case: Case, author: User, kind: Draft.Kind, body: str, now: datetime) -> None:
    """Keep words that were typed on a case merged into this one, beside those typed here."""
    earlier = Draft.objects.filter(case=case, author=author, kind=kind).first()
    Draft.objects.update_or_create(
        case=case,
        author=author,
        kind=kind,
        defaults={"body": joined(earlier.body if earlier else "", body), "saved_at": now},
    )


def joined(one: str, other: str) -> str:
    """Return both texts, or the longer one if it holds the other.

    >>> joined("Hello", "Hello you"), joined("Hello", "Good bye")
    ('Hello you', 'Hello\\n\\nGood bye')
    """
    if one in other or other in one:
        return max(one, other, key=len)
    return f"{one}\n\n{other}"


def drafts_of(*, case: Case, author: User) -> dict[str, str]:
    """Return what one agent has typed on a case, by kind."""
    return dict(Draft.objects.filter(case=case, author=author).values_list("kind", "body"))
