"""Everything that is read of what people did about incidents, with their names and words as the caller may see them."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.incidents.queries import get_incident
from app.models import Act, Decision, FactCheck, Mention, MentionState
from app.models.base import columns_of
from app.people.masks import people_of, words_of

A = TypeVar("A", bound=Act)

# What people write by hand: there may be people's data in it.
_WRITTEN: Final[tuple[str, ...]] = (
    "note",
    "direction",
    "evidence",
    "title",
    "url",
    "question",
    "options",
    "choice",
    "reason",
)


async def list_acts(tx: Tx, kind: type[A], incident_id: UUID, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """One kind of what was done about the incident, the last recorded first."""
    await get_incident(tx, incident_id)
    bound = [kind.__name__, incident_id]
    rows = select(kind).where(kind.incident_id == incident_id).order_by(kind.id.desc()).limit(query.limit + 1)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(kind.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda act: [act.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def get_act(tx: Tx, kind: type[A], incident_id: UUID, act_id: UUID, *, caller: Caller) -> dict[str, Any]:
    """One of them; NotFound where the incident has no such."""
    act = (await tx.scalars(select(kind).where(kind.incident_id == incident_id, kind.id == act_id))).one_or_none()
    if act is None:
        raise NotFound(f"The incident {incident_id} has no such entry {act_id}.")
    [answer] = await shown(tx, [act], caller=caller)
    return answer


async def shown(tx: Tx, acts: Sequence[Act], *, caller: Caller) -> list[dict[str, Any]]:
    """The acts as the API shows them."""
    people = await people_of(tx, [act.person_id for act in acts], caller=caller)
    later = await _corrections(tx, [act.id for act in acts if isinstance(act, Decision)])
    rows = [columns_of(act) for act in acts]
    written = [(row["incident_id"], {name: row[name] for name in _WRITTEN if name in row}) for row in rows]
    answers = []
    for act, row, words in zip(acts, rows, await words_of(tx, written, caller=caller), strict=True):
        answer = row | words
        answers.append(answer | {"person": people.get(answer.pop("person_id"))})
        if isinstance(act, Decision):
            answers[-1]["corrected_by"] = later.get(act.id)
    return answers


async def _corrections(tx: Tx, decision_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Decision -> the one that takes its place."""
    if not decision_ids:
        return {}
    query = select(Decision.corrects, Decision.id).where(Decision.corrects.in_(decision_ids))
    return {corrected: later for corrected, later in await tx.execute(query) if corrected is not None}


async def origin_platform(tx: Tx, incident_id: UUID) -> str | None:
    """首发平台: that of the incident's earliest post, a person's word on its time before the stated one before ours."""
    posted_at = func.coalesce(MentionState.person_published_at, MentionState.published_at, Mention.first_seen_at)
    query = select(Mention.platform).join(MentionState, MentionState.mention_id == Mention.id)
    return await tx.scalar(
        query.where(MentionState.incident_id == incident_id).order_by(posted_at, Mention.id).limit(1)
    )


async def latest_fact_check(tx: Tx, incident_id: UUID) -> FactCheck | None:
    """What is known of the facts."""
    query = select(FactCheck).where(FactCheck.incident_id == incident_id).order_by(FactCheck.id.desc()).limit(1)
    return (await tx.scalars(query)).one_or_none()


async def correction_of(tx: Tx, decision_id: UUID) -> UUID | None:
    """The entry that takes a decision's place already, where there is one."""
    return await tx.scalar(select(Decision.id).where(Decision.corrects == decision_id))
