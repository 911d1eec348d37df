"""The door to labeling's pages."""

from django.core.exceptions import PermissionDenied

from helpdesk.models import User


def check_labeler(user: User) -> None:
    """Raise PermissionDenied unless this person says what messages are about."""
    if not user.labels_messages:
        raise PermissionDenied("Only experts, data scientists and administrators label messages.")
