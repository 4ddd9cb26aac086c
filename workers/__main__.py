"""One worker process: ``python -m workers``. Several share the work; any may be killed at any time."""

import asyncio
import os
import platform
import signal

import structlog
import uvloop

from app import reactions
from app.core.db import Database
from app.core.doorbell import DELIVERIES, INBOX, Doorbell, connect, listen
from app.core.logging import configure
from app.models.base import new_id
from app.settings import Settings, settings
from workers.context import Context
from workers.deliver import Deliverer, rescue
from workers.heartbeat import beat, forget
from workers.ingest import Counter
from workers.queue import run_queue
from workers.sweeps import Sweep, run_sweep
from workers.tidy import tidy

log = structlog.get_logger()


async def work(chosen: Settings) -> None:
    """Works until SIGTERM or SIGINT; what is under way is finished, the rest is left to the others."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    redis = connect(chosen.redis_url)
    doorbell = Doorbell(redis)
    database = Database(chosen, doorbell=doorbell, workload="batches")
    context = Context(new_id(), chosen, database, doorbell)
    counter, deliverer = Counter(context), Deliverer(context)
    sweeps = [
        Sweep(INBOX, counter.sweep, 1.0),
        Sweep(DELIVERIES, deliverer.sweep, 1.0),
        Sweep("rematch", counter.sweep_rematches, 1.0),
        Sweep("rescue", lambda: rescue(database), 5.0),
        Sweep("tidy", lambda: tidy(database), 5.0),
        Sweep("heartbeat", lambda: beat(context, platform.node(), os.getpid()), 1.0),
    ]
    by_name = {sweep.name: sweep for sweep in sweeps}
    log.info("worker started", worker=str(context.worker_id), pid=os.getpid())
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(run_sweep(sweep, stopping)) for sweep in sweeps]
        beside = [
            group.create_task(listen(redis, lambda bell: by_name[bell].wake.set())),
            group.create_task(run_queue(chosen, by_name)),
        ]
        await stopping.wait()
        for sweep in sweeps:
            sweep.wake.set()
        await asyncio.wait(running)
        for task in beside:
            task.cancel()
    await forget(context)
    await deliverer.close()
    await doorbell.close()
    await database.close()
    await redis.aclose()
    log.info("worker stopped", worker=str(context.worker_id))


def main() -> None:
    """The process's entry."""
    chosen = settings()
    configure(chosen)
    reactions.install()
    uvloop.run(work(chosen))


if __name__ == "__main__":
    main()
