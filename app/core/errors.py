"""What can go wrong, as people and programs read it: RFC 9457 problem documents.

    Problem
    ├── BadRequest 400        the request can't be read at all
    ├── Unauthorized 401      no key, or not a good one
    ├── Forbidden 403         a good key without the scope
    ├── NotFound 404
    ├── NotAcceptable 406     the answer can't be given in a type the client takes
    ├── TooSlow 408           the body did not arrive in time
    ├── Conflict 409          the thing is not in a state that allows it; rooms subclass it by the fact
    ├── TooLarge 413
    ├── WrongMediaType 415
    ├── Stale 412             it was changed meanwhile: see core.conditional
    ├── Invalid 422           the request can be read, but says something impossible; names each field
    ├── MatchNeeded 428       a change that does not say what it is based on: see core.conditional
    ├── TooMany 429           the key asks too often: see core.ratelimit
    └── Unavailable 503       try again later

``code`` never changes once published; titles and details may.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Self


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field. ``pointer`` is a JSON pointer into the body, or ``?name`` for a query."""

    pointer: str
    detail: str
    code: str


class Problem(Exception):
    """An answer that is not the one hoped for. Raised anywhere, rendered in one place."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[tuple[str, str]] = ("Something went wrong on our side", "服务内部错误")

    def __init__(
        self, detail: str = "", *, errors: Sequence[FieldError] = (), headers: dict[str, str] | None = None,
        **members: Any,
    ) -> None:  # fmt: skip
        super().__init__(detail or self.title[0])
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers or {}
        self.members = members

    @classmethod
    def of(cls, errors: Sequence[FieldError], **members: Any) -> Self:
        """The problem of these fields, told by the first of them."""
        return cls(f"{errors[0].pointer}: {errors[0].detail}", errors=errors, **members)

    @classmethod
    def at(cls, pointer: str, detail: str, code: str, **members: Any) -> Self:
        """The problem of one field."""
        return cls.of([FieldError(pointer, detail, code)], **members)


class BadRequest(Problem):
    status, code, title = 400, "bad_request", ("The request can't be read", "请求无法解析")


class Unauthorized(Problem):
    status, code, title = 401, "unauthorized", ("A valid API key is needed", "需要有效的 API 密钥")


class Forbidden(Problem):
    status, code, title = 403, "forbidden", ("The key lacks a scope", "密钥缺少所需权限")


class NotFound(Problem):
    status, code, title = 404, "not_found", ("There is no such thing", "资源不存在")


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", ("The method is not allowed here", "不支持该请求方法")


class NotAcceptable(Problem):
    status, code, title = 406, "not_acceptable", ("Answers are JSON", "响应格式仅支持 JSON")


class TooSlow(Problem):
    status, code, title = 408, "too_slow", ("The body did not arrive in time", "请求体接收超时")


class Conflict(Problem):
    status, code, title = 409, "conflict", ("The present state does not allow this", "当前状态不允许该操作")


class TooLarge(Problem):
    status, code, title = 413, "too_large", ("The body is too large", "请求体过大")


class WrongMediaType(Problem):
    status, code, title = 415, "wrong_media_type", ("The body's type is not understood", "不支持的内容类型")


class Invalid(Problem):
    status, code, title = 422, "invalid", ("Some fields are not acceptable", "部分字段不合法")


class Unavailable(Problem):
    status, code, title = 503, "unavailable", ("The service can't answer just now", "服务暂时不可用")


@contextmanager
def naming(pointer: str) -> Iterator[None]:
    """What is missing is named by a field of the body, and not by the path: 422 in place of 404."""
    try:
        yield
    except NotFound as missing:
        raise Invalid.at(pointer, missing.detail, "not_found") from None


def document(problem: Problem, *, instance: str, request_id: str, chinese: bool = False) -> dict[str, Any]:
    """The problem+json members of ``problem``."""
    body: dict[str, Any] = {
        "type": f"urn:fenghuo:problem:{problem.code}",
        "title": problem.title[1 if chinese else 0],
        "status": problem.status,
        "detail": problem.detail or problem.title[1 if chinese else 0],
        "instance": instance,
        "code": problem.code,
        "request_id": request_id,
        "errors": [{"pointer": e.pointer, "detail": e.detail, "code": e.code} for e in problem.errors],
    }
    return body | problem.members
