"""Whose names and mails a caller is shown as they are: those with people:unmask, and that they saw them is an event."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import PeopleUnmasked
from app.domain.wording import mask_name
from app.models import Person


async def are_lifted(tx: Tx, person_ids: Collection[UUID], *, caller: Caller) -> bool:
    """Whether these people may be shown unmasked. Then they will be, so it is recorded here."""
    if "people:unmask" not in caller.scopes:
        return False
    if person_ids:
        await record(tx, PeopleUnmasked(person_ids=sorted(person_ids)), caller=caller)
    return True


async def names_of(tx: Tx, person_ids: Collection[UUID], *, caller: Caller) -> dict[UUID, str]:
    """The people's names as the caller may see them, for what they did: timelines and the like."""
    if not person_ids:
        return {}
    rows = (await tx.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))).all()
    lifted = await are_lifted(tx, [row.id for row in rows], caller=caller)
    return {row.id: row.name if lifted else mask_name(row.name) for row in rows}
