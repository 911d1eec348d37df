"""What the generated schema can't know by itself."""

from typing import Any

NO_NUL = r"^[^\x00]*$"
NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"
SLUG = r"^[-a-zA-Z0-9_]+$"


def describe_requests(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that requests take no fields but those named, and which texts they take (see `StrictSerializer`)."""
    for name, component in result["components"].get("schemas", {}).items():
        if not name.endswith("InRequest"):
            continue
        component["additionalProperties"] = False
        for field, schema in component["properties"].items():
            if schema.get("type") == "string" and "format" not in schema:
                needed = field in component.get("required", ())
                schema["pattern"] = SLUG if field == "channel" else NOT_BLANK if needed else NO_NUL
    return result
