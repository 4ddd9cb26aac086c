"""Approving in somebody's place 代批 (方案 二(二)2): dated, of what one may approve as oneself, and never further."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.vocabulary.statements import ApprovalSlot
from app.domain.wording import mask_text
from app.models import ApprovalDelegation
from app.models.base import columns_of, new_id
from app.people.approvers import asks, authorities, slots_of_person
from app.people.masks import are_lifted, people_of
from app.people.persons import active_people
from app.statements.approval_schemas import ApprovalDelegationQuery

LONGEST: Final = timedelta(days=366)


class NotYoursToDelegate(Forbidden):
    """Nobody delegates what another person may do, but who administers people."""

    code, title = "not_yours_to_delegate", ("You can't delegate that", "不能委托他人的审批权限")


class DelegationOver(Conflict):
    """It ended, or was revoked: there is nothing to revoke."""

    code, title = "delegation_over", ("The delegation is over", "代批授权已结束")


async def delegate(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> ApprovalDelegation:
    """Lets somebody approve in a person's place for a while. NotYoursToDelegate where that is another person, and the caller
    does not administer people."""
    person_id = fields["person_id"] or caller.require_person().id
    _must_be_mine(person_id, caller)
    await active_people(tx, {"/delegate_id": fields["delegate_id"]} | (
        {"/person_id": person_id} if fields["person_id"] else {}
    ))  # fmt: skip
    starts_at = max(fields["starts_at"] or now, now)
    _must_make_sense(fields, person_id, starts_at, now)
    may = await _may_give(tx, person_id, caller=caller, now=now)
    errors = [
        FieldError(f"/slots/{place}", f"the person may not approve so by themselves: that asks for {asks(slot)}", "not_theirs")
        for place, slot in enumerate(fields["slots"]) if slot not in may
    ]  # fmt: skip
    if errors:
        raise Invalid.of(errors)
    made = ApprovalDelegation(
        id=new_id(), person_id=person_id, delegate_id=fields["delegate_id"],
        slots=[slot for slot in ApprovalSlot if slot in fields["slots"]], starts_at=starts_at, ends_at=fields["ends_at"],
        reason=fields["reason"], created_at=now,
    )  # fmt: skip
    tx.add(made)
    await _record(tx, made, "created", caller)
    return made


async def _may_give(tx: Tx, person_id: UUID, *, caller: Caller, now: datetime) -> Sequence[ApprovalSlot]:
    """As what the person may approve; of what is one's own no more than the key one calls with may approve itself."""
    if "people:write" in caller.scopes:
        return await slots_of_person(tx, person_id)
    return [one.slot for one in await authorities(tx, caller, now) if one.principal is None]


def _must_be_mine(person_id: UUID, caller: Caller) -> None:
    if person_id != caller.person_id and "people:write" not in caller.scopes:
        raise NotYoursToDelegate(
            "One delegates one's own approvals. For somebody else it takes who administers people: the scope 'people:write'."
        )


def _must_make_sense(fields: Mapping[str, Any], person_id: UUID, starts_at: datetime, now: datetime) -> None:
    if fields["delegate_id"] == person_id:
        raise Invalid.at("/delegate_id", "nobody approves in their own place; name somebody else", "own_delegate")
    if fields["ends_at"] <= now or fields["ends_at"] <= starts_at:
        raise Invalid.at("/ends_at", "must lie ahead, and after starts_at", "too_early")
    if fields["ends_at"] - starts_at > LONGEST:
        raise Invalid.at("/ends_at", "must be within a year from its start: delegate anew when it is over", "too_late")


async def revoke(tx: Tx, delegation_id: UUID, *, caller: Caller, now: datetime) -> ApprovalDelegation:
    """It can't be used from now on. What was approved by it stays approved."""
    row = await get_delegation(tx, delegation_id, lock=True)
    if caller.person_id is None or caller.person_id not in (row.person_id, row.delegate_id):
        _must_be_mine(row.person_id, caller)
    if row.revoked_at is not None or row.ends_at <= now:
        raise DelegationOver(f"It ended at {row.revoked_at or row.ends_at:%Y-%m-%dT%H:%M:%SZ}.")
    row.revoked_at = now
    await _record(tx, row, "revoked", caller)
    return row


async def _record(tx: Tx, row: ApprovalDelegation, action: str, caller: Caller) -> None:
    event = Changed(
        subject="approval_delegation", subject_id=str(row.id), action=action, fields=[str(slot) for slot in row.slots]
    )
    await record(tx, event, caller=caller)


async def get_delegation(tx: Tx, delegation_id: UUID, *, lock: bool = False) -> ApprovalDelegation:
    """One delegation; NotFound otherwise."""
    row = await tx.get(ApprovalDelegation, delegation_id, with_for_update=lock)
    if row is None:
        raise NotFound(f"There is no delegation {delegation_id}.")
    return row


async def list_delegations(tx: Tx, query: ApprovalDelegationQuery, *, caller: Caller) -> dict[str, Any]:
    """Delegations, the newest first."""
    rows = select(ApprovalDelegation).order_by(ApprovalDelegation.id.desc()).limit(query.limit + 1)
    if query.person_id:
        rows = rows.where(ApprovalDelegation.person_id.in_(query.person_id))
    if query.delegate_id:
        rows = rows.where(ApprovalDelegation.delegate_id.in_(query.delegate_id))
    if query.in_force is not None:
        stands = in_force(await tx.now())
        rows = rows.where(stands if query.in_force else not_(stands))
    bound = ["approval delegations", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(ApprovalDelegation.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda row: [row.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


def in_force(now: datetime) -> ColumnElement[bool]:
    """Whether a delegation can be used at this instant."""
    return and_(
        ApprovalDelegation.revoked_at.is_(None), ApprovalDelegation.starts_at <= now, ApprovalDelegation.ends_at > now
    )


async def shown(tx: Tx, rows: Sequence[ApprovalDelegation], *, caller: Caller) -> list[dict[str, Any]]:
    """The delegations as the API shows them to the caller."""
    now = await tx.now()
    ids = {id_ for row in rows for id_ in (row.person_id, row.delegate_id)}
    people = await people_of(tx, ids, caller=caller)
    lifted = await are_lifted(tx, [], caller=caller)
    return [
        {name: value for name, value in columns_of(row).items() if name not in ("person_id", "delegate_id")} | {
            "person": people[row.person_id], "delegate": people[row.delegate_id],
            "reason": row.reason if lifted else mask_text(row.reason),
            "in_force": row.revoked_at is None and row.starts_at <= now < row.ends_at,
        }
        for row in rows
    ]  # fmt: skip


async def shown_one(tx: Tx, row: ApprovalDelegation, *, caller: Caller) -> dict[str, Any]:
    """One delegation as the API shows it to the caller."""
    [answer] = await shown(tx, [row], caller=caller)
    return answer
