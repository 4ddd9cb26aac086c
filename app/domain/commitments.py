"""Promises 进度承诺 (方案 二(二)2): what of a statement is a promise by a date, and what of that was not promised before."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

LONGEST_TITLE: Final = 200
MOST_CITED: Final = 20
"""Promises that one note of progress reports on."""


class Dated(NamedTuple):
    """A promise by a date. ``position``: its place among all that the version promises, from 0."""

    position: int
    text: str
    due_at: datetime
    owner_id: UUID | None


def dated(stated: Sequence[Mapping[str, Any]]) -> list[Dated]:
    """Those of a version's promises that have a date; what has none can't be broken."""
    return [
        Dated(
            position, one["text"], datetime.fromisoformat(one["due_at"]),
            UUID(one["owner_id"]) if one.get("owner_id") else None,
        )
        for position, one in enumerate(stated)
        if one.get("due_at")
    ]  # fmt: skip


def not_yet_made(stated: Sequence[Mapping[str, Any]], made: Collection[tuple[str, datetime]]) -> list[Dated]:
    """What a version promises beyond what the statement ``made`` before: the same words by the same date are one promise."""
    known, fresh = {(" ".join(text.split()), due_at) for text, due_at in made}, []
    for one in dated(stated):
        key = (" ".join(one.text.split()), one.due_at)
        if key not in known:
            known.add(key)
            fresh.append(one)
    return fresh


def title_of(text: str) -> str:
    """The promise in a line, as the title of the task that keeps it."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"
