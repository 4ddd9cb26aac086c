"""Legal holds 法务保全: while one stands on an incident, nothing that it reaches is deleted, by people or by time. It reaches
what was merged into the incident too: whoever sets it means the whole case.

Whatever deletes asks here first, in the transaction that deletes: :func:`refuse_held` where people ask for it,
:func:`held` where something is passed over in silence because its time has not come.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.orm import aliased

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict
from app.core.outbox import record
from app.domain.events import LegalHoldLifted, LegalHoldSet
from app.incidents.queries import get_incident
from app.incidents.timeline import on_timeline
from app.models import Incident

# The incidents, and what each of them was merged into.
_WHOLES = text("""
with recursive whole as (
  select id, merged_into from incidents where id = any(cast(:ids as uuid[]))
  union select i.id, i.merged_into from incidents i join whole w on i.id = w.merged_into)
select id from whole""")


class UnderLegalHold(Conflict):
    """Somebody may have to show it to a court."""

    code = "under_legal_hold"
    title = ("A legal hold keeps it", "处于法务保全，不能删除")


async def set_hold(
    tx: Tx, incident_id: UUID, *, held: bool, reason: str, expected: Expected = ANY, caller: Caller, now: datetime
) -> Incident:
    """Sets the hold or lifts it; PersonNeeded where a machine says so. What is so already stays as it is."""
    incident = await get_incident(tx, incident_id, lock=True)
    person = caller.require_person()
    expected.meet(incident.version)
    if held == (incident.legal_hold_at is not None):
        return incident
    incident.legal_hold_at = now if held else None
    incident.legal_hold_by = person.id if held else None
    incident.legal_hold_reason = reason if held else None
    touch(incident, now)
    event = LegalHoldSet if held else LegalHoldLifted
    await record(tx, event(**on_timeline(incident), reason=reason), caller=caller)
    return incident


async def pass_on(tx: Tx, source: Incident, target: Incident, *, caller: Caller, now: datetime) -> None:
    """What goes from an incident under a hold into another one stays under it. Both are locked."""
    if source.legal_hold_at is None or target.legal_hold_at is not None:
        return
    target.legal_hold_at, target.legal_hold_by = source.legal_hold_at, source.legal_hold_by
    target.legal_hold_reason = source.legal_hold_reason
    touch(target, now)
    event = LegalHoldSet(**on_timeline(target), reason=source.legal_hold_reason or "")
    await record(tx, event, caller=caller)


async def held(tx: Tx, incident_ids: Collection[UUID]) -> list[Incident]:
    """Those under a hold of the incidents and of what they were merged into. All are locked, so that none comes under one
    meanwhile."""
    while incident_ids:
        ids = set(await tx.scalars(_WHOLES, {"ids": list(incident_ids)}))
        rows = select(Incident).where(Incident.id.in_(ids)).order_by(Incident.id)
        rows = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
        found = (await tx.scalars(rows)).all()
        # One may have been merged while we waited.
        if {incident.merged_into for incident in found} <= ids | {None}:
            return [incident for incident in found if incident.legal_hold_at is not None]
    return []


def reached() -> Select[UUID]:
    """The ids of the incidents that a hold reaches: those under one, and what was merged into these."""
    whole = select(Incident.id).where(Incident.legal_hold_at.is_not(None)).cte("whole", recursive=True)
    part = aliased(Incident)
    whole = whole.union(select(part.id).join(whole, part.merged_into == whole.c.id))
    return select(whole.c.id)


async def refuse_held(tx: Tx, incident_ids: Collection[UUID], what: str) -> None:
    """UnderLegalHold where a hold reaches one of the incidents that ``what`` would be taken from."""
    kept = await held(tx, incident_ids)
    if kept:
        numbers = ", ".join(incident.number for incident in kept)
        raise UnderLegalHold(
            f"{what} is evidence of {numbers}, under a legal hold: it stays until somebody with the scope 'legal:hold' "
            "lifts it.", numbers=[incident.number for incident in kept],
        )  # fmt: skip
