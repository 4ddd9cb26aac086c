"""What pydantic finds wrong, in words for people: where it is in what was sent, and what it must be.

Whoever reads it may know nothing of pydantic, of regular expressions or of how our models are put together. A type whose
values have a form of their own carries its words with it: :class:`Like`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

Place = tuple[int | str, ...]

UNKNOWN_PARAMETER = "is no parameter of this call"
# By the first word of pydantic's type of the fault; what it says itself helps those who know it.
_WORDS = {
    "uuid": "must be an id (a UUID) as answers give it",
    "datetime": "must be an RFC 3339 instant with an offset, for example 2026-11-23T09:12:00+08:00",
    "timezone": "must have an offset, for example 2026-11-23T09:12:00+08:00",
    "extra": "is not known here: mend its name or leave it out",
}
_IN_ADDRESSES = {
    "datetime": "must be an RFC 3339 instant with an offset, for example 2026-11-23T09:12:00Z; in an address + is %2B",
    "timezone": "must have an offset, for example 2026-11-23T09:12:00Z; in an address + is written %2B",
    "extra": UNKNOWN_PARAMETER,
}
_NO_FORM = "is not written as it must be: see its pattern in /openapi.json"
_TAG = re.compile(r"'([^']*)'")
_TAGS = ("union_tag_invalid", "union_tag_not_found")


@dataclass(frozen=True, slots=True)
class Like:
    """Text that matches a pattern, which the contract shows; who sends another is told ``words`` in its place."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        if schema["type"] == "nullable":
            raise TypeError("a pattern is of the text, not of what may be null: Annotated[str, Like(...)] | None")
        return core_schema.no_info_after_validator_function(self._held, schema)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(core) | {"pattern": self.pattern}

    def _held(self, value: str) -> str:
        # Not `search`: Python's $ passes over a line end.
        if not re.fullmatch(self.pattern, value):
            raise PydanticCustomError("string_pattern_mismatch", cast(Any, self.words))
        return value


def words_of(fault: Any, *, in_address: bool = False) -> str:
    """What is wrong by one of pydantic's faults, and what would be right."""
    kind: str = fault["type"]
    first = kind.partition("_")[0]
    message: str = fault["msg"].removeprefix("Value error, ")
    if message.startswith("String should match pattern"):
        return _NO_FORM
    return (_IN_ADDRESSES if in_address else {}).get(first) or _WORDS.get(first) or message


def worded(
    found: Sequence[Any], value: object, retry: Callable[[object], Sequence[Any]]
) -> Iterator[tuple[Place, str]]:
    """Place and words of each fault in ``value``, which is what was sent. ``retry`` finds the faults of another value."""
    places = [place_of(fault["loc"], value, missing=fault["type"] == "missing") for fault in found]
    tags = _tags(found, places, value, retry)
    for fault, place in zip(found, places, strict=True):
        if fault["type"] not in _TAGS:
            yield place, words_of(fault)
            continue
        missing = fault["type"] == "union_tag_not_found"
        one_of = ", ".join(tags.get(place, ()))
        discriminator = _discriminator(fault)
        says = f"missing; state the {discriminator}" if missing else f"is no {discriminator} there is; write"
        yield (*place, discriminator), f"{says}{', ' if missing else ' '}one of {one_of}"


def place_of(location: Place, value: object, *, missing: bool = False) -> Place:
    """Where that is in what was sent: without the tags of unions, which are no key of the value they stand at. Of what is
    missing, and only of that, the last step is no key either."""
    steps: list[int | str] = []
    for number, step in enumerate(location, 1):
        if isinstance(value, dict) and step in value:
            value = cast(dict[Any, object], value)[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = cast(list[object], value)[step]
        elif not (missing and number == len(location)):
            continue
        steps.append(step)
    return tuple(steps)


def _discriminator(fault: Any) -> str:
    return str(fault["ctx"]["discriminator"]).strip("'")


def _tags(
    found: Sequence[Any], places: Sequence[Place], value: object, retry: Callable[[object], Sequence[Any]]
) -> dict[Place, list[str]]:
    """Which tags there are where one is missing or unknown. Pydantic says so only of those that are unknown."""
    for fault, place in zip(found, places, strict=True):
        if fault["type"] == "union_tag_not_found":
            holder: Any = value
            for step in place:
                holder = holder[step]
            holder[_discriminator(fault)] = ""
    if any(fault["type"] == "union_tag_not_found" for fault in found):
        found = retry(value)
        places = [place_of(fault["loc"], value) for fault in found]
    return {
        place: _TAG.findall(fault["ctx"]["expected_tags"])
        for fault, place in zip(found, places, strict=True) if fault["type"] == "union_tag_invalid"
    }  # fmt: skip
