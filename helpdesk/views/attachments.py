"""Files go out through the door of their case, never by an address of their own."""

from django.http import FileResponse
from django.views.decorators.http import require_GET

from helpdesk import access
from helpdesk.requests import PageRequest


@require_GET
def attachment(request: PageRequest, attachment_id: int) -> FileResponse:
    found = access.get_attachment(request.user, attachment_id)
    return FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=found.name,
        content_type=found.content_type,
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )
