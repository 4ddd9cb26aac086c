"""Which version of a statement notes are on."""

from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.core.errors import NotFound
from app.models import StatementVersion


async def version_id(tx: Tx, statement_id: UUID, number: int) -> UUID:
    """The version's own id; NotFound where the statement has no such."""
    query = select(StatementVersion.id).where(
        StatementVersion.statement_id == statement_id, StatementVersion.number == number
    )
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise NotFound(f"There is no version {number} of a statement {statement_id}.")
    return found
