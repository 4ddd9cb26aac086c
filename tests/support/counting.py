"""Workers that count while a test does something else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from app.core.db import Database
from workers.context import Context
from workers.ingest import Counter


@asynccontextmanager
async def counting(context: Context, workers: int, claim: int) -> AsyncIterator[list[Counter]]:
    """Workers with databases of their own that count without a pause until the block ends, and then to the end."""
    databases = [Database(context.settings, doorbell=context.doorbell, workload="batches") for _ in range(workers)]
    chosen = context.settings.model_copy(update={"inbox_claim": claim})
    counters = [Counter(replace(context, settings=chosen, database=database)) for database in databases]
    stopping = asyncio.Event()

    async def work(counter: Counter) -> None:
        while not stopping.is_set():
            if not await counter.sweep() + await counter.sweep_rematches():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), 0.02)

    try:
        async with asyncio.TaskGroup() as group:
            for counter in counters:
                group.create_task(work(counter))
            try:
                yield counters
            finally:
                stopping.set()
        await counters[0].sweep()
        await counters[0].sweep_rematches()
    finally:
        for database in databases:
            await database.close()
