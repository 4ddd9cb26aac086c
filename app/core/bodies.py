"""Reading JSON strictly. The driver and pydantic let fifteen small inputs through that end as a 500 later;
here each is refused by name, before anything is stored.

The happy path is one call of pydantic on the raw bytes. Only a body that failed is looked at more slowly, to say
which field it was.
"""

import asyncio
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    RootModel,
    Strict,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from starlette.requests import Request

from app.core import faults
from app.core.errors import BadRequest, FieldError, Invalid, TooLarge, TooSlow, WrongMediaType
from app.core.faults import Like
from app.domain.spelling import is_visible

M = TypeVar("M", bound=BaseModel)
F = TypeVar("F", bound=Callable[..., Any])

MAX_DEPTH = 32
MAX_BODY = 1024 * 1024
# Half-sent bodies must not keep places that others need.
BODY_SECONDS = 10
# Values in a body: the longest of ours, a watch rule of 3,000 words, has a third of them. Pydantic makes a record of
# each fault, and a megabyte of unknown fields would be 90,000 of them: a second in which nobody else is served.
MOST_VALUES = 10_000
# A problem names so many fields, and so much of each name: an answer must not be longer than what was sent.
MOST_FAULTS = 50
LONGEST_NAME = 100
# A count above this is not a count of people, and a million of them still sum up within a bigint.
MAX_COUNT = 10**12
# Spaces and control characters, one by one: every language has another \s (JavaScript's spares U+0085, ours U+FEFF).
_SPACES = r"\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
# At least one visible character and no NUL: as near as a pattern of every language's comes to `is_visible`.
VISIBLE = rf"^[^\u0000]*[^{_SPACES}\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f][^\u0000]*$"
_KEY = re.compile(rb'"\s*:')
_DEEP = re.compile(rb"[\[{]")


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain the NUL character")
    return value


def _in_range(value: datetime) -> datetime:
    """The year as written, so that a client can tell by the contract's pattern."""
    if not 1970 <= value.year < 2200:
        raise ValueError("must be between 1970 and 2200")
    return value.astimezone(UTC)


def _as_written(value: object) -> object:
    """Pydantic takes 1760000000 for seconds since 1970; people who send that mean milliseconds as often."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and value[4:5] == "-"):
        raise ValueError("must be an RFC 3339 instant with an offset, for example 2026-11-23T09:12:00+08:00")
    return value


def _visible(value: str) -> str:
    if not is_visible(value):
        raise ValueError("must hold at least one visible character")
    return value


@dataclass(frozen=True, slots=True)
class Shown:
    """A pattern for the contract alone: our validator says the same, in words for people."""

    pattern: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(core) | {"pattern": self.pattern}


Str = Annotated[str, AfterValidator(_storable), Shown(r"^[^\u0000]*$")]
# Names, reasons, posts: what people are to read must not be spaces and zero-width characters alone.
Visible = Annotated[str, AfterValidator(_storable), AfterValidator(_visible), Shown(VISIBLE)]
MAIL = Like(rf"^[^{_SPACES}@]+@[^{_SPACES}@]+$", "is no mail address: write name@example.com")
WEB = Like(rf"^https?://[^{_SPACES}]+$", "must begin with http:// or https:// and have no spaces")
# What comes in is strict already; a text that went through a validator of ours no longer counts as JSON.
Instant = Annotated[
    AwareDatetime, Strict(False), BeforeValidator(_as_written), AfterValidator(_in_range),
    Shown(r"^(19[7-9]\d|20\d\d|21\d\d)-"),
]  # fmt: skip


class Wire(BaseModel):
    """Base of everything that comes in: strict types, no unknown fields, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


async def read_body(
    request: Request, media_types: tuple[str, ...] = ("application/json",), limit: int = MAX_BODY
) -> tuple[bytes, str]:
    """The raw body and its media type; 415 when it is another type, another charset or compressed, 413 over ``limit``."""
    kind = kind_of(request, media_types)
    return await body_of(request, limit), kind


def kind_of(request: Request, media_types: tuple[str, ...]) -> str:
    """The media type of the body; 415 when it is another type, another charset or compressed."""
    declared = request.headers.get("content-type", "")
    kind, _, parameters = declared.partition(";")
    kind = kind.strip().lower()
    if kind not in media_types:
        raise WrongMediaType(f"Send {' or '.join(media_types)}; this was {declared!r}.")
    charset = parameters.strip().lower()
    if charset and charset.replace('"', "") not in ("charset=utf-8", "charset=utf8"):
        raise WrongMediaType(f"Send UTF-8; this was declared as {parameters.strip()!r}.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise WrongMediaType("Send the body uncompressed; compressed bodies are not accepted.")
    return kind


async def body_of(request: Request, limit: int) -> bytes:
    """The raw body, read once however often it is asked for; TooLarge over ``limit``, TooSlow after 10 seconds."""
    state = request.scope.setdefault("state", {})
    if "body" not in state:
        refuse_declared(request, limit)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                state["body"] = await _stream(request, limit)
        except TimeoutError:
            raise too_slow(f"The body did not arrive within {BODY_SECONDS} seconds; send it again.") from None
    body: bytes = state["body"]
    return body


async def _stream(request: Request, limit: int) -> bytes:
    body = b""
    async for chunk in request.stream():
        body = body + chunk if body else chunk
        if len(body) > limit:
            raise too_large(limit)
    return body


def refuse_declared(request: Request, limit: int) -> None:
    """TooLarge, before anything is read, where the body is said to be longer than ``limit``."""
    if declared(request) > limit:
        raise too_large(limit)


def declared(request: Request) -> int:
    """How long the body is said to be; 0 where that is not said."""
    return int(request.headers.get("content-length", "0") or "0")


def too_slow(detail: str) -> TooSlow:
    return TooSlow(detail, headers={"Connection": "close"})


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body may have {limit:,} bytes at most; send it in parts.", headers={"Connection": "close"})


class JsonBody(Generic[M]):
    """A dependency that reads one model from the body; the contract documents it from the same model."""

    media_types: tuple[str, ...] = ("application/json",)

    def __init__(self, model: type[M], *, example: Mapping[str, Any] | None = None) -> None:
        self.model = model
        self.adapter: TypeAdapter[M] = TypeAdapter(model)
        self.example = example

    async def __call__(self, request: Request) -> M:
        body, _ = await read_body(request)
        return parse(self.adapter, body)


@dataclass(frozen=True, slots=True)
class ByHand:
    """What an endpoint that reads its request by hand, for speed, reads and asks for: the contract shows it."""

    body: "JsonBody[Any]"
    scope: str

    def __call__(self, endpoint: F) -> F:
        endpoint.by_hand = self  # type: ignore[attr-defined]
        return endpoint


def parse(adapter: TypeAdapter[M], body: bytes, at: str = "", most: int = MOST_VALUES) -> M:
    """The value in ``body``; BadRequest or Invalid with the place of each fault below the pointer ``at``."""
    refuse_crowd(body, most, at)
    try:
        value = adapter.validate_json(body)
    except ValidationError as error:
        raise _explain(adapter, body, error, at) from None
    if has_duplicates(body, value):
        _refuse_duplicates(body, at)
    return value


def refuse_crowd(body: bytes, most: int, at: str = "") -> None:
    """Invalid, before anything slow is done, where the body holds more than ``most`` values; they are counted by their
    commas, but not by those in texts."""
    if body.count(b",") < most:
        return
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    # A name and a text, each between two quotes.
    if unescaped.count(b'"') <= 4 * most:
        outside = b"".join(unescaped.split(b'"')[::2])
        if outside.count(b",") < most:
            return
    detail = f"holds more than {most:,} values, more than anything that can be read here"
    raise Invalid(f"{at or 'the body'}: {detail}", errors=[FieldError(at, detail, "too_long")])


def has_duplicates(body: bytes, value: object) -> bool:
    """Whether a key may stand twice in one object: more keys in the body than in what was read from it.

    Text with a quote and a colon looks the same, so this may be wrong the safe way round; it costs a microsecond.
    """
    return len(_KEY.findall(body)) != _count_keys(value)


def duplicate_key(name: str, at: str) -> BadRequest:
    """The problem of a key that stands twice in the object at ``at``."""
    place = f"{at}/{escape(name)}"
    return BadRequest.at(place, "stands twice in one object; send it once", "duplicate_key")


# Most of what is read: values without keys of their own, told apart by one look.
_PLAIN = frozenset({str, int, float, bool, datetime, type(None)})


def _count_keys(value: object) -> int:
    """Keys that the parsed value accounts for; more colons in the body mean text with colons, or duplicates."""
    if isinstance(value, RootModel):
        # A union by name: its value stands in its place.
        return _count_keys(value.root)
    if isinstance(value, BaseModel):
        given, members = value.model_fields_set, value.__dict__
        nested = [name for name in given if type(members[name]) not in _PLAIN]
        return len(given) + sum(_count_keys(members[name]) for name in nested)
    if isinstance(value, (list, tuple)):
        return sum(map(_count_keys, value))
    if isinstance(value, dict):
        return sum(1 + _count_keys(item) for item in value.values())
    return 0


def _refuse_duplicates(body: bytes, at: str) -> None:
    """Reads again, slowly; objects that hold a key twice are lists of pairs until the place is known."""
    twice = _first_twice(json.loads(body, object_pairs_hook=list, parse_int=number), at)
    if twice is not None:
        raise duplicate_key(*twice)


def _first_twice(value: object, at: str) -> tuple[str, str] | None:
    """The key that stands twice and the pointer to its object; objects are given as lists of pairs."""
    if not isinstance(value, list):
        return None
    seen: set[str] = set()
    for place, item in enumerate(cast(list[object], value)):
        if isinstance(item, tuple):
            name, item = item
            if name in seen:
                return name, at
            seen.add(name)
            step = escape(name)
        else:
            step = str(place)
        found = _first_twice(item, f"{at}/{step}")
        if found is not None:
            return found
    return None


def _explain(adapter: TypeAdapter[Any], body: bytes, error: ValidationError, at: str) -> BadRequest | Invalid:
    details = error.errors(include_url=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        return _unreadable(body, details[0]["msg"], at)
    shown = details[:MOST_FAULTS]
    named = faults.worded(shown, json.loads(body, parse_int=number), partial(_faults_of, adapter))
    errors = [
        FieldError(at + pointer(place), words, fault["type"])
        for fault, (place, words) in zip(shown, named, strict=True)
    ]
    first = "; ".join(f"{e.pointer or 'the body'}: {e.detail}" for e in errors[:3])
    more = f"; and {len(details) - 3:,} more" if len(details) > 3 else ""
    return Invalid(first + more, errors=errors)


def _faults_of(adapter: TypeAdapter[Any], value: object) -> Sequence[Any]:
    try:
        adapter.validate_json(json.dumps(value))
    except ValidationError as error:
        return error.errors(include_url=False, include_input=False)
    return []


def pointer(location: tuple[int | str, ...]) -> str:
    """RFC 6901: /items/3/text."""
    return "".join("/" + escape(str(part)) for part in location)


def escape(part: str) -> str:
    """A name as one step of a pointer; a very long one is cut."""
    named = part if len(part) <= LONGEST_NAME else f"{part[:LONGEST_NAME]}…"
    return named.encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")


def number(digits: str) -> float:
    """A whole number out of JSON; infinite, as 1e400 is, where it has more digits than Python reads."""
    return int(digits) if len(digits) < 4000 else math.inf


def _unreadable(body: bytes, message: str, at: str) -> BadRequest | Invalid:
    """Says which field holds what JSON can't: half a surrogate pair, bytes that are not UTF-8, 1e400."""
    if len(_DEEP.findall(body)) > MAX_DEPTH and "recursion" in message:
        return BadRequest(
            f"The body is nested deeper than {MAX_DEPTH} levels.",
            errors=[FieldError(at, f"nested deeper than {MAX_DEPTH} levels", "too_deep")],
        )
    try:
        value = json.loads(body.decode("utf-8", "surrogateescape"), parse_int=number)
    except (ValueError, RecursionError):
        value = None
    found = [FieldError(at + place, detail, code) for place, detail, code in islice(_broken(value, ""), MOST_FAULTS)]
    if found:
        return Invalid(f"{found[0].pointer or 'the body'}: {found[0].detail}", errors=found)
    return BadRequest(f"{message}.", errors=[FieldError(at, message, "json_invalid")])


def _broken(value: object, at: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str):
        if any("\ud800" <= char <= "\udfff" for char in value):
            yield at, "is not valid text: half a surrogate pair, or not UTF-8", "invalid_text"
    elif value == math.inf:
        yield at, "is too great a number", "invalid_number"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _broken(key, f"{at}/{escape(key)}")
            yield from _broken(item, f"{at}/{escape(key)}")
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[object], value)):
            yield from _broken(item, f"{at}/{index}")
