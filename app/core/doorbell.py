"""The doorbell: a PUBLISH after a commit, so that workers wake in milliseconds instead of at their next sweep.

It carries no truth. Every intent is a row in the database first; with Redis flushed, stopped or hung the sweeps
find the rows a second later. So a ring is never awaited by a request and a failed one is only counted.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.metrics import DOORBELL_FAILURES

log = structlog.get_logger()

INBOX = "inbox"
DELIVERIES = "deliveries"
CLOCKS = "clocks"
CALENDAR = "calendar"
REPORTS = "reports"
DRILLS = "drills"
# Rung for the streams of the API processes; the others are the workers'.
EVENTS = "events"
BELLS = (INBOX, DELIVERIES, CLOCKS, CALENDAR, REPORTS, DRILLS)
PATIENCE = 0.2


def connect(redis_url: str) -> Redis:
    """A client that gives up: redis-py waits for ever on a hung server unless it is told not to."""
    client: Redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=1, health_check_interval=15)
    return client


def channel(redis: Redis, bell: str) -> str:
    """Channels are shared by a server's databases, so the name carries the number."""
    return f"fenghuo:{redis.connection_pool.connection_kwargs.get('db', 0)}:{bell}"


class Doorbell:
    """Rings bells, one PUBLISH in flight a bell; what is rung meanwhile is rung once more after it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ringing: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    def ring(self, bell: str) -> None:
        """Returns at once; the PUBLISH happens in the background, within 200 ms or not at all."""
        if bell in self._ringing:
            self._again.add(bell)
            return
        self._ringing[bell] = asyncio.create_task(self._publish(bell))

    async def _publish(self, bell: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.publish(channel(self._redis, bell), b"")
        except (RedisError, OSError, TimeoutError):
            DOORBELL_FAILURES.inc()
        finally:
            del self._ringing[bell]
        if bell in self._again:
            self._again.discard(bell)
            self.ring(bell)

    async def close(self) -> None:
        """Waits for rings under way."""
        await asyncio.gather(*self._ringing.values(), return_exceptions=True)


async def listen(redis: Redis, rung: Callable[[str], None], bells: Sequence[str] = BELLS) -> None:
    """Calls ``rung(bell)`` for every ring, reconnecting for ever; a missed ring is found by the sweeps."""
    names = {channel(redis, bell).encode(): bell for bell in bells}
    while True:
        pubsub = redis.pubsub(ignore_subscribe_messages=True)
        try:
            await pubsub.subscribe(*names)
            while True:
                message = await pubsub.get_message(timeout=10)
                if message is not None:
                    rung(names[message["channel"]])
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("doorbell lost, sweeping each second instead", error=str(error))
            await asyncio.sleep(0.5)
        finally:
            with suppress(RedisError, OSError, TimeoutError):
                await pubsub.aclose()  # type: ignore[no-untyped-call]
