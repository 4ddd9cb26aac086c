"""Digests 简报 (R71): issued once each, late rather than never, stored as they were issued; and the one that is to come.

Whoever issues holds the settings' row: two workers never count the same. The period's own uniqueness holds it beside that.
"""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core import paging
from app.core.auth import SYSTEM, Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.outbox import record
from app.domain import digest_words
from app.domain.digests import Period, due, running
from app.domain.events import Changed, DigestDaily, DigestEvent, DigestWeekly
from app.domain.vocabulary.quality import DigestKind
from app.metrics.digest_figures import figures
from app.metrics.digest_schemas import DigestQuery
from app.metrics.trials import is_trial
from app.models import Digest, DigestSettings
from app.models.base import columns_of, new_id

_EVENTS: Mapping[str, type[DigestEvent]] = {DigestKind.DAILY: DigestDaily, DigestKind.WEEKLY: DigestWeekly}


async def issue_next(tx: Tx) -> int:
    """Issues the digest that is due longest; 0 where there is none, or another worker is at it."""
    now = await tx.now()
    query = select(DigestSettings).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    settings = (await tx.scalars(query)).one_or_none()
    if settings is None:
        return 0
    periods = [period for kind in DigestKind if (period := await _next(tx, settings, kind, now)) is not None]
    if not periods:
        return 0
    await _issue(tx, min(periods, key=lambda period: (period.due_at, period.kind)), now)
    return 1


async def _next(tx: Tx, settings: DigestSettings, kind: DigestKind, now: datetime) -> Period | None:
    enabled, at, since = _of(settings, kind)
    if not enabled:
        return None
    last = await tx.scalar(select(func.max(Digest.starts_at)).where(Digest.kind == kind))
    periods = due(kind, at, since, now)
    return next((period for period in periods if last is None or period.starts_at > last), None)


def _of(settings: DigestSettings, kind: DigestKind) -> tuple[bool, time, datetime]:
    if kind is DigestKind.DAILY:
        return settings.daily_enabled, settings.daily_at, settings.daily_since
    return settings.weekly_enabled, settings.weekly_at, settings.weekly_since


async def _issue(tx: Tx, period: Period, now: datetime) -> None:
    told = await _told(tx, period.starts_at, period.ends_at, period.before, now)
    late = int((now - period.due_at).total_seconds())
    digest = Digest(
        id=new_id(), kind=period.kind, starts_at=period.starts_at, ends_at=period.ends_at, due_at=period.due_at,
        issued_at=now, late_by_seconds=late, **told,
    )  # fmt: skip
    tx.add(digest)
    event = _EVENTS[period.kind](
        digest_id=digest.id, starts_at=digest.starts_at, ends_at=digest.ends_at, late_by_seconds=late, **told
    )
    await record(tx, event, caller=SYSTEM)


async def _told(
    tx: Tx, starts_at: datetime, ends_at: datetime, before: tuple[datetime, datetime], now: datetime
) -> dict[str, Any]:
    return {
        "is_trial": await is_trial(tx, starts_at, ends_at), "figures": await figures(tx, starts_at, ends_at, now=now),
        "before": await figures(tx, *before, now=now),
    }  # fmt: skip


async def preview(tx: Tx, kind: DigestKind, now: datetime) -> dict[str, Any]:
    """The period that goes on, as far as it went, beside as much of the period before."""
    _, at, _ = _of(await get_settings(tx), kind)
    period = running(kind, at, now)
    begun_before = period.before[0]
    told = await _told(tx, period.starts_at, now, (begun_before, begun_before + (now - period.starts_at)), now)
    return told | {
        "kind": kind, "starts_at": period.starts_at, "as_of": now, "due_at": period.due_at,
        "text": _text(kind, period.starts_at, now, told),
    }  # fmt: skip


def _text(kind: str, starts_at: datetime, ends_at: datetime, told: Mapping[str, Any]) -> str:
    mark = "【试运行】" if told["is_trial"] else ""
    lines = digest_words.lines(told["figures"], told["before"])
    return "\n".join([mark + digest_words.heading(kind, starts_at, ends_at), *lines])


def shown(digest: Digest) -> dict[str, Any]:
    """A digest as the API shows it."""
    fields = columns_of(digest)
    return fields | {"text": _text(digest.kind, digest.starts_at, digest.ends_at, fields)}


async def get_digest(tx: Tx, digest_id: UUID) -> dict[str, Any]:
    """One digest as it was issued; NotFound otherwise."""
    digest = (await tx.scalars(select(Digest).where(Digest.id == digest_id))).one_or_none()
    if digest is None:
        raise NotFound(f"There is no digest {digest_id}.")
    return shown(digest)


async def list_digests(tx: Tx, query: DigestQuery) -> dict[str, Any]:
    """Digests, the newest period first."""
    rows = select(Digest).order_by(Digest.starts_at.desc(), Digest.id.desc()).limit(query.limit + 1)
    if query.kind:
        rows = rows.where(Digest.kind.in_(query.kind))
    bound = ["digests", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        at, id_ = datetime.fromisoformat(after[0]), UUID(after[1])
        rows = rows.where((Digest.starts_at < at) | ((Digest.starts_at == at) & (Digest.id < id_)))
    found = (await tx.scalars(rows)).all()
    page = paging.page(found, query.limit, bound, lambda digest: [digest.starts_at.isoformat(), digest.id])
    return page | {"data": [shown(digest) for digest in page["data"]]}


async def get_settings(tx: Tx, *, lock: bool = False) -> DigestSettings:
    """When digests are issued."""
    query = select(DigestSettings).execution_options(populate_existing=True)
    return (await tx.scalars(query.with_for_update() if lock else query)).one()


async def set_settings(
    tx: Tx, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> DigestSettings:
    """Sets all of it. What fell due while a kind was switched off is not told afterwards."""
    row = await get_settings(tx, lock=True)
    expected.meet(row.version)
    changed = sorted(name for name, value in fields.items() if getattr(row, name) != value)
    if not changed:
        return row
    for name in changed:
        setattr(row, name, fields[name])
    if "daily_enabled" in changed and row.daily_enabled:
        row.daily_since = now
    if "weekly_enabled" in changed and row.weekly_enabled:
        row.weekly_since = now
    touch(row, now)
    event = Changed(subject="digest_settings", subject_id=str(row.id), action="updated", fields=changed)
    await record(tx, event, caller=caller)
    return row
