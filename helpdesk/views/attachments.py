"""Files go out through the door of their case, never by an address of their own."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from helpdesk import access
from helpdesk.requests import PageRequest


@require_GET
def attachment(request: PageRequest, attachment_id: int) -> HttpResponse:
    found = access.get_attachment(request.user, attachment_id)
    with found.file.open("rb") as file:
        # At most ATTACHMENT_MAX_BYTES; under ASGI a stream of a file would be read at once too.
        content = file.read()
    return HttpResponse(
        content,
        content_type=found.content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, found.name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
