"""Processes of the bench that are asked line by line: a question in, an answer out, each a JSON object."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvloop

from app import reactions
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.core.logging import configure
from app.core.memory import settle
from app.models.base import new_id
from app.settings import settings
from workers.context import Context

Act = Callable[..., Awaitable[dict[str, Any]]]


@asynccontextmanager
async def working() -> AsyncIterator[Context]:
    """What a worker process has: see ``workers.__main__``."""
    chosen = settings()
    configure(chosen)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    reactions.install()
    redis = connect(chosen.redis_url)
    doorbell = Doorbell(redis)
    database = Database(chosen, doorbell=doorbell, workload="batches")
    yield Context(new_id(), chosen, database, doorbell)
    await database.close()
    await redis.aclose()


def serve(acting: Callable[[Context], Act]) -> None:
    """Answers questions until standard input ends."""

    async def answer() -> None:
        async with working() as context:
            act = acting(context)
            settle()
            while line := await asyncio.to_thread(sys.stdin.readline):
                print(json.dumps(await act(**json.loads(line))), flush=True)

    uvloop.run(answer())
