"""What is read of affected users, as the caller may see it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.outbox import record
from app.core.vault import Vault
from app.domain.events import AffectedUsersUnmasked
from app.domain.vocabulary import TaskKind
from app.incidents import care
from app.incidents.affected_schemas import AffectedUserQuery
from app.incidents.contacts import known
from app.incidents.queries import get_incident
from app.models import AffectedUser
from app.models.base import columns_of
from app.people.masks import UNMASK, words_of

# What people write by hand: there may be people's data in it.
_WRITTEN: Final = ("purpose", "claim", "note")


async def get_user(tx: Tx, incident_id: UUID, user_id: UUID) -> AffectedUser:
    """The affected user; NotFound where the incident has no such."""
    query = select(AffectedUser).where(AffectedUser.incident_id == incident_id, AffectedUser.id == user_id)
    user = (await tx.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if user is None:
        raise NotFound(f"The incident {incident_id} has no affected user {user_id}.")
    return user


async def list_users(
    tx: Tx, incident_id: UUID, query: AffectedUserQuery, *, vault: Vault, caller: Caller
) -> dict[str, Any]:
    """An incident's affected users, the last entered first."""
    await get_incident(tx, incident_id)
    rows = select(AffectedUser).where(AffectedUser.incident_id == incident_id)
    rows = rows.order_by(AffectedUser.id.desc()).limit(query.limit + 1)
    if query.contact_kind:
        rows = rows.where(AffectedUser.contact_kind.in_(query.contact_kind))
    if query.erased is not None:
        rows = rows.where(AffectedUser.erased_at.is_not(None) if query.erased else AffectedUser.erased_at.is_(None))
    for kind, states in ((TaskKind.REMEDIATION, query.remediation), (TaskKind.FOLLOW_UP, query.follow_up)):
        if states:
            rows = rows.where(care.stands(kind, states))
    bound = ["affected-users", incident_id, query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(AffectedUser.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda user: [user.id])
    return page | {"data": await shown(tx, incident_id, page["data"], vault=vault, caller=caller)}


async def shown(
    tx: Tx, incident_id: UUID, users: Sequence[AffectedUser], *, vault: Vault, caller: Caller
) -> list[dict[str, Any]]:
    """The affected users as the API shows them. That names and contacts are shown as they are is an event."""
    lifted = UNMASK in caller.scopes
    held = [user.id for user in users if user.contact is not None]
    if lifted and held:
        event = AffectedUsersUnmasked(incident_id=incident_id, affected_user_ids=sorted(held))
        await record(tx, event, caller=caller)
    rows = [columns_of(user) for user in users]
    written = [(incident_id, {name: row[name] for name in _WRITTEN}) for row in rows]
    care_of = await care.cared_for(tx, users)
    answers = []
    for user, row, words in zip(users, rows, await words_of(tx, written, caller=caller), strict=True):
        said = known(user, vault)
        said = said if lifted else said.masked(user.contact_kind)
        answers.append(row | words | care_of[user.id] | {"name": said.name, "contact": said.contact})
    return answers


async def total_of(tx: Tx, incident_id: UUID) -> int:
    """How many the incident affects, those who were erased too."""
    query = select(func.count()).select_from(AffectedUser).where(AffectedUser.incident_id == incident_id)
    return await tx.scalar(query) or 0


async def summary(tx: Tx, incident_id: UUID) -> dict[str, Any]:
    """The figures of an incident's affected users."""
    await get_incident(tx, incident_id)
    return await care.figures(tx, incident_id)
