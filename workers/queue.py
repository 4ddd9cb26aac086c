"""The arq worker beside the sweeps. Its jobs wake the same sweeps, so whatever happens to it is only a second's delay.

What arq does under faults was measured: it loses deferred jobs with Redis, ends when Redis ends, and never returns from
a hung server. So its jobs carry no truth, its process is ours, and it is started again for ever.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import structlog
from arq import ArqRedis, cron
from arq.worker import Worker, func
from redis.exceptions import RedisError

from app.core.doorbell import CLOCKS, DELIVERIES, INBOX
from app.settings import Settings
from workers.sweeps import Sweep

log = structlog.get_logger()
QUEUE = "fenghuo:jobs"
RESTARTS_AFTER = (0.5, 1, 2, 5)


async def process_inbox(ctx: dict[str, Any]) -> None:
    """Wakes the counting of what was accepted."""
    ctx["sweeps"][INBOX].wake.set()


async def deliver(ctx: dict[str, Any]) -> None:
    """Wakes the delivery of what is due."""
    ctx["sweeps"][DELIVERIES].wake.set()


async def fire_clocks(ctx: dict[str, Any]) -> None:
    """Wakes the ringing of what is due."""
    ctx["sweeps"][CLOCKS].wake.set()


JOBS = (process_inbox, deliver, fire_clocks)


async def run_queue(settings: Settings, sweeps: Mapping[str, Sweep]) -> None:
    """Runs an arq worker for ever."""
    failures = 0
    while True:
        worker = make_worker(settings, sweeps)
        try:
            await worker.async_run()
        except (RedisError, OSError, TimeoutError, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            log.warning("queue lost, the sweeps go on without it", error=repr(error))
        finally:
            await _close(worker)
        await asyncio.sleep(RESTARTS_AFTER[min(failures, len(RESTARTS_AFTER) - 1)])
        failures += 1


def make_worker(settings: Settings, sweeps: Mapping[str, Sweep]) -> Worker:
    """A worker with a pool of its own that gives up on a hung server, and JSON where arq's default is pickle."""
    pool = ArqRedis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=1)
    pool.job_serializer, pool.job_deserializer = _dump, json.loads
    pool.default_queue_name = QUEUE
    return Worker(
        functions=[func(job, keep_result=0, max_tries=1, timeout=20) for job in JOBS],
        cron_jobs=[cron(job, second=set(range(60)), unique=True, keep_result=0, timeout=20) for job in JOBS],
        queue_name=QUEUE, redis_pool=pool, handle_signals=False, ctx={"sweeps": sweeps}, keep_result=0, max_tries=1,
        job_timeout=20, job_serializer=_dump, job_deserializer=json.loads, poll_delay=0.5, log_results=False,
    )  # fmt: skip


def _dump(job: dict[str, Any]) -> bytes:
    return json.dumps(job, default=repr).encode()


async def _close(worker: Worker) -> None:
    try:
        async with asyncio.timeout(1):
            await worker.close()
    except (RedisError, OSError, TimeoutError):
        log.warning("queue not closed cleanly")
