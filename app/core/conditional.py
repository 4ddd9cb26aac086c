"""Conditional requests (RFC 9110): nobody overwrites what somebody else changed meanwhile, and polling is cheap.

An ETag is ``"<version>-<digest>"``. The version counts what people and the grade change; the digest is of the whole
answer, live figures too. So If-None-Match is exact, and If-Match, which judges the version alone, does not refuse a
person's change because a counter moved while they were typing. Answers without a version have the digest alone.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import BadRequest, FieldError, Problem
from app.models import (
    AffectedUser,
    Department,
    DigestSettings,
    Document,
    DocumentVersion,
    Drill,
    Incident,
    OutsideContact,
    Patrol,
    Person,
    Placement,
    PlatformRule,
    Programme,
    Review,
    ReviewDecision,
    Risk,
    RiskMeasure,
    RolePermission,
    Scenario,
    Source,
    Statement,
    StatementTemplate,
    Task,
    TextCheck,
    Training,
    TrainingSeries,
    TrainingSession,
    WatchRule,
)

Versioned = (
    AffectedUser
    | Department
    | DigestSettings
    | Drill
    | Incident
    | Patrol
    | Document
    | DocumentVersion
    | OutsideContact
    | Person
    | Placement
    | PlatformRule
    | Programme
    | Review
    | ReviewDecision
    | Risk
    | RiskMeasure
    | RolePermission
    | Source
    | Scenario
    | Statement
    | StatementTemplate
    | Task
    | TextCheck
    | Training
    | TrainingSeries
    | TrainingSession
    | WatchRule
)

_TAG = re.compile(r'"(?:(?P<version>\d{1,9})-)?[0-9a-f]{16}"', re.ASCII)
_ANY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


# Of both headers: some thirty ETags.
LONGEST = 1_000


class Stale(Problem):
    """Somebody else was first; their change must be read before it is written over."""

    status, code, title = 412, "stale", ("It was changed meanwhile", "资源已被他人修改")


class MatchNeeded(Problem):
    """A change that says nothing of what it was based on."""

    status, code, title = 428, "if_match_needed", ("If-Match is needed", "需要 If-Match 请求头")


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions a change was based on; None where any will do."""

    versions: frozenset[int] | None = None
    # The call that shows beforehand what would change, where it is that call's answer which was read.
    preview: str | None = None

    def meet(self, version: int) -> None:
        """Stale unless the row, which is locked, still has an expected version."""
        if self.versions is None or version in self.versions:
            return
        if self.preview:
            raise Stale(
                f"What this is about has changed since the preview. POST {self.preview} again, look, and send its ETag as "
                "If-Match."
            )
        raise Stale(f"It has version {version} by now. Read it again, and repeat the change if it still makes sense.")


ANY: Final = Expected()

_Header = Annotated[
    str | None,
    Header(alias="If-Match", max_length=LONGEST, description="The ETag that the change is based on, or `*` for any."),
]


def _expected(request: Request, _: _Header = None) -> Expected:
    """What If-Match says, in however many lines; BadRequest where it is no list of ETags."""
    tags = _listed(request, "if-match")
    if tags in ([], ["*"]):
        return ANY
    if not all(_ANY_TAG.fullmatch(tag) for tag in tags):
        detail = 'must be the ETag of the answer that was read, with its quotes, or "*"'
        raise BadRequest(f"If-Match: {detail}.", errors=[FieldError("If-Match:", detail, "if_match_invalid")])
    # What is not a tag of ours, or a weak one, matches nothing.
    found = [_TAG.fullmatch(tag) for tag in tags]
    return Expected(frozenset(int(tag["version"]) for tag in found if tag and tag["version"]))


def _needed(expected: Annotated[Expected, Depends(_expected)], if_match: _Header = None) -> Expected:
    if if_match is None:
        raise MatchNeeded(
            "Send If-Match with the ETag of what the change is based on (GET it first), so that nobody's change is lost."
        )
    return expected


def _offered_preview(request: Request, expected: Annotated[Expected, Depends(_expected)]) -> Expected:
    return Expected(expected.versions, f"{request.url.path}/preview")


def _needed_preview(expected: Annotated[Expected, Depends(_offered_preview)], if_match: _Header = None) -> Expected:
    if if_match is None:
        raise MatchNeeded(
            f"Send If-Match with the ETag of POST {expected.preview}, which shows what this would change."
        )
    return expected


IfMatch = Annotated[Expected, Depends(_needed)]
"""For changes that write over what is there: PATCH, PUT, and moves of a state."""
IfMatchOffered = Annotated[Expected, Depends(_expected)]
"""For changes that are judged by what was read only where the client asks for it."""
PreviewMatch = Annotated[Expected, Depends(_needed_preview)]
"""For changes that are looked at beforehand, by the same path with /preview."""
PreviewMatchOffered = Annotated[Expected, Depends(_offered_preview)]
"""The same, only where the client asks for it."""
NEEDED: Final = (_needed, _needed_preview)
"""What asks for If-Match, as the contract says of the operations that depend on it."""


def _listed(request: Request, name: str) -> list[str]:
    """The members of a header that is a list."""
    members = (member.strip() for line in request.headers.getlist(name) for member in line.split(","))
    return [member for member in members if member]


def tag(body: bytes, answer: Any) -> str:
    """The ETag of an answer; ``answer`` is what ``body`` holds."""
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    version = answer.get("version") if isinstance(answer, dict) else None
    return f'"{version}-{digest}"' if isinstance(version, int) else f'"{digest}"'


def finish(request: Request, response: Response) -> Response:
    """Gives a JSON answer its ETag and its link to the next page; 304 where the client has it already."""
    body = getattr(response, "body", b"")
    if not body or response.status_code >= 300 or response.headers.get("content-type") != "application/json":
        return response
    answer = orjson.loads(body)
    response.headers["etag"] = etag = tag(body, answer)
    if request.method != "GET":
        return response
    response.headers.setdefault("cache-control", "private, no-cache")
    if isinstance(answer, dict) and answer.get("next_cursor"):
        following = request.url.include_query_params(cursor=answer["next_cursor"])
        response.headers["link"] = f'<{following.path}?{following.query}>; rel="next"'
    if _has(request, etag):
        kept = {
            name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")
        }
        return Response(status_code=304, headers=kept)
    return response


def _has(request: Request, etag: str) -> bool:
    if sum(map(len, request.headers.getlist("if-none-match"))) > LONGEST:
        detail = f"must have {LONGEST:,} characters at most"
        raise BadRequest(f"If-None-Match: {detail}.", errors=[FieldError("If-None-Match:", detail, "too_long")])
    known = _listed(request, "if-none-match")
    return known == ["*"] or etag in (one.removeprefix("W/") for one in known)


def touch(row: Versioned, now: datetime) -> None:
    """Counts a change that people see: the row has another version."""
    row.version += 1
    row.updated_at = now
