"""The lists of words that the lint goes by 发布前检查词库: data that people change, version by version (方案 二(二)2)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import paging
from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.errors import FieldError, Invalid, NotFound
from app.core.outbox import record
from app.core.params import PageQuery
from app.domain.events import Changed
from app.domain.lint_phrases import Wordbook, WordList, check, entry_from
from app.domain.vocabulary import StatementKind, Truth
from app.domain.vocabulary.lint import LintListKind
from app.models import LintList

MOST_PLACES = 200


async def get_list(tx: Tx, key: str, version: int | None = None) -> LintList:
    """One version of a list, the last unless one is named; NotFound where there is none."""
    query = select(LintList).where(LintList.key == key).order_by(LintList.version.desc()).limit(1)
    if version is not None:
        query = query.where(LintList.version == version)
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        what = f"lint list {key!r}" if version is None else f"version {version} of a lint list {key!r}"
        raise NotFound(f"There is no {what}; GET /v1/lint-lists names those there are.")
    return found


async def lists_in_force(tx: Tx) -> Sequence[LintList]:
    """The last version of every list, by their keys."""
    query = select(LintList).ext(distinct_on(LintList.key)).order_by(LintList.key, LintList.version.desc())
    return (await tx.scalars(query)).all()


async def word_lists(tx: Tx) -> list[WordList]:
    """The same as the rules of :mod:`app.domain.lint_phrases` read them."""
    return [words_of(row) for row in await lists_in_force(tx)]


def words_of(row: LintList) -> WordList:
    """A stored list as the rules read it."""
    return WordList(row.key, LintListKind(row.kind), tuple(map(entry_from, row.entries)), row.version)


async def list_lists(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """Every list in its version in force, by their keys."""
    rows = select(LintList).ext(distinct_on(LintList.key)).order_by(LintList.key, LintList.version.desc())
    bound = ["lint lists"]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(LintList.key > after[0])
    found = (await tx.scalars(rows.limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda row: [row.key])
    return page | {"data": [summary(row) for row in page["data"]]}


async def list_versions(tx: Tx, key: str, query: PageQuery) -> dict[str, Any]:
    """A list's versions, the newest first."""
    await get_list(tx, key)
    rows = select(LintList).where(LintList.key == key).order_by(LintList.version.desc())
    bound = ["lint list", key]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(LintList.version < after[0])
    found = (await tx.scalars(rows.limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda row: [row.version])
    return page | {"data": [summary(row) for row in page["data"]]}


async def set_list(
    tx: Tx, key: str, entries: Sequence[Mapping[str, Any]], *, note: str, expected: Expected = ANY, caller: Caller
) -> LintList:
    """The next version of a list, in force from now on. Invalid names each entry that makes no sense, and the fix."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"lint_list:{key}", 0))))
    last = await get_list(tx, key)
    expected.meet(last.version)
    faults = check(LintListKind(last.kind), [entry_from(entry) for entry in entries])
    errors = [FieldError(f"/entries{at}", why, "entry_invalid") for at, why in faults]
    if errors:
        raise Invalid.of(errors[:50])
    if list(entries) == last.entries:
        return last
    made = LintList(
        key=key, version=last.version + 1, kind=last.kind, name_zh=last.name_zh, name_en=last.name_en,
        entries=list(entries), note=note, created_by=caller.actor,
    )  # fmt: skip
    tx.add(made)
    await tx.flush()
    await tx.refresh(made)
    event = Changed(subject="lint_list", subject_id=key, action="updated", fields=["entries"])
    await record(tx, event, caller=caller)
    return made


def summary(row: LintList) -> dict[str, Any]:
    """A version without its entries."""
    return _named(row) | {"entry_count": len(row.entries)}


def shown(row: LintList) -> dict[str, Any]:
    """A version as the API shows it."""
    return _named(row) | {"entries": [_FIELDS | entry for entry in row.entries]}


_FIELDS: dict[str, Any] = {
    "cue": None, "severity": "warning", "reason": None, "advice": None, "source": "", "exceptions": [], "kinds": [],
    "excused_by": [],
}  # fmt: skip


def _named(row: LintList) -> dict[str, Any]:
    return {
        "key": row.key, "kind": row.kind, "name": {"zh": row.name_zh, "en": row.name_en}, "version": row.version,
        "note": row.note, "created_at": row.created_at, "created_by": row.created_by,
    }  # fmt: skip


def places(row: LintList, text: str, kind: StatementKind | None, truth: Truth | None) -> list[dict[str, Any]]:
    """Where a list's phrases stand in a text. Takes a while on a long one: see :mod:`app.core.aside`."""
    words = words_of(row)
    place_of = {id(entry): place for place, entry in enumerate(words.entries)}
    return [
        {"start": one.start, "end": one.end, "words": text[one.start : one.end], "entry": place_of[id(one.entry)]}
        for one in Wordbook([words]).places(text)
        if one.entry.is_for(kind, truth)
    ][:MOST_PLACES]
