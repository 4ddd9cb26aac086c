"""Changes endpoints, owes events to them, and sends deliveries again when somebody asks."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.doorbell import DELIVERIES
from app.core.errors import Conflict, Invalid, NotFound
from app.core.outbox import Stored, record
from app.core.vault import Vault
from app.domain.events import Changed, Event, GradeChanged, WebhookEndpointEvent, WebhookTested
from app.models import Delivery, WebhookEndpoint
from app.models.base import new_id
from app.webhooks import breaker, queries, robots
from app.webhooks.envelope import PayloadFormat
from app.webhooks.schemas import ReplayCreate, ReplayOut

SECRET_BYTES = 32
# By one call: a transaction that locks more rows than this would keep workers waiting.
MOST_REPLAYED = 1000
UNMASK = "people:unmask"
BY_A_CALLER = "disabled over the API"

# One statement for any number of events. With no endpoint it is one probe of an empty table. An incident's grade is
# that of its row, which this transaction has written before; a change of grade goes by the grade it says. A test goes
# to its endpoint whatever that hears of. Of a past that is made up nobody hears who came later.
_FAN_OUT = """
insert into deliveries(event_id, endpoint_id, incident_id, seq, created_at, due_at)
select v.id, e.id, v.incident_id, v.seq, now(), now()
from unnest($1::bigint[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[], $6::uuid[], $7::text[], $8::bool[])
  with ordinality as v(id, type, incident_id, seq, only_to, not_to, grade, is_drill, place)
join webhook_endpoints e on e.deleted_at is null and e.created_at <= now()
  and case when v.only_to is null then e.event_types = '{}' or v.type = any(e.event_types) else e.id = v.only_to end
  and e.id is distinct from v.not_to
  and (e.drills = 'include' or v.only_to is not null or v.is_drill = (e.drills = 'only'))
  and case when e.grades = '{}' or v.incident_id is null then true
    else coalesce(v.grade, (select i.grade from incidents i where i.id = v.incident_id)) = any(e.grades) end
order by v.place"""


# What waits for its next try need not: the order within an incident is kept by the claim.
_AT_ONCE = """
update deliveries set due_at = now()
where endpoint_id = $1 and state = 'pending' and token is null and due_at > now()"""
_REPLAY = """
with chosen as (
  select id from deliveries
  where endpoint_id = $1 and state = any($2) and created_at >= $3 and created_at < $4 and id > $5 and token is null
  order by id limit $6 for update)
update deliveries d set holds_back = d.holds_back or d.state <> 'pending', state = 'pending', finished_at = null,
  due_at = now(), step = 0, refusals = 0, lost_leases = 0
from chosen where d.id = chosen.id returning d.id, d.incident_id"""
# Untried ones behind a failed one were put off until its next try; that try is now.
_PULL = """
update deliveries set due_at = now()
where endpoint_id = $1 and incident_id = any($2) and state = 'pending' and holds_back and token is null
  and attempts = 0 and due_at > now()"""


# What decides who reads what is sent.
_LEADS = frozenset({"unmask_people", "url", "payload_format"})


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
    not_to = [entry.event.endpoint_id if isinstance(entry.event, WebhookEndpointEvent) else None for entry in owed]
    grades = [entry.event.to or "none" if isinstance(entry.event, GradeChanged) else None for entry in owed]
    driver = await tx.driver()
    done = await driver.execute(
        _FAN_OUT,
        [entry.id for entry in owed],
        [entry.event.kind for entry in owed],
        [incident_id for incident_id, _ in places],
        [seq for _, seq in places],
        only_to,
        not_to,
        grades,
        [entry.event.of_drill for entry in owed],
    )
    if done != "INSERT 0 0":
        tx.ring(DELIVERIES)


async def create_endpoint(
    tx: Tx, wanted: Mapping[str, Any], *, vault: Vault, caller: Caller
) -> tuple[WebhookEndpoint, bytes]:
    """The new endpoint and its signing secret, which is ours where ``wanted`` brings none.

    ``wanted`` holds columns of the endpoint, and ``secret`` and ``robot_secret`` as they are. The URL's address has been
    checked before.
    """
    columns = dict(wanted)
    unmasks = bool(columns.get("unmask_people"))
    if unmasks:
        caller.require(UNMASK)
    secret = columns.pop("secret", None) or secrets.token_bytes(SECRET_BYTES)
    endpoint_id = new_id()
    form = PayloadFormat(columns.get("payload_format", PayloadFormat.STANDARD))
    _must_be_able(form, columns.get("at_people", []), columns.get("at_all", False), columns.get("robot_secret"))
    if columns.get("reaches_people") is None:
        columns["reaches_people"] = form.is_robot
    columns["robot_secret"] = _sealed(columns.get("robot_secret"), vault, endpoint_id)
    endpoint = WebhookEndpoint(id=endpoint_id, secret=vault.seal(secret, endpoint_id), **columns)
    tx.add(endpoint)
    await tx.flush()
    await tx.refresh(endpoint)
    await _record(tx, endpoint, "created", caller, ["unmask_people"] * unmasks)
    return endpoint, secret


async def change_endpoint(
    tx: Tx, endpoint_id: UUID, changes: dict[str, Any], *, vault: Vault | None = None, expected: Expected = ANY,
    caller: Caller, now: datetime,
) -> WebhookEndpoint:  # fmt: skip
    """Sets what ``changes`` names: columns of the endpoint, and ``enabled``; ``robot_secret`` takes a vault.

    An endpoint that is enabled or moved, or a robot whose secret was mended, has a clean slate: its breaker closes. What
    signs by no vendor's secret any more loses it.
    """
    endpoint = await queries.get_endpoint(tx, endpoint_id, lock=True)
    expected.meet(endpoint.version)
    wanted = dict(changes)
    enabled = wanted.pop("enabled", None)
    _must_still_be_able(endpoint, wanted)
    if not robots.signs(wanted.get("payload_format", endpoint.payload_format)):
        # The vendor's secret is of no use there, and would come back to life with the next robot.
        wanted["robot_secret"] = None
    if "robot_secret" in wanted:
        wanted["robot_secret"] = _sealed(wanted["robot_secret"], vault, endpoint_id)
    changed = [name for name, value in wanted.items() if getattr(endpoint, name) != value]
    _must_know_people(endpoint, wanted, changed, caller)
    for name in changed:
        setattr(endpoint, name, wanted[name])
    events: list[Event] = []
    if enabled is not None and enabled is not (endpoint.disabled_at is None):
        changed.append("enabled")
        if enabled:
            endpoint.disabled_at = endpoint.disabled_reason = None
        else:
            events += breaker.disable(endpoint, BY_A_CALLER, now)
    if {"url", "robot_secret"} & set(changed) or (enabled and "enabled" in changed):
        events += breaker.reset(endpoint)
        await (await tx.driver()).execute(_AT_ONCE, endpoint_id)
        tx.ring(DELIVERIES)
    if changed:
        # Once, whatever follows from it.
        endpoint.version += not events
        await _record(tx, endpoint, "updated", caller, changed, *events)
    return endpoint


async def disable_endpoint(tx: Tx, endpoint_id: UUID, reason: str, *, caller: Caller, now: datetime) -> None:
    """Stops sending there. What is owed stays owed, until somebody enables or deletes the endpoint."""
    try:
        endpoint = await queries.get_endpoint(tx, endpoint_id, lock=True)
    except NotFound:
        return
    if endpoint.disabled_at is None:
        await record(tx, *breaker.disable(endpoint, reason, now), caller=caller)


async def rotate_secret(
    tx: Tx, endpoint_id: UUID, *, vault: Vault, secret: bytes | None, overlap: timedelta, caller: Caller, now: datetime
) -> tuple[WebhookEndpoint, bytes]:
    """A new signing secret, ours where none is given. The one before signs beside it for ``overlap``, an earlier one
    no longer."""
    endpoint = await queries.get_endpoint(tx, endpoint_id, lock=True)
    secret = secret or secrets.token_bytes(SECRET_BYTES)
    endpoint.previous_secret = endpoint.secret if overlap else None
    endpoint.previous_secret_until = now + overlap if overlap else None
    endpoint.secret = vault.seal(secret, endpoint_id)
    endpoint.version += 1
    await _record(tx, endpoint, "secret_rotated", caller)
    return endpoint, secret


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


async def replay_deliveries(tx: Tx, endpoint_id: UUID, wanted: ReplayCreate, *, caller: Caller) -> ReplayOut:
    """Sends again now what was owed in a span of time, 1,000 at a time, under the same webhook-ids.

    In order: of an incident the later ones, those that come newly owed too, wait for the earlier ones. What a worker
    is sending at this moment is left to it.
    """
    _must_be_enabled(await queries.get_endpoint(tx, endpoint_id))
    driver = await tx.driver()
    until = wanted.until or await tx.now()
    chosen = await driver.fetch(
        _REPLAY, endpoint_id, [str(state) for state in wanted.states], wanted.since, until, wanted.after_id,
        MOST_REPLAYED,
    )  # fmt: skip
    await driver.execute(_PULL, endpoint_id, list({row["incident_id"] for row in chosen if row["incident_id"]}))
    event = Changed(
        subject="webhook_endpoint", subject_id=str(endpoint_id), action="deliveries_replayed",
        fields=[f"{len(chosen)} deliveries"],
    )  # fmt: skip
    await record(tx, event, caller=caller)
    tx.ring(DELIVERIES)
    last = max((row["id"] for row in chosen), default=None)
    return ReplayOut(count=len(chosen), last_id=last, has_more=len(chosen) == MOST_REPLAYED)


def _must_be_able(form: PayloadFormat, people: Sequence[str], everyone: bool, secret: str | None) -> None:
    wrong = robots.complaints(form, people, everyone, secret)
    if wrong:
        raise Invalid(f"{wrong[0].pointer}: {wrong[0].detail}", errors=wrong)


def _must_still_be_able(endpoint: WebhookEndpoint, wanted: Mapping[str, Any]) -> None:
    """A robot of another vendor may not know the people the one before called."""
    if {"payload_format", "at_people", "at_all", "robot_secret"} & wanted.keys():
        form, people, everyone = (
            wanted.get(name, getattr(endpoint, name)) for name in ("payload_format", "at_people", "at_all")
        )
        _must_be_able(PayloadFormat(form), people, everyone, wanted.get("robot_secret"))


def _must_know_people(
    endpoint: WebhookEndpoint, wanted: Mapping[str, Any], changed: Sequence[str], caller: Caller
) -> None:
    """Else whoever may change an endpoint could lead what others may know of people to themselves."""
    if wanted.get("unmask_people", endpoint.unmask_people) and _LEADS & set(changed):
        caller.require(UNMASK)


def _sealed(secret: str | None, vault: Vault | None, endpoint_id: UUID) -> bytes | None:
    if not secret:
        return None
    assert vault is not None, "a secret is never stored as it is"
    return vault.seal(secret.encode(), endpoint_id)


def _must_be_enabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise EndpointDisabled(
            f"The endpoint is disabled ({endpoint.disabled_reason}); enable it first with PATCH and enabled: true."
        )


async def _record(
    tx: Tx, endpoint: WebhookEndpoint, action: str, caller: Caller, fields: Sequence[str] = (), *events: Event
) -> None:
    event = Changed(subject="webhook_endpoint", subject_id=str(endpoint.id), action=action, fields=list(fields))
    await record(tx, event, *events, caller=caller)
