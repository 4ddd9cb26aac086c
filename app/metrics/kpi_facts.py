"""What key figures are made of, kept as it happens: reactions to grades, calm and relapses, in the same transaction.

Exercises 演练 leave nothing here. What people and departments are called, and where they belong today, is asked nowhere.
"""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Tx
from app.core.outbox import Stored
from app.domain.events import GradeChanged, IncidentCalmed, IncidentRebounded, StatusChanged
from app.domain.lifecycle import ACCEPTING
from app.models import KpiCalm, KpiOrigin


async def graded(tx: Tx, stored: Sequence[Stored]) -> None:
    """The first grade: where it began, as far as is known."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, GradeChanged)
        if event.to is not None and not event.is_drill:
            row = {"incident_id": event.incident_id, "platform": event.origin_platform}
            await tx.execute(insert(KpiOrigin).values(row).on_conflict_do_nothing())


async def calmed(tx: Tx, stored: Sequence[Stored]) -> None:
    """A calm, as it is told."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentCalmed)
        if not event.is_drill:
            row = {
                "incident_id": event.incident_id, "calmed_at": event.calmed_at,
                "began_at": min(event.began_at or event.calmed_at, event.calmed_at), "grade": event.grade,
                "platform": event.origin_platform, "spread": event.spread or 0,
                "spread_by_platform": {part["platform"]: part["spread"] for part in event.spread_by_platform or ()},
            }  # fmt: skip
            await tx.execute(insert(KpiCalm).values(row).on_conflict_do_nothing())


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
    now = await tx.now()
    standing = (KpiCalm.incident_id == event.incident_id, KpiCalm.taken_back_at.is_(None), KpiCalm.calmed_at <= now)
    await tx.execute(
        update(KpiCalm).where(*standing).values(taken_back_at=now).execution_options(synchronize_session=False)
    )
