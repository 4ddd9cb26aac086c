"""What an operation can answer: the table of faults, the headers beside them, and when each of them applies.

A row of :data:`FAULTS` is all that a new status takes; the contract is made by walking the operations over it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

PROBLEM = "application/problem+json"
MARKDOWN = "text/markdown"
HTML = "text/html"
SVG = "image/svg+xml"
PNG = "image/png"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides which answers an operation has."""

    method: str
    path: str
    operation: dict[str, Any]
    scopes: tuple[str, ...]
    has_body: bool
    # Whether it needs If-Match; others judge by it only where it is sent.
    overwrites: bool

    @property
    def secured(self) -> bool:
        return bool(self.operation.get("security"))

    @property
    def keyed(self) -> bool:
        """Whether it honours Idempotency-Key: every POST does."""
        return self.method == "post" and self.secured

    @property
    def writes(self) -> bool:
        return self.method not in ("get", "head")

    @property
    def exports(self) -> bool:
        """Whether it answers with all there is, which may be too much."""
        return "/export" in self.path

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
    "400": Fault("BadRequest", "The request can't be read: its JSON, its cursor, or a header.",
                 lambda f: f.has_body or f.secured),
    "401": Fault("Unauthorized", "No valid API key.", lambda f: f.secured, ("WWW-Authenticate",)),
    "403": Fault("Forbidden", "The key lacks a scope.", lambda f: f.secured),
    "404": Fault("NotFound", "There is no such thing.", lambda f: "{" in f.path),
    "406": Fault("NotAcceptable", "The answer can't be given in a type that `Accept` takes.", lambda f: f.secured),
    "408": Fault("TooSlow", "The body did not arrive in time; send it again.", lambda f: f.has_body),
    "409": Fault("Conflict", "The present state does not allow this.", lambda f: f.writes or f.exports, ("Retry-After",)),
    "412": Fault("Stale", "Somebody changed it since: read it again, then decide again.",
                 lambda f: f.takes("header", "If-Match")),
    "413": Fault("TooLarge", "The body is too large.", lambda f: f.has_body),
    "415": Fault("WrongMediaType", "The body's type, charset or compression is not understood.",
                 lambda f: f.has_body),
    "416": Fault("RangeNotThere", "The file has no such bytes.", lambda f: f.takes("header", "Range"), ("Content-Range",)),
    "422": Fault("Invalid", "Some fields are not acceptable; each is named.", lambda f: True),
    "428": Fault("Unconditional", "Send the `ETag` you read as `If-Match`.", lambda f: f.overwrites),
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
    "206": "The part that was asked for.",
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
    "Content-Disposition": {
        "description": "Whether it is to be saved, and under which name (RFC 6266).",
        "schema": {"type": "string", "maxLength": 4000, "pattern": "^(attachment|inline);"},
        "example": "attachment; filename=\"____.png\"; filename*=UTF-8''%E9%97%A8%E5%BA%97%E7%9B%91%E6%8E%A7.png",
    },
    "ETag": {
        "description": "The version of what is shown: send it back as `If-Match` with a change, or as `If-None-Match` "
        "to be told 304 while nothing is new.",
        "schema": {"type": "string", "maxLength": 100, "pattern": '^"[0-9a-f-]+"$'},
        "example": '"7-0123456789abcdef"',
    },
    "Accept-Ranges": {
        "description": "Parts of it may be asked for, in bytes.",
        "schema": {"type": "string", "maxLength": 5, "pattern": "^bytes$"},
        "example": "bytes",
    },
    "Content-Range": {
        "description": "Which part of how many bytes.",
        "schema": {"type": "string", "maxLength": 100, "pattern": "^bytes "},
        "example": "bytes 0-1023/48213",
    },
    "Link": {
        "description": 'The next page, as `rel="next"`; left out on the last.',
        "schema": {"type": "string", "maxLength": 4000},
        "example": '</v1/mentions?cursor=abc>; rel="next"',
    },
    "Idempotent-Replayed": {
        "description": "`true` where this very request was answered before, and this is the same answer again.",
        "schema": {"type": "string", "maxLength": 4, "pattern": "^true$"},
        "example": "true",
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


# Taking readings in is the fast path: its answers are receipts, and have no versions.
UNTAGGED = frozenset({"postMention", "postMentionBatch"})

PARAMETERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "description": "A key of your own for this request, a UUID for example. Sent again with it within 24 hours, the "
        "request is not done again: the first answer comes again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "example": "6a1f0b52-3a9c-4c53-9d4e-0d7f5a0c1b2e",
    },
    "If-None-Match": {
        "name": "If-None-Match", "in": "header", "required": False,
        "description": "The ETag you have: while nothing is new the answer is 304, without a body.",
        "schema": {"type": "string", "maxLength": 1000},
        "example": '"7-0123456789abcdef"',
    },
}  # fmt: skip


def complete(facts: Facts) -> None:
    """Gives the operation every answer it can give, each with its headers, and the headers it honours."""
    responses = facts.operation["responses"]
    for status, response in list(responses.items()):
        if status in FAULTS or int(status) >= 400:
            del responses[status]
        else:
            _complete_success(facts, status, response)
    for status, fault in FAULTS.items():
        if fault.applies(facts):
            responses[status] = {"$ref": f"#/components/responses/{fault.component}"}
    _offer(facts)
    facts.operation["responses"] = dict(sorted(responses.items()))


def _complete_success(facts: Facts, status: str, response: dict[str, Any]) -> None:
    if response["description"] == UNSAID:
        response["description"] = SUCCESSES[status]
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    names = ["X-Request-Id", *LIMITS]
    names += ["ETag"] if schema and facts.operation["operationId"] not in UNTAGGED else []
    names += ["Link"] if schema.get("$ref", "").endswith("Page") else []
    names += ["Idempotent-Replayed"] if facts.keyed else []
    for name in names:
        response.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}


def _offer(facts: Facts) -> None:
    """The headers that operations of a kind honour, whatever they are about."""
    for parameter in facts.operation.get("parameters", []):
        if parameter["name"] == "If-Match":
            parameter |= {"required": facts.overwrites, "example": '"7-0123456789abcdef"'}
    offered = ["Idempotency-Key"] if facts.keyed else []
    if facts.method == "get" and any("ETag" in r.get("headers", {}) for r in facts.operation["responses"].values()):
        offered.append("If-None-Match")
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", "ETag", *LIMITS)}
        facts.operation["responses"]["304"] = {"description": "Nothing is new.", "headers": headers}
    if offered:
        given = facts.operation.setdefault("parameters", [])
        given += ({"$ref": f"#/components/parameters/{name}"} for name in offered)


def components() -> dict[str, Any]:
    """The faults and headers that operations refer to."""
    return {"responses": dict(_responses()), "headers": dict(sorted(HEADERS.items())), "parameters": PARAMETERS}


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
