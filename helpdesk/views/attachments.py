"""Files go out through the door of their case, never by an address of their own."""

import logging

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from helpdesk import access
from helpdesk.models import Attachment
from helpdesk.requests import PageRequest

logger = logging.getLogger(__name__)


@require_GET
def attachment(request: PageRequest, attachment_id: int) -> HttpResponse:
    return download_of(access.get_attachment(request.user, attachment_id))


def download_of(found: Attachment) -> HttpResponse:
    """Answer with a file to be saved, never shown.

    Raises:
        Http404: the storage has lost it.
    """
    try:
        with found.file.open("rb") as file:
            # At most ATTACHMENT_MAX_BYTES; under ASGI a stream of a file would be read at once too.
            content = file.read()
    except FileNotFoundError as error:
        logger.exception("an attachment's file is missing")
        raise Http404("the storage has lost this attachment") from error
    return HttpResponse(
        content,
        content_type=found.content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, found.name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
