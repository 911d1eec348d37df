"""Errors as RFC 9457 problem details, naming the field."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.template.defaultfilters import filesizeformat
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback


class BodyTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large."


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "It can't be done as things stand."


class FieldProblem(serializers.Serializer):
    field = serializers.CharField(help_text="Dotted path of the field; empty for the whole body.")
    message = serializers.CharField()


class Problem(serializers.Serializer):
    """What went wrong, in the form of RFC 9457."""

    type = serializers.CharField(default="about:blank")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]  # RFC 9457 has this name


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem; None for what is a bug."""
    if isinstance(error, DjangoValidationError):
        messages = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        error = exceptions.ValidationError(messages)
    if isinstance(error, RequestDataTooBig):
        most = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        error = BodyTooLarge(f"At most {most} are taken at once: send fewer or smaller attachments.")
    response = exception_handler(error, context)
    if response is None:
        return None
    set_rollback()
    fields = (
        list(_fields(response.data)) if response.status_code == 400 and not _is_detail(response.data) else []
    )
    detail = (
        response.data["detail"]
        if _is_detail(response.data)
        else "; ".join(f"{field}: {message}" if field else message for field, message in fields)
    )
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(getattr(error, "default_detail", None) or response.status_text),
        "status": response.status_code,
        "detail": str(detail),
    }
    if fields:
        body["title"] = "The request can't be taken as it is."
        body["errors"] = [{"field": field, "message": message} for field, message in fields]
    response.data = body
    response.content_type = "application/problem+json"
    return response


def _is_detail(data: Any) -> bool:
    return isinstance(data, dict) and set(data) == {"detail"} and isinstance(data["detail"], str)


def _fields(data: Any, path: str = "") -> Any:
    if isinstance(data, dict):
        for name, value in data.items():
            inner = "" if name == "non_field_errors" else str(name)
            yield from _fields(value, ".".join(part for part in (path, inner) if part))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from _fields(value, f"{path}.{place}" if isinstance(value, dict) else path)
    else:
        yield path, str(data)
