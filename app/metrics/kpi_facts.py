"""What key figures are made of, kept as it happens: reactions to grades, calm and relapses, in the same transaction.

Exercises 演练 leave nothing here. What people and departments are called, and where they belong today, is asked nowhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import Tx
from app.core.outbox import Stored
from app.domain.events import (
    CalmRetold,
    GradeChanged,
    IncidentCalmed,
    IncidentChanged,
    IncidentOpened,
    IncidentRebounded,
    StatusChanged,
)
from app.domain.lifecycle import ACCEPTING
from app.incidents.queries import told_of
from app.models import KpiCalm, KpiOrigin, KpiPeriod

_OUT = ("merged", "dismissed")
"""What counts no more, or never did."""


async def stood(tx: Tx, stored: Sequence[Stored]) -> None:
    """What an incident counts as from here on: one of its product, or none while it is part of another or none of ours."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentOpened | IncidentChanged | StatusChanged)
        if not event.is_drill:
            incident = await told_of(tx, event)
            await _stands(tx, incident.id, counts=incident.status not in _OUT, product=incident.business_unit)


async def _moment(tx: Tx, *kept: InstrumentedAttribute[Any], incident_id: UUID) -> datetime:
    """When something happens to the incident, which is locked: now, or with the last that was kept of it. Whoever waited for the
    lock began before those whom they waited for, and comes after them all the same."""
    now = literal(await tx.now(), kept[0].type)
    of_it = kept[0].class_.incident_id == incident_id
    moment: datetime = (await tx.scalars(select(func.greatest(now, *map(func.max, kept))).where(of_it))).one()
    return moment


async def _stands(tx: Tx, incident_id: UUID, *, counts: bool, product: str | None) -> None:
    running = (KpiPeriod.incident_id == incident_id, KpiPeriod.ends_at.is_(None))
    found = (await tx.execute(select(KpiPeriod.product).where(*running))).all()
    if [row.product for row in found] == ([product] if counts else []):
        return
    now = await _moment(tx, KpiPeriod.starts_at, KpiPeriod.ends_at, incident_id=incident_id)
    await tx.execute(update(KpiPeriod).where(*running).values(ends_at=now).execution_options(synchronize_session=False))
    if counts:
        row = {"incident_id": incident_id, "starts_at": now, "product": product}
        again = {"ends_at": None, "product": product}
        await tx.execute(insert(KpiPeriod).values(row).on_conflict_do_update(constraint="pk_kpi_periods", set_=again))


async def graded(tx: Tx, stored: Sequence[Stored]) -> None:
    """The first grade: where it began, as far as is known."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, GradeChanged)
        if event.to is not None and not event.is_drill:
            row = {"incident_id": event.incident_id, "platform": event.origin_platform}
            await tx.execute(insert(KpiOrigin).values(row).on_conflict_do_nothing())


async def calmed(tx: Tx, stored: Sequence[Stored]) -> None:
    """A calm, as it is told; or told anew, which is the last word on it from here on."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentCalmed | CalmRetold)
        if not event.is_drill:
            now = await _calm_moment(tx, event.incident_id)
            said = {
                "calmed_at": event.calmed_at, "began_at": min(event.began_at or event.calmed_at, event.calmed_at),
                "grade": event.grade, "platform": event.origin_platform, "spread": event.spread or 0,
                "spread_by_platform": {part["platform"]: part["spread"] for part in event.spread_by_platform or ()},
            }  # fmt: skip
            before = (KpiCalm.incident_id == event.incident_id, KpiCalm.retold_at.is_(None), KpiCalm.taken_back_at.is_(None),
                      KpiCalm.told_at < now)  # fmt: skip
            await tx.execute(
                update(KpiCalm).where(*before).values(retold_at=now).execution_options(synchronize_session=False)
            )
            row = {"incident_id": event.incident_id, "told_at": now} | said
            await tx.execute(
                insert(KpiCalm)
                .values(row)
                .on_conflict_do_update(constraint="pk_kpi_calms", set_=said | {"taken_back_at": None})
            )


async def _calm_moment(tx: Tx, incident_id: UUID) -> datetime:
    return await _moment(tx, KpiCalm.told_at, KpiCalm.retold_at, KpiCalm.taken_back_at, incident_id=incident_id)


async def rebounded(tx: Tx, stored: Sequence[Stored]) -> None:
    """A relapse takes the calm back."""
    for entry in stored:
        assert isinstance(entry.event, IncidentRebounded)
        await _take_back(tx, entry.event)


async def came_back(tx: Tx, stored: Sequence[Stored]) -> None:
    """Who comes back from an end has not been calm yet."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, StatusChanged)
        if event.from_ not in ACCEPTING and event.to in ACCEPTING:
            await _take_back(tx, event)


async def _take_back(tx: Tx, event: IncidentRebounded | StatusChanged) -> None:
    now = await _calm_moment(tx, event.incident_id)
    standing = (KpiCalm.incident_id == event.incident_id, KpiCalm.taken_back_at.is_(None))
    await tx.execute(
        update(KpiCalm).where(*standing).values(taken_back_at=now).execution_options(synchronize_session=False)
    )
