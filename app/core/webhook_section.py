"""The section ``webhooks`` of the contract: what we POST, signed by Standard Webhooks, and what an answer means to us.

Made from the union of events that pages and the stream answer with, so that a webhook says the same as they do.
"""

from typing import Any

REF = "#/components/schemas/"
UNION = "Event"
TAG = "Webhooks"
_SIGNING = {
    "webhook-id": ("The same at every retry and replay: drop what you have seen.", "evt_7001"),
    "webhook-timestamp": ("Seconds since 1970 of this try; refuse what is older than five minutes.", "1763860860"),
    "webhook-signature": ("`v1,` and a base64 HMAC-SHA256 over id.timestamp.body; several while a secret rotates.",
                          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
}  # fmt: skip


def webhooks(schemas: dict[str, Any]) -> dict[str, Any]:
    """An entry for each type of event there is in the document."""
    mapping = schemas[UNION]["discriminator"]["mapping"]
    return {
        kind: {"post": _operation(kind, target.removeprefix(REF), schemas)} for kind, target in sorted(mapping.items())
    }


def _operation(kind: str, name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    words = kind.replace("_", " ").replace(".", " ")
    said = schemas[name]["description"].split("\n")[0]
    return {
        "operationId": f"on{name.removesuffix('Event')}",
        "summary": words.capitalize(),
        "description": f"{said} Sent to every endpoint that subscribes to `{kind}`, at least once. Of a message over "
        "20 kB lists and objects are empty, and its data says `truncated`.",
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
