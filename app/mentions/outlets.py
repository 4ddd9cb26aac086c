"""Media outlets: whose reports are media follow-up 媒体跟进 (方案 二(二)1)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.errors import Conflict
from app.core.outbox import record
from app.domain.events import Changed
from app.mentions import queries
from app.mentions.rematching import change_rules
from app.models import MediaOutlet


class OutletExists(Conflict):
    """Two outlets of one name could not be told apart."""

    code = "outlet_exists"


async def create_outlet(tx: Tx, fields: Mapping[str, Any], *, caller: Caller) -> MediaOutlet:
    """A new outlet on the list."""
    await _name_is_free(tx, fields["name"], None)
    outlet = MediaOutlet(**fields)
    tx.add(outlet)
    await tx.flush()
    await tx.refresh(outlet)
    await _changed(tx, outlet, "created", sorted(fields), caller)
    return outlet


async def update_outlet(
    tx: Tx, outlet_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller
) -> MediaOutlet:
    """Replaces its name, tier, domains and accounts."""
    outlet = await queries.get_outlet(tx, outlet_id, lock=True)
    expected.meet(outlet.version)
    await _name_is_free(tx, fields["name"], outlet_id)
    for name, value in fields.items():
        setattr(outlet, name, value)
    outlet.version += 1
    await _changed(tx, outlet, "updated", sorted(fields), caller)
    return outlet


async def delete_outlet(tx: Tx, outlet_id: UUID, *, expected: Expected = ANY, caller: Caller) -> None:
    """Takes it off the list."""
    outlet = await queries.get_outlet(tx, outlet_id, lock=True)
    expected.meet(outlet.version)
    await tx.delete(outlet)
    await _changed(tx, outlet, "deleted", [], caller)


async def _name_is_free(tx: Tx, name: str, outlet_id: UUID | None) -> None:
    taken = await tx.scalar(select(MediaOutlet.id).where(MediaOutlet.name == name))
    if taken is not None and taken != outlet_id:
        raise OutletExists(f"There is an outlet {name!r} already ({taken}); change that one.")


async def _changed(tx: Tx, outlet: MediaOutlet, action: str, fields: list[str], caller: Caller) -> None:
    await change_rules(tx)
    event = Changed(subject="media_outlet", subject_id=str(outlet.id), action=action, fields=fields)
    await record(tx, event, caller=caller)
