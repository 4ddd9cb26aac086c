"""Batches: read strictly, item by item where it must be, so that one bad item never loses the good ones."""

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from app.core.bodies import JsonBody, duplicate_key, has_duplicates, number, parse, read_body, refuse_crowd
from app.core.db import Tx
from app.core.errors import BadRequest, FieldError, Invalid, Problem
from app.mentions.ingest import Intake, Row, row_of
from app.mentions.schemas import MentionBatchIn, MentionIn

MOST = 1_000
MAX_BODY = 8 * 1024 * 1024
# A full batch has a third of them. Each may be a fault, and faults are costly to name.
MOST_VALUES = 50_000
NDJSON = "application/x-ndjson"
_LINE = re.compile(rb"\S[^\n]*")
ITEM: TypeAdapter[MentionIn] = TypeAdapter(MentionIn)

Item = MentionIn | Problem


class _Twice(dict[str, Any]):
    """An object in which a key stood twice."""

    key = ""


class BatchBody(JsonBody[MentionBatchIn]):
    """The body of a batch: one JSON object, or one item a line."""

    media_types = ("application/json", NDJSON)

    def __init__(self) -> None:
        super().__init__(MentionBatchIn)

    async def read(self, request: Request) -> list[Item]:
        """Each item, or why it can't be one. Raises only where the whole body makes no sense."""
        body, kind = await read_body(request, self.media_types, MAX_BODY)
        # In a thread, so that others are served while faults are being named.
        if kind == NDJSON:
            return await asyncio.to_thread(_lines, body)
        refuse_crowd(body, MOST_VALUES, "/items")
        return self._all_good(body) or await asyncio.to_thread(self._one_by_one, body)

    def _all_good(self, body: bytes) -> list[Item]:
        """All items; none where there is a fault in any."""
        try:
            batch = self.adapter.validate_json(body)
        except ValidationError:
            return []
        if has_duplicates(body, batch):
            return []
        return _historical(list(batch.items)) if batch.historical else list(batch.items)

    def _one_by_one(self, body: bytes) -> list[Item]:
        """The slow way, for a batch with a fault somewhere."""
        try:
            given = json.loads(body.decode("utf-8", "surrogateescape"), object_pairs_hook=_object_of, parse_int=number)
        except (ValueError, RecursionError):
            given = None
        items = given.get("items") if isinstance(given, dict) else None
        if not isinstance(items, list) or isinstance(given, _Twice):
            parse(self.adapter, body, most=MOST_VALUES)
            raise BadRequest("The body can't be read as a batch.")
        _refuse_number(len(items), "/items")
        stand_in = {key: value for key, value in given.items() if key != "items"} | {"items": [_STAND_IN]}
        historical = parse(self.adapter, json.dumps(stand_in).encode()).historical
        parsed = [_item(item, f"/items/{place}") for place, item in enumerate(items)]
        return _historical(parsed) if historical else parsed


# In place of the items, to judge the members around them alone.
_STAND_IN = {"platform": "weibo", "external_id": "1", "text": "1"}


def _historical(items: list[Item]) -> list[Item]:
    return [i.model_copy(update={"historical": True}) if isinstance(i, MentionIn) else i for i in items]


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            twice.key = key
            break
        seen.add(key)
    return twice


def _item(value: Any, at: str) -> Item:
    if isinstance(value, _Twice):
        return duplicate_key(value.key, at)
    return _parsed(json.dumps(value).encode(), at)


def _lines(body: bytes) -> list[Item]:
    refuse_crowd(body, MOST_VALUES)
    lines = [line[0] for line in islice(_LINE.finditer(body), MOST + 1)]
    _refuse_number(len(lines), "")
    return [_parsed(line, f"/items/{place}") for place, line in enumerate(lines)]


def _refuse_number(items: int, at: str) -> None:
    if not 1 <= items <= MOST:
        detail = f"a batch has 1 to {MOST:,} items; this one has {'none' if not items else 'more'}"
        raise Invalid(detail, errors=[FieldError(at, detail, "too_long" if items else "too_short")])


def _parsed(text: bytes, at: str) -> Item:
    try:
        return parse(ITEM, text, at)
    except (BadRequest, Invalid) as problem:
        return problem


async def accept_batch(
    intake: Intake, items: Sequence[Item], *, key_id: str, now: datetime, tx: Tx | None = None
) -> dict[str, Any]:
    """Stores the good items in one go; the answer has a result for each item, in order."""
    rows: list[Row | Problem] = []
    for place, item in enumerate(items):
        try:
            rows.append(
                item if isinstance(item, Problem) else row_of(item, key_id=key_id, now=now, at=f"/items/{place}")
            )
        except Invalid as problem:
            rows.append(problem)
    good = [row for row in rows if isinstance(row, Row)]
    accepted = iter(await intake.accept(good, tx) if good else ())
    results: list[dict[str, Any]] = []
    for place, row in enumerate(rows):
        if isinstance(row, Problem):
            results.append({"index": place, "status": row.status, "id": None, "problem": _said(row)})
        else:
            answer = next(accepted)
            status = 201 if answer.created else 200
            results.append({"index": place, "status": status, "id": answer.id, "problem": None})
    return {"accepted": len(good), "refused": len(rows) - len(good), "results": results}


def _said(problem: Problem) -> dict[str, Any]:
    pointers = [error.pointer for error in problem.errors]
    return {"code": problem.code, "detail": problem.detail, "pointers": pointers}
