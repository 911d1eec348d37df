"""What the generated schema can't know by itself."""

from typing import Any

from helpdesk.attaching import HOSTILE

NO_NUL = r"^[^\x00]*$"
NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"
SLUG = r"^[-a-zA-Z0-9_]+$"
FILE_NAME = NOT_BLANK.replace(r"\x00", HOSTILE.pattern[1:-1])
SPECIAL = {
    ("MessageInRequest", "channel"): SLUG,
    ("RatingInRequest", "channel"): SLUG,
    ("EscalationInRequest", "team"): SLUG,
    ("AttachmentInRequest", "name"): FILE_NAME,
}


def describe_requests(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that requests take no fields but those named, and which texts they take (see `StrictSerializer`)."""
    for name, component in result["components"].get("schemas", {}).items():
        if not name.endswith("InRequest"):
            continue
        component["additionalProperties"] = False
        for field, schema in component["properties"].items():
            if schema.get("type") == "string" and "format" not in schema:
                needed = field in component.get("required", ())
                schema["pattern"] = SPECIAL.get((name, field), NOT_BLANK if needed else NO_NUL)
    return result
