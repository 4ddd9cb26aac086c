"""What an operation can answer: the table of faults, the headers beside them, and when each of them applies.

A row of :data:`FAULTS` is all that a new status takes; the contract is made by walking the operations over it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides which answers an operation has."""

    method: str
    path: str
    operation: dict[str, Any]
    scopes: tuple[str, ...]
    has_body: bool

    @property
    def secured(self) -> bool:
        return bool(self.operation.get("security"))

    @property
    def writes(self) -> bool:
        return self.method not in ("get", "head")

    def takes(self, where: str, name: str) -> bool:
        """Whether it has the parameter ``name`` (of a header, in any case) in path, query or header."""
        given = self.operation.get("parameters", [])
        return any(p["in"] == where and p["name"].lower() == name.lower() for p in given)


class Fault(NamedTuple):
    """One status: the name of its component, what it means, when an operation can give it, and its own headers."""

    component: str
    description: str
    applies: Callable[[Facts], bool]
    headers: tuple[str, ...] = ()


FAULTS: dict[str, Fault] = {
    "400": Fault("BadRequest", "The request can't be read: its JSON, or its cursor.",
                 lambda f: f.has_body or f.takes("query", "cursor")),
    "401": Fault("Unauthorized", "No valid API key.", lambda f: f.secured, ("WWW-Authenticate",)),
    "403": Fault("Forbidden", "The key lacks a scope.", lambda f: f.secured),
    "404": Fault("NotFound", "There is no such thing.", lambda f: "{" in f.path),
    "409": Fault("Conflict", "The present state does not allow this.", lambda f: f.writes, ("Retry-After",)),
    "412": Fault("Stale", "Somebody changed it since: read it again, then decide again.",
                 lambda f: f.takes("header", "If-Match")),
    "413": Fault("TooLarge", "The body is too large.", lambda f: f.has_body),
    "415": Fault("WrongMediaType", "The body's type, charset or compression is not understood.",
                 lambda f: f.has_body),
    "422": Fault("Invalid", "Some fields are not acceptable; each is named.", lambda f: True),
    "428": Fault("Unconditional", "Send the `ETag` you read as `If-Match`.", lambda f: f.takes("header", "If-Match")),
    "429": Fault("TooManyRequests", "The key's limit is reached; wait as long as `Retry-After` says.",
                 lambda f: f.secured, ("Retry-After",)),
    "500": Fault("InternalError", "Our fault. It is logged; quote the `request_id`.", lambda f: True),
    "503": Fault("Unavailable", "Try again as soon as `Retry-After` says.", lambda f: True, ("Retry-After",)),
}  # fmt: skip
SUCCESSES = {
    "200": "As it is now.",
    "201": "Created.",
    "202": "Accepted: what follows from it happens in the background.",
    "204": "Done; there is nothing to say.",
    "207": "A result for each item, in order.",
}
# Beside every answer below 500. Not required: no key was counted where there was none.
LIMITS = ("RateLimit", "RateLimit-Policy")
# FastAPI's words where a route has none of its own.
UNSAID = "Successful Response"

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The request's id: the one you sent, or one of ours. Quote it when you ask for help.",
        "schema": {"type": "string", "maxLength": 64, "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "example": "0190f5a27b5e7c3d8a1f0123456789ab",
    },
    "Location": {
        "description": "Where what was created is read.",
        "schema": {"type": "string", "format": "uri-reference", "maxLength": 2000},
        "example": "/v1/mentions/0190f5a2-7b5e-7c3d-8a1f-0123456789ab",
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400},
        "example": 1,
    },
    "RateLimit": {
        "description": "What is left of the limit, and the seconds until it is whole again.",
        "schema": {"type": "string", "maxLength": 200, "pattern": '^"[a-z]+";r=\\d+;t=\\d+'},
        "example": '"default";r=50;t=30',
    },
    "RateLimit-Policy": {
        "description": "The limit: so many requests in so many seconds.",
        "schema": {"type": "string", "maxLength": 200, "pattern": '^"[a-z]+";q=\\d+;w=\\d+'},
        "example": '"default";q=600;w=60',
    },
    "WWW-Authenticate": {
        "description": "How to say who you are.",
        "schema": {"type": "string", "maxLength": 200, "pattern": "^Bearer "},
        "example": 'Bearer realm="fenghuo"',
    },
}

# For routes that say where what they created is: `responses=LOCATED`, and `response.headers["location"] = ...`.
LOCATED: dict[int | str, dict[str, Any]] = {201: {"headers": {"Location": {"$ref": "#/components/headers/Location"}}}}


def complete(facts: Facts) -> None:
    """Gives the operation every answer it can give, each with its headers."""
    responses = facts.operation["responses"]
    for status, response in list(responses.items()):
        if status in FAULTS or int(status) >= 400:
            del responses[status]
        else:
            _complete_success(status, response)
    for status, fault in FAULTS.items():
        if fault.applies(facts):
            responses[status] = {"$ref": f"#/components/responses/{fault.component}"}
    facts.operation["responses"] = dict(sorted(responses.items()))


def _complete_success(status: str, response: dict[str, Any]) -> None:
    if response["description"] == UNSAID:
        response["description"] = SUCCESSES[status]
    for name in ("X-Request-Id", *LIMITS):
        response.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}


def components() -> dict[str, Any]:
    """The faults and headers that operations refer to."""
    return {"responses": dict(_responses()), "headers": dict(sorted(HEADERS.items()))}


def _responses() -> Iterator[tuple[str, dict[str, Any]]]:
    for status, fault in sorted(FAULTS.items(), key=lambda row: row[1].component):
        names = ("X-Request-Id", *(LIMITS if status < "500" else ()), *fault.headers)
        yield (
            fault.component,
            {
                "description": fault.description,
                "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
