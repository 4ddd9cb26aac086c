"""What is read of sources 来源: how each is now, and its silences."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.events import Event, RegisterUnmasked
from app.domain.vocabulary.sources import SourceKind, SourceState
from app.mentions.source_beats import PATROLS
from app.mentions.source_schemas import SourceQuery
from app.models import Source, SourceBeat, SourceSilence
from app.models.base import columns_of
from app.people.masks import words_of

OWN: Final = "source:"

# Each channel from the end of its index.
_LAST_HEARD: Final = (
    select(func.max(SourceBeat.at))
    .where(
        or_(
            SourceBeat.channel == Source.key_id,
            SourceBeat.channel == func.concat(OWN, Source.id),
            and_(SourceBeat.channel == PATROLS, Source.kind == SourceKind.PATROL),
        )
    )
    .correlate(Source)
    .scalar_subquery()
)
_SILENT_SINCE: Final = (
    select(SourceSilence.starts_at)
    .where(SourceSilence.source_id == Source.id, SourceSilence.ends_at.is_(None))
    .correlate(Source)
    .scalar_subquery()
)
_STATE: Final[ColumnElement[str]] = case(
    (Source.retired_at.is_not(None), literal(SourceState.RETIRED.value)),
    (~Source.enabled, literal(SourceState.DISABLED.value)),
    (_LAST_HEARD.is_(None), literal(SourceState.NEVER_HEARD.value)),
    (_SILENT_SINCE.is_not(None), literal(SourceState.SILENT.value)),
    else_=literal(SourceState.ALIVE.value),
)


def _unmasked(ids: list[UUID]) -> Event:
    return RegisterUnmasked(subject_ids=ids)


async def get_source(tx: Tx, source_id: UUID, *, lock: bool = False) -> Source:
    """The source as it is now; NotFound otherwise."""
    query = select(Source).where(Source.id == source_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    source = (await tx.scalars(query)).one_or_none()
    if source is None:
        raise NotFound(f"There is no source {source_id}.")
    return source


async def list_sources(tx: Tx, query: SourceQuery, *, caller: Caller) -> dict[str, Any]:
    """Sources, the newest first; retired ones too unless the query says otherwise."""
    rows = select(Source)
    if query.kind:
        rows = rows.where(Source.kind.in_(query.kind))
    if query.platform:
        rows = rows.where(Source.platforms.overlap(list(query.platform)))
    if query.key_id:
        rows = rows.where(Source.key_id.in_(query.key_id))
    if query.state:
        rows = rows.where(_STATE.in_(query.state))
    bound = ["sources", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Source.id < UUID(after[0]))
    found = (await tx.scalars(rows.order_by(Source.id.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda source: [source.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def shown(tx: Tx, sources: Sequence[Source], *, caller: Caller) -> list[dict[str, Any]]:
    """The sources as the API shows them to the caller."""
    if not sources:
        return []
    now = select(Source.id, _STATE.label("state"), _LAST_HEARD.label("heard"), _SILENT_SINCE.label("since"))
    rows = await tx.execute(now.where(Source.id.in_([source.id for source in sources])))
    state = {row.id: row for row in rows}
    words = await words_of(
        tx, [(source.id, {"name": source.name}) for source in sources], caller=caller, told=_unmasked
    )
    return [
        columns_of(source) | told
        | {
            "state": state[source.id].state, "last_heard_at": state[source.id].heard,
            "silent_since": state[source.id].since,
        }
        for source, told in zip(sources, words, strict=True)
    ]  # fmt: skip


async def shown_one(tx: Tx, source: Source, *, caller: Caller) -> dict[str, Any]:
    """One source as the API shows it to the caller."""
    await tx.flush()
    [answer] = await shown(tx, [source], caller=caller)
    return answer


async def list_silences(tx: Tx, source_id: UUID, query: PageQuery) -> dict[str, Any]:
    """The source's silences, the newest first."""
    await get_source(tx, source_id)
    bound = ["source-silences", source_id]
    rows = select(SourceSilence).where(SourceSilence.source_id == source_id)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(SourceSilence.id < UUID(after[0]))
    found = (await tx.scalars(rows.order_by(SourceSilence.id.desc()).limit(query.limit + 1))).all()
    return paging.page(found, query.limit, bound, lambda silence: [silence.id])
