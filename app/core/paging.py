"""Keyset pages: a cursor is the last row's key, bound to the query it came from and signed.

No offsets and no totals: both get slower as tables grow, and rows move under an offset while people page.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, Field

from app.core.errors import BadRequest, FieldError
from app.settings import settings

T = TypeVar("T")
ALTERED = "This cursor was altered, or comes from another query; start again without a cursor."


class Page(BaseModel, Generic[T]):
    """Some rows, and how to get the next ones."""

    data: list[T] = Field(description="The rows, in the order asked for.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last.")
    has_more: bool = Field(description="Whether there is a next page.")


def encode(key: Sequence[object], query: object) -> str:
    """A cursor for the rows after ``key`` of ``query`` (any JSON-able value that stands for the filters)."""
    payload = orjson.dumps([str(part) if isinstance(part, UUID) else part for part in key])
    return _text(_sign(payload, query) + payload)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str | None, query: object) -> list[Any] | None:
    """The key in ``cursor``; BadRequest when it was altered or belongs to another query.

    Base64 has several spellings of the same bytes; only our own is taken.
    """
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        signature, payload = raw[:8], raw[8:]
    except ValueError:
        raw = signature = payload = b""
    if _text(raw) != cursor or not hmac.compare_digest(signature, _sign(payload, query)):
        raise BadRequest(ALTERED, errors=[FieldError("?cursor", ALTERED, "cursor_invalid")])
    return list(orjson.loads(payload))


def _sign(payload: bytes, query: object) -> bytes:
    message = payload + b"\0" + orjson.dumps(query, default=str, option=orjson.OPT_SORT_KEYS)
    return hmac.digest(settings().secret_key.encode(), message, hashlib.sha256)[:8]


def page(rows: Sequence[T], limit: int, query: object, key: Callable[[T], Sequence[object]]) -> dict[str, Any]:
    """The page made of up to ``limit`` rows; ``rows`` holds one more where there is a next page."""
    more = len(rows) > limit
    shown = list(rows[:limit])
    return {"data": shown, "has_more": more, "next_cursor": encode(key(shown[-1]), query) if more else None}
