"""Policies as versions: the same name again is the next one, versions never change, and one of a table is in force."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, update

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.outbox import record
from app.core.params import PageQuery
from app.domain.events import Changed
from app.models import GradingPolicy, SlaPolicy

Policy = TypeVar("Policy", GradingPolicy, SlaPolicy)
# What people and events call them.
SUBJECTS: dict[type[GradingPolicy] | type[SlaPolicy], str] = {GradingPolicy: "grading_policy", SlaPolicy: "sla_policy"}
_NAMED = {GradingPolicy: "grading policy", SlaPolicy: "SLA policy"}


async def get_version(tx: Tx, table: type[Policy], policy_id: UUID) -> Policy:
    """One version of a policy; NotFound otherwise."""
    policy = await tx.get(table, policy_id)
    if policy is None:
        raise NotFound(f"There is no {_NAMED[table]} {policy_id}.")
    return policy


async def list_versions(tx: Tx, table: type[Policy], query: PageQuery) -> dict[str, Any]:
    """Every version of every policy, newest first."""
    rows = select(table).order_by(table.id.desc()).limit(query.limit + 1)
    bound = [SUBJECTS[table]]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(table.id < UUID(after[0]))
    return paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda policy: [policy.id])


async def next_version(tx: Tx, table: type[Policy], name: str) -> int:
    """The version after the last one; who asks at the same moment waits for this transaction's end."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{SUBJECTS[table]}:{name}", 0))))
    return 1 + ((await tx.scalar(select(func.max(table.version)).where(table.name == name))) or 0)


async def store_version(tx: Tx, policy: Policy, *, caller: Caller) -> Policy:
    """Keeps a new version, which is not in force."""
    tx.add(policy)
    await _record(tx, policy, "created", caller)
    await tx.refresh(policy)
    return policy


async def hold_force(tx: Tx, table: type[Policy]) -> None:
    """Keeps the one in force so to the transaction's end: who wants another waits."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(SUBJECTS[table], 0))))


async def put_in_force(tx: Tx, table: type[Policy], policy_id: UUID, *, caller: Caller) -> Policy:
    """Makes it the one that is used from now on. Who does so at the same moment waits; the last one stays."""
    await hold_force(tx, table)
    policy = await get_version(tx, table, policy_id)
    await tx.refresh(policy)
    if not policy.active:
        await tx.execute(update(table).where(table.active).values(active=False))
        policy.active = True
        await _record(tx, policy, "activated", caller)
    return policy


async def _record(tx: Tx, policy: GradingPolicy | SlaPolicy, action: str, caller: Caller) -> None:
    await tx.flush()
    event = Changed(subject=SUBJECTS[type(policy)], subject_id=str(policy.id), action=action, fields=[])
    await record(tx, event, caller=caller)
