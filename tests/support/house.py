"""The whole service as real processes, on servers of its own that may be stopped, killed and flushed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.migrations import upgrade
from app.embedded import Embedded
from app.people.keys import bootstrap_key
from app.settings import Settings
from tests.support.processes import KEY, SECRET_KEY, api, environment


@dataclass(frozen=True, slots=True)
class House:
    """The servers, the API on them, and what its other processes are given."""

    servers: Embedded
    env: dict[str, str]
    client: httpx.AsyncClient
    log: Path


class NoBell:
    """Rings nobody: what the tests themselves write is found without."""

    def ring(self, bell: str) -> None: ...


@asynccontextmanager
async def open_house(servers: Embedded, log: Path) -> AsyncIterator[House]:
    """The API, started, without a worker."""
    chosen = servers.services
    await asyncio.to_thread(upgrade, chosen.database_url)
    settings = Settings(
        database_url=chosen.database_url, redis_url=chosen.redis_url, environment="test", secret_key=SECRET_KEY
    )  # fmt: skip
    database = Database(settings, doorbell=NoBell())
    async with database.transaction() as tx:
        await bootstrap_key(tx, KEY, caller=SYSTEM, settings=settings)
    await database.close()
    env = environment(
        chosen.database_url, chosen.redis_url, FENGHUO_WEBHOOK_SCHEDULE="0,0.2,0.2,0.5,0.5,1,1,2,2,5",
        FENGHUO_WEBHOOK_TIMEOUT="2", FENGHUO_INBOX_CLAIM="20",
    )  # fmt: skip
    async with api(env, log) as client:
        yield House(servers, env, client, log)
