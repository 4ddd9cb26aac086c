"""Digests over HTTP."""

from datetime import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import InRetries, InTransaction, MetricsRead, MetricsWrite
from app.core.routing import Operation
from app.metrics import digest_schemas as schemas
from app.metrics import digests
from app.models import DigestSettings

router = APIRouter(prefix="/v1/metrics", tags=["Metrics"], route_class=Operation)

Put = Annotated[schemas.DigestSettingsPut, Depends(JsonBody(schemas.DigestSettingsPut))]


@router.get("/digests", operation_id="listDigests", response_model=schemas.DigestPage)
async def list_digests(
    query: Annotated[schemas.DigestQuery, Query()], tx: InTransaction, _: MetricsRead
) -> dict[str, Any]:
    """Lists digests 简报 as they were issued, the newest period first."""
    return await digests.list_digests(tx, query)


@router.get("/digests/{digest_id}", operation_id="getDigest", response_model=schemas.Digest)
async def get_digest(digest_id: UUID, tx: InTransaction, _: MetricsRead) -> dict[str, Any]:
    """One digest as it was issued, with the figures of the period before, and in words."""
    return await digests.get_digest(tx, digest_id)


@router.get("/digest-preview", operation_id="previewDigest", response_model=schemas.DigestPreview)
async def preview_digest(
    query: Annotated[schemas.DigestPreviewQuery, Query()], tx: InTransaction, _: MetricsRead
) -> dict[str, Any]:
    """What the next digest would say of the period so far, beside as much of the period before."""
    return await digests.preview(tx, query.kind, await tx.now())


@router.get("/digest-settings", operation_id="getDigestSettings", response_model=schemas.DigestSettings)
async def get_digest_settings(tx: InTransaction, _: MetricsRead) -> DigestSettings:
    """When digests are issued: each day and each Monday at 9:00 in Shanghai unless people changed it."""
    return await digests.get_settings(tx)


@router.put("/digest-settings", operation_id="setDigestSettings", response_model=schemas.DigestSettings)
async def set_digest_settings(caller: MetricsWrite, body: Put, expected: IfMatch, run: InRetries) -> DigestSettings:
    """Sets when digests are issued. What fell due while a kind was switched off is not told afterwards."""
    fields = body.model_dump() | {name: time.fromisoformat(getattr(body, name)) for name in ("daily_at", "weekly_at")}
    return await run(lambda tx, now: digests.set_settings(tx, fields, expected=expected, caller=caller, now=now))
