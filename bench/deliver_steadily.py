"""Events at an even pace, receivers that misbehave, and how long the deliveries of the good endpoints took."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.outbox import record
from app.domain.events import MentionHit
from app.models.base import new_id
from bench.helper import Act, serve
from workers.context import Context

KINDS = ("refuse", "reset", "hang", "drip")
# Longer than a worker waits for a receiver.
PATIENCE = 40.0

_BESIDE = """
update webhook_endpoints set disabled_at = case when $1 then null else now() end, breaker_opened_at = null,
  probe_at = null, failing_since = null, succeeded_at = null, failures_in_row = 0, recent = '[]'
where description = 'bad'"""
_GIVE_UP = """
update deliveries set state = 'dead' where state = 'pending' and token is null
  and endpoint_id in (select id from webhook_endpoints where description = 'bad')"""
_UNDER_WAY = "select count(*) as count from deliveries where state = 'pending'"
_TAKEN = """
select count(*) as count, coalesce(percentile_cont(0.99) within group (order by taken), 0)::float8 as p99 from (
  select extract(epoch from a.at - d.created_at) * 1000 + a.duration_ms as taken
  from deliveries d join delivery_attempts a on a.delivery_id = d.id
  join webhook_endpoints e on e.id = d.endpoint_id and e.description = 'good'
  where d.event_id >= $1) t"""


async def _misbehave(kind: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if kind == "refuse":
                writer.write(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")
            elif kind == "reset":
                writer.transport.abort()
                return
            else:
                if kind == "drip":
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                while True:
                    await asyncio.sleep(1)
                    writer.write(b"." if kind == "drip" else b"")
                    if reader.at_eof():
                        return


async def _happen(context: Context, beside: str, a_second: int, seconds: int) -> dict[str, Any]:
    database = context.database
    await database.fetch(_BESIDE, beside == "bad")
    first = 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(a_second * seconds):
        await asyncio.sleep(max(0.0, began + number / a_second - loop.time()))
        event = MentionHit(
            mention_id=new_id(), incident_id=None, platform="weibo", rule_ids=[new_id()],
            received_at=await database.clock.now(),
        )  # fmt: skip
        async with database.transaction() as tx:
            [stored] = await record(tx, event, caller=SYSTEM)
        first = first or stored.id
    await _settle(database)
    [row] = await database.fetch(_TAKEN, first)
    return {"count": row["count"], "p99": row["p99"]}


async def _settle(database: Database) -> None:
    """Until nothing is under way any more; what bad receivers are still owed is given up."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await database.fetch(_GIVE_UP)
            [left] = await database.fetch(_UNDER_WAY)
            if not left["count"]:
                return
            await asyncio.sleep(0.2)


def acting(context: Context) -> Act:
    """Misbehaves once, then makes events happen as often as it is asked."""
    servers: list[asyncio.Server] = []

    async def act(act: str, **asked: Any) -> dict[str, Any]:
        if act == "happen":
            return await _happen(context, **asked)
        servers.extend([await asyncio.start_server(partial(_misbehave, kind), "127.0.0.1", 0) for kind in KINDS])
        return {"urls": [f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/" for server in servers]}

    return act


if __name__ == "__main__":
    serve(acting)
