"""Public events as the contract shows them: a schema each, their union, and the webhooks section.

Made from the very classes that are recorded (:mod:`app.domain.events`), so that a new event documents itself.
"""

import types
from dataclasses import fields
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from app.domain.events import Event, Says

REF = "#/components/schemas/"
UNION = "Event"
AT = "2026-11-23T01:21:00Z"
TAG = "Webhooks"
_SIGNING = {
    "webhook-id": ("The same at every retry and replay: drop what you have seen.", "evt_7001"),
    "webhook-timestamp": ("Seconds since 1970 of this try; refuse what is older than five minutes.", "1763860860"),
    "webhook-signature": ("`v1,` and a base64 HMAC-SHA256 over id.timestamp.body; several while a secret rotates.",
                          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
}  # fmt: skip


def component(event: type[Event]) -> str:
    """``incident.grade_changed`` -> ``IncidentGradeChangedEvent``."""
    return "".join(part.title() for part in event.type.replace("_", ".").split(".")) + "Event"


def schemas(events: tuple[type[Event], ...]) -> dict[str, Any]:
    """The schemas of the events, of what they tell, and of their union, told apart by ``type``."""
    made: dict[str, Any] = {}
    for event in events:
        name = component(event)
        made[f"{name}Data"] = _data(event)
        made[name] = _envelope(event, f"{name}Data")
    references = [{"$ref": REF + component(event)} for event in events]
    mapping = {event.type: REF + component(event) for event in events}
    made[UNION] = {
        "description": "Something that happened, as webhooks and the stream tell it.",
        "oneOf": references,
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    return made


def _envelope(event: type[Event], data: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": _first_line(event),
        "properties": {
            "type": {"type": "string", "const": event.type, "description": "What happened."},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened.",
                          "examples": [AT]},
            "data": {"$ref": REF + data, "description": "The particulars."},
        },
        "required": ["type", "timestamp", "data"],
    }  # fmt: skip


def _data(event: type[Event]) -> dict[str, Any]:
    """Lists and objects are left out of a message over 20 kB, which then says ``truncated``."""
    hints = get_type_hints(event, include_extras=True)
    properties, required = {}, []
    for field in fields(event):
        name = field.name.rstrip("_")
        properties[name], whole = _member(hints[field.name])
        if whole:
            required.append(name)
    truncated = {"type": "boolean", "description": "True where the message was too large and lists were left out."}
    return {
        "type": "object",
        "description": f"What `{event.type}` tells.",
        "properties": properties | {"truncated": truncated | {"examples": [False]}},
        "required": required,
    }


def _member(hint: Any) -> tuple[dict[str, Any], bool]:
    """A member's schema, and whether it is there in every message."""
    plain, says = hint, Says("")
    if get_origin(hint) is Annotated:
        plain, *rest = get_args(hint)
        says = next((item for item in rest if isinstance(item, Says)), says)
    optional = get_origin(plain) in (Union, types.UnionType) and type(None) in get_args(plain)
    if says.vocabulary:
        schema: dict[str, Any] = {"$ref": REF + says.vocabulary}
        if optional:
            schema = {"anyOf": [schema, {"type": "null"}]}
    else:
        schema = TypeAdapter(plain).json_schema()
    if says.description:
        schema["description"] = says.description
    if says.example is not None:
        schema["examples"] = [says.example]
    return schema, schema.get("type") not in ("array", "object")


def _first_line(event: type[Event]) -> str:
    return (event.__doc__ or "").strip().split("\n")[0]


def webhooks(events: tuple[type[Event], ...]) -> dict[str, Any]:
    """The section ``webhooks``: what we POST, signed by Standard Webhooks, and what an answer means to us."""
    return {event.type: {"post": _operation(event)} for event in events}


def _operation(event: type[Event]) -> dict[str, Any]:
    name = component(event)
    words = event.type.replace("_", " ").replace(".", " ")
    return {
        "operationId": f"on{name.removesuffix('Event')}",
        "summary": words.capitalize(),
        "description": f"{_first_line(event)} Sent to every endpoint that subscribes to `{event.type}`, at least once.",
        "tags": [TAG],
        "security": [],
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": description,
             "schema": {"type": "string", "maxLength": 1000}, "example": example}
            for header, (description, example) in _SIGNING.items()
        ],
        "requestBody": {
            "description": "The event.",
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REF + name}}},
        },
        "responses": {
            "204": {"description": "Taken. Any status from 200 to 299 says so."},
            "410": {"description": "Never send anything here again: the endpoint is disabled at once."},
            "503": {"description": "Not now. Any other status is a failure, and it is tried again for three days."},
        },
    }  # fmt: skip
