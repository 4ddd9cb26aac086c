"""What is read of endpoints and deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.sql import Select

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.vocabulary import Drills
from app.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from app.webhooks.schemas import DeliveryQuery, DeliveryRow, WebhookDeliveryOut, WebhookEndpointOut


async def get_endpoint(tx: Tx, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    """The endpoint; NotFound when there is none, or when it was deleted."""
    endpoint = await tx.get(WebhookEndpoint, endpoint_id, with_for_update={"key_share": True} if lock else None)
    if endpoint is None or endpoint.deleted_at is not None:
        raise NotFound(f"There is no webhook endpoint {str(endpoint_id)!r}.")
    return endpoint


async def list_endpoints(tx: Tx, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """Endpoints, the oldest first, deleted ones left out."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.deleted_at.is_(None)).order_by(WebhookEndpoint.id)
    after = paging.decode(cursor, "webhook-endpoints")
    if after:
        query = query.where(WebhookEndpoint.id > UUID(after[0]))
    rows = [WebhookEndpointOut.of(row) for row in await tx.scalars(query.limit(limit + 1))]
    return paging.page(rows, limit, "webhook-endpoints", lambda row: [row.id])


async def get_delivery(tx: Tx, delivery_id: int) -> WebhookDeliveryOut:
    """The delivery with its tries; NotFound otherwise."""
    row = (await tx.execute(_deliveries().where(Delivery.id == delivery_id))).one_or_none()
    if row is None:
        raise NotFound(f"There is no webhook delivery {delivery_id}.")
    return (await _with_attempts(tx, [row]))[0]


async def get_delivery_of(tx: Tx, event_id: int, endpoint_id: UUID) -> WebhookDeliveryOut:
    """What the endpoint is owed for one event."""
    query = select(Delivery.id).where(Delivery.event_id == event_id, Delivery.endpoint_id == endpoint_id)
    return await get_delivery(tx, (await tx.scalars(query)).one())


async def list_deliveries(tx: Tx, query: DeliveryQuery) -> dict[str, Any]:
    """Deliveries, the newest first, with every try of each."""
    rows = _deliveries().order_by(Delivery.id.desc()).limit(query.limit + 1)
    if query.endpoint_id:
        rows = rows.where(Delivery.endpoint_id.in_(query.endpoint_id))
    if query.event_type:
        rows = rows.where(Event.type.in_(query.event_type))
    if query.state:
        rows = rows.where(Delivery.state.in_(query.state))
    if query.incident_id:
        # By way of the events, which have the index.
        rows = rows.where(Event.incident_id.in_(query.incident_id))
    if query.drills is not Drills.INCLUDE:
        rows = rows.where(Event.is_drill.is_(query.drills is Drills.ONLY))
    if query.created_after:
        rows = rows.where(Delivery.created_at > query.created_after)
    if query.created_before:
        rows = rows.where(Delivery.created_at < query.created_before)
    after = paging.decode(query.cursor, ["webhook-deliveries", query.filters()])
    if after:
        rows = rows.where(Delivery.id < after[0])
    found = (await tx.execute(rows)).all()
    shown = await _with_attempts(tx, found)
    return paging.page(shown, query.limit, ["webhook-deliveries", query.filters()], lambda row: [row.id])


def _deliveries() -> Select[Delivery, str, datetime, bool, bool, datetime | None]:
    sending = and_(WebhookEndpoint.disabled_at.is_(None), WebhookEndpoint.deleted_at.is_(None))
    return (
        select(Delivery, Event.type, Event.at, Event.is_drill, func.coalesce(sending, False), WebhookEndpoint.probe_at)
        .join(Event, Event.id == Delivery.event_id)
        .join(WebhookEndpoint, WebhookEndpoint.id == Delivery.endpoint_id)
        .execution_options(populate_existing=True)
    )


async def _with_attempts(tx: Tx, rows: Sequence[DeliveryRow]) -> list[WebhookDeliveryOut]:
    found: dict[int, list[DeliveryAttempt]] = {row[0].id: [] for row in rows}
    query = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(found)).order_by(DeliveryAttempt.number)
    for attempt in await tx.scalars(query):
        found[attempt.delivery_id].append(attempt)
    return [WebhookDeliveryOut.of(row, found[row[0].id]) for row in rows]
