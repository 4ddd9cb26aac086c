"""Mentions that an employee's account posted 员工账号, and what they violate: labels that people set (方案 二(一)1, R15)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.vocabulary.quality import Violation
from app.models import EmployeeLabel, Mention, MentionState


async def label(
    tx: Tx, mention_id: UUID, violation: Violation | None, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> None:
    """Says that an employee posted it, and what it violates; null: nothing. Once more changes nothing."""
    await _meet(tx, mention_id, expected)
    known = (await tx.scalars(select(EmployeeLabel).where(EmployeeLabel.mention_id == mention_id))).one_or_none()
    if known is not None and known.violation == violation:
        return
    row = {
        "violation": violation, "labelled_at": now, "labelled_by": caller.actor, "person_id": caller.person_id,
    }  # fmt: skip
    said = insert(EmployeeLabel).values(mention_id=mention_id, **row)
    await tx.execute(said.on_conflict_do_update(index_elements=["mention_id"], set_=row))
    await _changed(tx, mention_id, "labelled", caller=caller)


async def unlabel(tx: Tx, mention_id: UUID, *, expected: Expected = ANY, caller: Caller) -> None:
    """It was no employee's after all. NotFound where nobody said so."""
    await _meet(tx, mention_id, expected)
    gone = delete(EmployeeLabel).where(EmployeeLabel.mention_id == mention_id).returning(EmployeeLabel.mention_id)
    if await tx.scalar(gone) is None:
        raise NotFound(f"Nobody labelled the mention {mention_id} as an employee's.")
    await _changed(tx, mention_id, "unlabelled", caller=caller)


async def labels_of(tx: Tx, mention_ids: Sequence[UUID]) -> dict[UUID, EmployeeLabel]:
    """The labels of these mentions, as far as they have one."""
    if not mention_ids:
        return {}
    query = select(EmployeeLabel).where(EmployeeLabel.mention_id.in_(mention_ids))
    return {row.mention_id: row for row in await tx.scalars(query.execution_options(populate_existing=True))}


async def _meet(tx: Tx, mention_id: UUID, expected: Expected) -> None:
    """Locks the mention's state, where it is counted already, and judges its version."""
    if await tx.scalar(select(Mention.id).where(Mention.id == mention_id)) is None:
        raise NotFound(f"There is no mention {mention_id}.")
    query = select(MentionState.version).where(MentionState.mention_id == mention_id).with_for_update(key_share=True)
    expected.meet(await tx.scalar(query) or 1)


async def _changed(tx: Tx, mention_id: UUID, action: str, *, caller: Caller) -> None:
    """People see another version of the mention."""
    mine = update(MentionState).where(MentionState.mention_id == mention_id)
    await tx.execute(
        mine.values(version=MentionState.version + 1).execution_options(synchronize_session=False)
    )  # fmt: skip
    event = Changed(subject="mention", subject_id=str(mention_id), action=action, fields=["employee_account"])
    await record(tx, event, caller=caller)
