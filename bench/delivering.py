"""A worker that delivers what is owed when it is asked, and a naive one that sends and commits one by one."""

import time
from typing import Any

import asyncpg
import httpx
import orjson

from app.domain.signature import header
from bench.helper import Act, serve
from workers.context import Context
from workers.deliver import Deliverer

SECRET = b"Z" * 32

_OWED = """
select d.id, d.event_id, e.url, v.type, v.at, v.data::text as data from deliveries d
join webhook_endpoints e on e.id = d.endpoint_id join events v on v.id = d.event_id
where d.state = 'pending' order by d.id"""
_DONE = """
with done as (
  update deliveries set state = 'delivered', attempts = 1, finished_at = now() where id = $1 returning id)
insert into delivery_attempts(delivery_id, number, at, duration_ms, status) select id, 1, now(), 0, $2 from done"""


async def naive(dsn: str) -> int:
    """What people write first: select, sign, await the POST, commit, and the next one. How many were sent."""
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(_OWED)
    async with httpx.AsyncClient() as client:
        for row in rows:
            event = {"type": row["type"], "timestamp": row["at"].isoformat(), "data": orjson.loads(row["data"])}
            body, at, message_id = orjson.dumps(event), int(time.time()), f"evt_{row['event_id']}"
            headers = {
                "content-type": "application/json", "webhook-id": message_id, "webhook-timestamp": str(at),
                "webhook-signature": header([SECRET], message_id, at, body),
            }  # fmt: skip
            answer = await client.post(row["url"], content=body, headers=headers)
            await connection.execute(_DONE, row["id"], answer.status_code)
    await connection.close()
    return len(rows)


def acting(context: Context) -> Act:
    """One deliverer for the whole life of the process, as a worker has it."""
    deliverer = Deliverer(context)
    dsn = context.settings.database_url.replace("+asyncpg", "", 1)

    async def act(kind: str) -> dict[str, Any]:
        began = time.perf_counter()
        sent = await (naive(dsn) if kind == "naive" else deliverer.sweep())
        return {"sent": sent, "seconds": time.perf_counter() - began}

    return act


if __name__ == "__main__":
    serve(acting)
