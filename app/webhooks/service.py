"""Changes endpoints, owes events to them, and sends deliveries again when somebody asks."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.doorbell import DELIVERIES
from app.core.errors import Conflict, NotFound
from app.core.outbox import Stored, record
from app.domain.events import Changed, WebhookTested
from app.models import Delivery, WebhookEndpoint
from app.webhooks import queries

SECRET_BYTES = 32
BY_A_CALLER = "disabled over the API"

# One statement for any number of events. With no endpoint it is one probe of an empty table.
_FAN_OUT = """
insert into deliveries(event_id, endpoint_id, incident_id, seq)
select v.id, e.id, v.incident_id, v.seq
from unnest($1::bigint[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[])
  with ordinality as v(id, type, incident_id, seq, only_to, place)
join webhook_endpoints e on e.deleted_at is null and e.disabled_at is null
  and case when v.only_to is null then e.event_types = '{}' or v.type = any(e.event_types) else e.id = v.only_to end
order by v.place"""


class EndpointDisabled(Conflict):
    """Nothing is sent to a disabled endpoint, not even because somebody asks."""

    code = "webhook_endpoint_disabled"


class DeliveryUnderWay(Conflict):
    """A worker is sending it at this moment; its answer decides what comes next."""

    code = "webhook_delivery_under_way"


async def fan_out(tx: Tx, stored: Sequence[Stored]) -> None:
    """Owes each public event to each endpoint that subscribes to it. The reaction to every event."""
    owed = [entry for entry in stored if entry.event.public]
    if not owed:
        return
    places = [entry.event.incident or (None, None) for entry in owed]
    only_to = [entry.event.endpoint_id if isinstance(entry.event, WebhookTested) else None for entry in owed]
    driver = await tx.driver()
    done = await driver.execute(
        _FAN_OUT,
        [entry.id for entry in owed],
        [entry.event.kind for entry in owed],
        [incident_id for incident_id, _ in places],
        [seq for _, seq in places],
        only_to,
    )
    if done != "INSERT 0 0":
        tx.ring(DELIVERIES)


async def create_endpoint(
    tx: Tx, *, url: str, event_types: Sequence[str], description: str, reaches_people: bool, caller: Caller
) -> WebhookEndpoint:
    """The new endpoint, with its secret. The URL's address has been checked before."""
    endpoint = WebhookEndpoint(
        url=url, event_types=list(event_types), description=description, reaches_people=reaches_people,
        secret=secrets.token_bytes(SECRET_BYTES),
    )  # fmt: skip
    tx.add(endpoint)
    await tx.flush()
    await tx.refresh(endpoint)
    await _record(tx, endpoint, "created", caller)
    return endpoint


async def change_endpoint(
    tx: Tx, endpoint_id: UUID, changes: dict[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> WebhookEndpoint:
    """Sets what ``changes`` names: columns of the endpoint, and ``enabled``."""
    endpoint = await queries.get_endpoint(tx, endpoint_id, lock=True)
    expected.meet(endpoint.version)
    wanted = dict(changes)
    enabled = wanted.pop("enabled", None)
    changed = [name for name, value in wanted.items() if getattr(endpoint, name) != value]
    for name in changed:
        setattr(endpoint, name, wanted[name])
    if enabled is not None and enabled is not (endpoint.disabled_at is None):
        endpoint.disabled_at = None if enabled else now
        endpoint.disabled_reason = None if enabled else BY_A_CALLER
        changed.append("enabled")
        tx.ring(DELIVERIES)
    if changed:
        endpoint.version += 1
        await _record(tx, endpoint, "updated", caller, changed)
    return endpoint


async def disable_endpoint(tx: Tx, endpoint_id: UUID, reason: str, *, caller: Caller, now: datetime) -> None:
    """Stops sending there. What is owed stays owed, until somebody enables or deletes the endpoint."""
    try:
        endpoint = await queries.get_endpoint(tx, endpoint_id, lock=True)
    except NotFound:
        return
    if endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_reason = now, reason
        endpoint.version += 1
        await _record(tx, endpoint, "disabled", caller, ["enabled"])


async def delete_endpoint(
    tx: Tx, endpoint_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> None:
    """Nothing is sent there any more; its deliveries stay readable, and a worker gives up those still owed."""
    endpoint = await queries.get_endpoint(tx, endpoint_id, lock=True)
    expected.meet(endpoint.version)
    endpoint.deleted_at = now
    await _record(tx, endpoint, "deleted", caller)


async def send_test(tx: Tx, endpoint_id: UUID, *, caller: Caller) -> int:
    """Sends a test event to this endpoint alone; the event's id."""
    endpoint = await queries.get_endpoint(tx, endpoint_id)
    _must_be_enabled(endpoint)
    message = "This is a test from Fenghuo 烽火: signatures, addresses and answers work as they do for real events."
    [stored] = await record(tx, WebhookTested(endpoint_id=endpoint_id, message=message), caller=caller)
    return stored.id


async def replay_delivery(tx: Tx, delivery_id: int, *, caller: Caller, now: datetime) -> None:
    """Sends it again now and begins its schedule anew; the webhook-id stays, so receivers can tell.

    A delivery that was finished holds nobody back when it is replayed: its turn has passed.
    """
    delivery = await tx.get(Delivery, delivery_id, with_for_update={"key_share": True})
    if delivery is None:
        raise NotFound(f"There is no webhook delivery {delivery_id}.")
    _must_be_enabled(await queries.get_endpoint(tx, delivery.endpoint_id))
    if delivery.token is not None:
        raise DeliveryUnderWay("It is being sent right now; see what comes of it, then replay it.")
    delivery.holds_back = delivery.holds_back and delivery.state == "pending"
    delivery.state, delivery.finished_at = "pending", None
    delivery.due_at, delivery.step, delivery.refusals, delivery.lost_leases = now, 0, 0, 0
    if delivery.incident_id is not None:
        await tx.execute(_pull_followers(delivery, now))
    await record(
        tx,
        Changed(subject="webhook_delivery", subject_id=str(delivery.id), action="replayed", fields=[]),
        caller=caller,
    )
    tx.ring(DELIVERIES)


def _pull_followers(delivery: Delivery, now: datetime) -> Any:
    """Untried ones behind it were put off until its next try; that try is now."""
    return (
        update(Delivery)
        .where(Delivery.endpoint_id == delivery.endpoint_id, Delivery.incident_id == delivery.incident_id)
        .where(Delivery.seq > delivery.seq, Delivery.state == "pending", Delivery.holds_back)
        .where(Delivery.attempts == 0, Delivery.token.is_(None), Delivery.due_at > now)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


def _must_be_enabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise EndpointDisabled(
            f"The endpoint is disabled ({endpoint.disabled_reason}); enable it first with PATCH and enabled: true."
        )


async def _record(tx: Tx, endpoint: WebhookEndpoint, action: str, caller: Caller, fields: Sequence[str] = ()) -> None:
    event = Changed(subject="webhook_endpoint", subject_id=str(endpoint.id), action=action, fields=list(fields))
    await record(tx, event, caller=caller)
