"""SLA policies: how long each clock runs, as versioned data."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import FieldError, Invalid
from app.core.outbox import record
from app.domain.deadlines import policy_data, policy_from
from app.domain.events import Changed
from app.incidents import sla_queries
from app.models import SlaPolicy


async def create_policy(
    tx: Tx, name: str, clocks: Sequence[Mapping[str, Any]], *, note: str, caller: Caller
) -> SlaPolicy:
    """The next version of the policy of that name. Invalid names the clock that makes no sense, and the fix."""
    try:
        data = policy_data(policy_from(clocks))
    except ValueError as error:
        raise Invalid(f"/clocks: {error}", errors=[FieldError("/clocks", str(error), "policy_invalid")]) from None
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sla:{name}", 0))))
    last = await tx.scalar(select(func.max(SlaPolicy.version)).where(SlaPolicy.name == name))
    policy = SlaPolicy(
        name=name, version=1 + (last or 0), clocks=data, note=note, active=False, created_by=caller.actor
    )  # fmt: skip
    tx.add(policy)
    await _record(tx, policy, "created", caller)
    await tx.refresh(policy)
    return policy


async def activate_policy(tx: Tx, policy_id: UUID, *, caller: Caller) -> SlaPolicy:
    """Clocks are started under it from now on, and tightened by it; those that run keep their ends until then."""
    policy = await sla_queries.get_policy(tx, policy_id)
    if not policy.active:
        await tx.execute(update(SlaPolicy).where(SlaPolicy.active).values(active=False))
        policy.active = True
        await _record(tx, policy, "activated", caller)
    return policy


async def _record(tx: Tx, policy: SlaPolicy, action: str, caller: Caller) -> None:
    await tx.flush()
    event = Changed(subject="sla_policy", subject_id=str(policy.id), action=action, fields=[])
    await record(tx, event, caller=caller)
