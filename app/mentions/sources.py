"""What people do with the register of who reports mentions 来源 (方案 二(一)2: R04, R21).

A source is locked before its watch, which whoever judges its silence holds too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Forbidden, Invalid
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.vocabulary import Platform
from app.domain.vocabulary.sources import SilenceEnd
from app.mentions.source_beats import channel_of, hear
from app.mentions.source_queries import get_source
from app.models import ApiKey, Source, SourceSilence, SourceWatch
from app.models.base import new_id

# What makes it another source to listen for.
_ANEW: Final = {"key_id", "rhythm_seconds", "enabled"}


class SourceRetired(Conflict):
    """What is retired is retired for good: whatever posts now is another source."""

    code, title = "source_retired", ("The source is retired", "该来源已退役")


class KeyTaken(Conflict):
    """Whatever comes with a key is one source's sign of life."""

    code, title = "source_key_taken", ("The key is another source's", "该密钥已属于其他来源")


async def register_source(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Source:
    """A new source, which is listened for from now on."""
    await _check_key(tx, fields["key_id"])
    source = Source(
        id=new_id(), created_at=now, created_by=caller.actor, updated_at=now, version=1, retired_at=None, **fields
    )
    tx.add(source)
    await tx.flush()
    await _begin_anew(tx, source, SilenceEnd.CHANGED, now)
    await _record(tx, source, "created", sorted(fields), caller)
    return source


async def change_source(
    tx: Tx, source_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Source:
    """Sets what ``fields`` names. Another key or rhythm, or enabling it, ends its silence: it has a rhythm from then on."""
    source = await get_source(tx, source_id, lock=True)
    expected.meet(source.version)
    changed = sorted(name for name, value in fields.items() if getattr(source, name) != value)
    if not changed:
        return source
    _must_not_be_retired(source)
    if "key_id" in changed:
        await _check_key(tx, fields["key_id"], but=source_id)
    for name in changed:
        setattr(source, name, fields[name])
    touch(source, now)
    await tx.flush()
    if _ANEW & set(changed):
        await _begin_anew(tx, source, SilenceEnd.CHANGED if source.enabled else SilenceEnd.DISABLED, now)
    await _record(tx, source, "updated", changed, caller)
    return source


async def retire_source(
    tx: Tx, source_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Source:  # fmt: skip
    """It is listened for no more, and its key may be another's. Its silences stay. SourceRetired where it is already."""
    source = await get_source(tx, source_id, lock=True)
    expected.meet(source.version)
    _must_not_be_retired(source)
    source.retired_at, source.enabled = now, False
    touch(source, now)
    await tx.flush()
    await _begin_anew(tx, source, SilenceEnd.RETIRED, now)
    await _record(tx, source, "retired", ["enabled", "retired_at"], caller)
    return source


async def hear_source(
    tx: Tx, source_id: UUID, platforms: Sequence[str], *, caller: Caller, now: datetime
) -> dict[str, Any]:
    """A sign of life: it looked at these of its platforms, none named: at all, and has nothing to report.

    By the source itself, with its key, or by whoever may change sources. The beat is its own record: see
    :mod:`app.mentions.source_beats`.
    """
    source = await get_source(tx, source_id)
    if caller.id != source.key_id and "sources:write" not in caller.scopes:
        raise Forbidden(
            f"Only the source itself, with its key {source.key_id!r}, or who may change sources (`sources:write`) says "
            "that it is alive."
            if source.key_id
            else "The source has no key: only who may change sources (`sources:write`) says that it is alive."
        )
    _must_not_be_retired(source)
    faults = [
        FieldError(f"/platforms/{place}", f"the source does not cover {name}; change the source first", "not_covered")
        for place, name in enumerate(platforms)
        if name not in source.platforms
    ]
    if faults:
        raise Invalid.of(faults)
    looked_at = [platform for platform in Platform if platform in (platforms or source.platforms)]
    heard_at = await hear(tx, channel_of(source_id), looked_at, now=now)
    return {"source_id": source_id, "heard_at": heard_at, "platforms": looked_at}


def _must_not_be_retired(source: Source) -> None:
    if source.retired_at is not None:
        raise SourceRetired("The source is retired, which is for good: register what posts now as another source.")


async def _check_key(tx: Tx, key_id: str | None, but: UUID | None = None) -> None:
    """The key exists, works, and is no other source's. It is locked, so that of two who take it one is second."""
    if key_id is None:
        return
    key = await tx.get(ApiKey, key_id, with_for_update={"key_share": True})
    if key is None or key.revoked_at is not None:
        detail = f"there is no API key {key_id!r} that works; name the part of a key that is no secret"
        raise Invalid.at("/key_id", detail, "unknown_key")
    other = select(Source).where(Source.key_id == key_id, Source.retired_at.is_(None), Source.id != (but or new_id()))
    if (taken := (await tx.scalars(other)).one_or_none()) is not None:
        raise KeyTaken(
            f"The key {key_id!r} is the source {taken.id}'s already: give each source a key of its own, or retire that one.",
            errors=[FieldError("/key_id", "is another source's", "source_key_taken")],
        )


async def _begin_anew(tx: Tx, source: Source, ended_by: SilenceEnd, now: datetime) -> None:
    """Ends a silence that lasts, and has the source listened for from now on."""
    start = insert(SourceWatch).values(source_id=source.id, since=now, heard_at=None)
    await tx.execute(start.on_conflict_do_update(index_elements=["source_id"], set_={"since": now, "heard_at": None}))
    lasting = select(SourceSilence).where(SourceSilence.source_id == source.id, SourceSilence.ends_at.is_(None))
    silence = (await tx.scalars(lasting.execution_options(populate_existing=True))).one_or_none()
    if silence is not None:
        silence.ends_at, silence.ended_by = max(now, silence.starts_at), ended_by
        await tx.flush()


async def _record(tx: Tx, source: Source, action: str, fields: list[str], caller: Caller) -> None:
    event = Changed(subject="source", subject_id=str(source.id), action=action, fields=fields)
    await record(tx, event, caller=caller)
