"""Who reports mentions 来源, over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, MentionsWrite, Retries, SourcesRead, SourcesWrite, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.mentions import source_queries, sources
from app.mentions import source_schemas as schemas
from app.models import Source

router = APIRouter(prefix="/v1/sources", tags=["Sources"], route_class=Operation)

Create = Annotated[schemas.SourceCreate, Depends(JsonBody(schemas.SourceCreate))]
Patch = Annotated[schemas.SourcePatch, Depends(JsonBody(schemas.SourcePatch))]
Heartbeat = Annotated[schemas.SourceHeartbeat, Depends(JsonBody(schemas.SourceHeartbeat))]


async def _source(run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[Source]]) -> dict[str, Any]:
    """The source as the verb leaves it behind."""
    return await run.shown(verb, source_queries.shown_one, caller=caller)


@router.post("", status_code=201, operation_id="registerSource", response_model=schemas.Source, responses=LOCATED)
async def register_source(caller: SourcesWrite, body: Create, run: InRetries, response: Response) -> dict[str, Any]:
    """Registers who reports mentions 来源, and how often something is to be heard of it."""
    fields = body.model_dump()
    answer = await _source(run, caller, lambda tx, now: sources.register_source(tx, fields, caller=caller, now=now))
    response.headers["location"] = f"/v1/sources/{answer['id']}"
    return answer


@router.get("", operation_id="listSources", response_model=schemas.SourcePage)
async def list_sources(
    query: Annotated[schemas.SourceQuery, Query()], tx: InTransaction, caller: SourcesRead
) -> dict[str, Any]:
    """Who reports mentions, and which of them are alive; the newest first."""
    return await source_queries.list_sources(tx, query, caller=caller)


@router.get("/{source_id}", operation_id="getSource", response_model=schemas.Source)
async def get_source(source_id: UUID, tx: InTransaction, caller: SourcesRead) -> dict[str, Any]:
    """One source, and when it was last heard."""
    return await source_queries.shown_one(tx, await source_queries.get_source(tx, source_id), caller=caller)


@router.patch("/{source_id}", operation_id="updateSource", response_model=schemas.Source)
async def update_source(
    source_id: UUID, caller: SourcesWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Changes a source, disables it or enables it again. While it is disabled nobody waits for it."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "sources:read")
    return await _source(
        run, caller,
        lambda tx, now: sources.change_source(tx, source_id, fields, expected=expected, caller=caller, now=now),
    )  # fmt: skip


@router.post("/{source_id}/retire", operation_id="retireSource", response_model=schemas.Source)
async def retire_source(
    source_id: UUID, caller: SourcesWrite, expected: IfMatch, run: InRetries
) -> dict[str, Any]:  # fmt: skip
    """Retires a source for good. Its key may be another's from then on; what it brought, and its silences, stay."""
    return await _source(
        run, caller, lambda tx, now: sources.retire_source(tx, source_id, expected=expected, caller=caller, now=now)
    )


@router.post("/{source_id}/heartbeats", operation_id="recordSourceHeartbeat", response_model=schemas.SourceHeard)
async def record_source_heartbeat(
    source_id: UUID, caller: MentionsWrite, body: Heartbeat, run: InRetries
) -> dict[str, Any]:
    """Says that a source is alive and has nothing to report: what it looked at counts as covered. With the source's own key,
    or with `sources:write`. Whatever is posted with the key says so by itself."""
    return await run(
        lambda tx, now: sources.hear_source(tx, source_id, body.platforms, caller=caller, now=now)
    )  # fmt: skip


@router.get("/{source_id}/silences", operation_id="listSourceSilences", response_model=schemas.SourceSilencePage)
async def list_source_silences(
    source_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, _: SourcesRead
) -> dict[str, Any]:
    """When a source said nothing for longer than its rhythm 静默, the newest first."""
    return await source_queries.list_silences(tx, source_id, query)
