"""Making events that are owed to receivers, and looking at what became of them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.outbox import Stored, record
from app.domain.events import AlertNoReceiver, Event, MentionHit, StatusChanged
from app.domain.signature import encode_secret
from app.settings import Settings
from app.webhooks import service
from app.webhooks.sealing import secrets_vault
from tests.support.processes import SECRET_KEY
from tests.support.receiver import Answer, Received, Receiver
from tests.support.waiting import eventually
from workers.deliver import Deliverer

VAULT = secrets_vault(Settings(secret_key=SECRET_KEY))
Make = Callable[..., Deliverer]

# As the service has it: what a disabled endpoint is owed is given up after so long.
SCHEDULE = (75 * 3600.0,)


async def forget(database: Database) -> None:
    """Nothing is owed to anybody any more, so that the next test begins afresh, whatever the hour and who ran before.

    That nobody reads of hits is said once an hour; where tests count what is told it was said already.
    """
    await database.fetch("delete from delivery_attempts")
    await database.fetch("delete from deliveries")
    await database.fetch("delete from robot_messages")
    await database.fetch("update webhook_endpoints set deleted_at = now()")
    await database.fetch(
        "insert into said_once(what, period) "
        """select $1, to_char(hour at time zone 'utc', 'YYYY-MM-DD"T"HH24"Z"') """
        "from generate_series(now(), now() + interval '1 hour', interval '1 hour') hour on conflict do nothing",
        AlertNoReceiver.type,
    )


async def subscribe(database: Database, receiver: Receiver, *types: str, path: str = "", **columns: Any) -> UUID:
    wanted = {"url": receiver.url + path, "event_types": list(types)} | columns
    async with database.transaction() as tx:
        endpoint, secret = await service.create_endpoint(tx, wanted, vault=VAULT, caller=SYSTEM)
    receiver.secret = encode_secret(secret)
    return endpoint.id


async def happen(database: Database, *events: Event) -> list[Stored]:
    async with database.transaction() as tx:
        return await record(tx, *events, caller=SYSTEM)


def hit() -> MentionHit:
    return MentionHit(
        mention_id=uuid4(), incident_id=None, platform="weibo", rule_ids=[uuid4()], received_at=datetime.now(UTC)
    )


async def incident(
    database: Database, title: str = "x", grade: str | None = None, is_drill: bool = False
) -> Callable[[int], StatusChanged]:
    """A new incident, and a way to make its events by their place on the timeline."""
    incident_id, number = uuid4(), uuid4().hex[:12]
    await database.fetch(
        "insert into incidents(id, number, title, grade, is_drill, total, policy_id, opened_by) "
        "select $1, $2, $3, $4, $5, 1234567, id, 'test' from grading_policies limit 1",
        incident_id, number, title, grade, is_drill,
    )  # fmt: skip
    return lambda seq: StatusChanged(
        incident_id=incident_id,
        number=number,
        seq=seq,
        is_drill=is_drill,
        from_="watching",
        to="responding",
        reason="test",
        overridden=[],
    )


async def sweep_until(deliverer: Deliverer, done: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    async def once() -> bool:
        await deliverer.sweep()
        answer = done()
        return answer if isinstance(answer, bool) else await answer

    await eventually(once, 10, what)


async def states(database: Database) -> list[str]:
    return [row["state"] for row in await database.fetch("select state from deliveries order by id")]


async def all_finished(database: Database) -> bool:
    return "pending" not in await states(database)


async def attempts(database: Database) -> list[Any]:
    return await database.fetch("select * from delivery_attempts order by delivery_id, number")


def seqs(received: Sequence[Received]) -> list[int]:
    return [one.json()["data"]["seq"] for one in received]


def status_by_turn(*statuses: int) -> Callable[[Received], Answer]:
    left = list(statuses)
    return lambda _: Answer(status=left.pop(0) if left else 200)


async def oldest_due(client: httpx.AsyncClient) -> float:
    """For how long the delivery that should go next has been waiting, as the service tells its operators."""
    answer = await client.get("/health/ready")
    return float(answer.json()["checks"]["deliveries"]["oldest_due_seconds"])
