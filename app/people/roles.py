"""Roles: what each may do is data, changed here."""

from collections.abc import Sequence
from datetime import datetime

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import Changed
from app.models import RolePermission
from app.people import queries
from app.people.giving import must_hold


async def set_role(
    tx: Tx, role: str, scopes: Sequence[str], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> RolePermission:
    """Sets all that a role may do. Whoever holds it may do that within a second.

    NotYoursToGive where the caller lacks a scope that is added or taken away: nobody disarms those above them.
    """
    row = await queries.get_role(tx, role, lock=True)
    expected.meet(row.version)
    changed = set(row.scopes) ^ set(scopes)
    if not changed:
        return row
    must_hold(changed, caller)
    row.scopes = sorted(scopes)
    touch(row, now)
    await record(tx, Changed(subject="role", subject_id=role, action="updated", fields=sorted(changed)), caller=caller)
    return row
