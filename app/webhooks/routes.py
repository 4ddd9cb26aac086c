"""Webhook endpoints and deliveries over HTTP."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch, IfMatchOffered
from app.core.deps import InTransaction, WebhooksRead, WebhooksWrite, WithTools, may_see
from app.core.errors import FieldError, Invalid
from app.core.params import NoQuery, PageQuery
from app.core.routing import Operation
from app.domain.signature import decode_secret, encode_secret
from app.settings import Settings
from app.webhooks import addresses, queries, service
from app.webhooks.schemas import (
    NULLABLE,
    DeliveryQuery,
    ReplayCreate,
    ReplayOut,
    WebhookDeliveryOut,
    WebhookDeliveryPage,
    WebhookEndpointCreate,
    WebhookEndpointCreated,
    WebhookEndpointOut,
    WebhookEndpointPage,
    WebhookEndpointPatch,
    WebhookSecretRotate,
    WebhookSecretRotated,
)
from app.webhooks.sealing import secrets_vault

router = APIRouter(prefix="/v1", tags=["Webhooks"], route_class=Operation)

EndpointId = Annotated[UUID, Path(description="The endpoint's id.")]
DeliveryId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The delivery's id.")]
Nothing = Annotated[NoQuery, Query()]


async def _check_address(url: str, settings: Settings) -> None:
    """Before the transaction has asked the database anything, so that no connection waits for a name server."""
    try:
        await addresses.check(url, addresses.Rules.of(settings))
    except addresses.AddressRefused as error:
        raise Invalid.at("/url", str(error), "address_refused") from None


def _check_concurrency(wanted: int | None, settings: Settings) -> None:
    most = settings.webhook_endpoint_concurrency
    if wanted is not None and wanted > most:
        detail = f"must be at most {most}; FENGHUO_WEBHOOK_ENDPOINT_CONCURRENCY allows more"
        errors = [FieldError("/max_concurrency", detail, "beyond_the_setting")]
        raise Invalid(f"/max_concurrency: {detail}", errors=errors)


@router.post("/webhook-endpoints", status_code=201, operation_id="createWebhookEndpoint")
async def create_webhook_endpoint(
    caller: WebhooksWrite, body: Annotated[WebhookEndpointCreate, Depends(JsonBody(WebhookEndpointCreate))], _: Nothing,
    tx: InTransaction, tools: WithTools,
) -> WebhookEndpointCreated:  # fmt: skip
    """Creates an endpoint. Its signing secret is in this answer and nowhere else.

    The URL must be https and lead to public addresses only; it is checked now and again at every send.
    """
    await _check_address(body.url, tools.settings)
    _check_concurrency(body.max_concurrency, tools.settings)
    wanted = body.model_dump() | {"secret": body.secret and decode_secret(body.secret)}
    endpoint, secret = await service.create_endpoint(tx, wanted, vault=secrets_vault(tools.settings), caller=caller)
    shown = WebhookEndpointOut.of(endpoint).model_dump()
    return WebhookEndpointCreated(**shown, secret=encode_secret(secret))


@router.get("/webhook-endpoints", operation_id="listWebhookEndpoints", response_model=WebhookEndpointPage)
async def list_webhook_endpoints(
    query: Annotated[PageQuery, Query()], tx: InTransaction, _: WebhooksRead
) -> dict[str, Any]:
    """Lists endpoints, the oldest first, disabled ones too."""
    return await queries.list_endpoints(tx, limit=query.limit, cursor=query.cursor)


@router.get("/webhook-endpoints/{endpoint_id}", operation_id="getWebhookEndpoint")
async def get_webhook_endpoint(
    endpoint_id: EndpointId, _: Nothing, tx: InTransaction, caller: WebhooksRead
) -> WebhookEndpointOut:
    """Shows one endpoint, and why it is disabled if it is."""
    return WebhookEndpointOut.of(await queries.get_endpoint(tx, endpoint_id))


@router.patch("/webhook-endpoints/{endpoint_id}", operation_id="updateWebhookEndpoint")
async def update_webhook_endpoint(
    endpoint_id: EndpointId, caller: WebhooksWrite,
    body: Annotated[WebhookEndpointPatch, Depends(JsonBody(WebhookEndpointPatch))], expected: IfMatch, _: Nothing,
    tx: InTransaction, tools: WithTools,
) -> WebhookEndpointOut:  # fmt: skip
    """Changes an endpoint; what is left out stays. Enabling it sends what has been owed since."""
    if body.url is not None:
        await _check_address(body.url, tools.settings)
    _check_concurrency(body.max_concurrency, tools.settings)
    sent = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in sent.items() if value is not None or name in NULLABLE}
    may_see(caller, changes, "webhooks:read")
    endpoint = await service.change_endpoint(
        tx,
        endpoint_id,
        changes,
        vault=secrets_vault(tools.settings),
        expected=expected,
        caller=caller,
        now=await tx.now(),
    )
    return WebhookEndpointOut.of(endpoint)


@router.delete("/webhook-endpoints/{endpoint_id}", status_code=204, operation_id="deleteWebhookEndpoint")
async def delete_webhook_endpoint(
    endpoint_id: EndpointId, expected: IfMatchOffered, _: Nothing, tx: InTransaction, caller: WebhooksWrite
) -> None:
    """Deletes an endpoint: nothing is sent there any more. Its deliveries stay readable."""
    await service.delete_endpoint(tx, endpoint_id, expected=expected, caller=caller, now=await tx.now())


@router.post("/webhook-endpoints/{endpoint_id}/test", status_code=202, operation_id="testWebhookEndpoint")
async def send_test_event(
    endpoint_id: EndpointId, _: Nothing, tx: InTransaction, caller: WebhooksWrite
) -> WebhookDeliveryOut:
    """Sends a `webhook.test` event to this endpoint alone, whatever types it subscribes to."""
    event_id = await service.send_test(tx, endpoint_id, caller=caller)
    return await queries.get_delivery_of(tx, event_id, endpoint_id)


@router.post("/webhook-endpoints/{endpoint_id}/rotate-secret", operation_id="rotateWebhookSecret")
async def rotate_webhook_secret(
    endpoint_id: EndpointId, caller: WebhooksWrite,
    body: Annotated[WebhookSecretRotate, Depends(JsonBody(WebhookSecretRotate))], _: Nothing, tx: InTransaction,
    tools: WithTools,
) -> WebhookSecretRotated:  # fmt: skip
    """Gives the endpoint a new signing secret, shown in this answer and nowhere else.

    Until `previous_secret_until` each message carries a signature by either, so that receivers change over in their
    own time. A second rotation meanwhile ends the first secret at once.
    """
    endpoint, secret = await service.rotate_secret(
        tx, endpoint_id, vault=secrets_vault(tools.settings), secret=decode_secret(body.secret) if body.secret else None,
        overlap=timedelta(seconds=body.overlap_seconds), caller=caller, now=await tx.now(),
    )  # fmt: skip
    return WebhookSecretRotated(**WebhookEndpointOut.of(endpoint).model_dump(), secret=encode_secret(secret))


@router.post("/webhook-endpoints/{endpoint_id}/replay", status_code=202, operation_id="replayWebhookDeliveries")
async def replay_webhook_deliveries(
    endpoint_id: EndpointId, caller: WebhooksWrite, body: Annotated[ReplayCreate, Depends(JsonBody(ReplayCreate))],
    _: Nothing, tx: InTransaction,
) -> ReplayOut:  # fmt: skip
    """Sends again what was owed to the endpoint in a span of time, in order and under the same `webhook-id`s.

    A call takes the 1,000 oldest and says whether there may be more.
    """
    return await service.replay_deliveries(tx, endpoint_id, body, caller=caller)


@router.get("/webhook-deliveries", operation_id="listWebhookDeliveries", response_model=WebhookDeliveryPage)
async def list_webhook_deliveries(
    query: Annotated[DeliveryQuery, Query()], tx: InTransaction, _: WebhooksRead
) -> dict[str, Any]:
    """Lists deliveries, the newest first, with every try: did they hear of it, and if not, why?"""
    return await queries.list_deliveries(tx, query)


@router.get("/webhook-deliveries/{delivery_id}", operation_id="getWebhookDelivery")
async def get_webhook_delivery(
    delivery_id: DeliveryId, _: Nothing, tx: InTransaction, caller: WebhooksRead
) -> WebhookDeliveryOut:
    """Shows one delivery with every try."""
    return await queries.get_delivery(tx, delivery_id)


@router.post("/webhook-deliveries/{delivery_id}/replay", status_code=202, operation_id="replayWebhookDelivery")
async def replay_webhook_delivery(
    delivery_id: DeliveryId, _: Nothing, tx: InTransaction, caller: WebhooksWrite
) -> WebhookDeliveryOut:
    """Sends a delivery again, now, under the same `webhook-id`, and begins its schedule of tries anew."""
    await service.replay_delivery(tx, delivery_id, caller=caller, now=await tx.now())
    return await queries.get_delivery(tx, delivery_id)
