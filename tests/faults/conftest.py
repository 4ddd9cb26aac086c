"""The whole service as real processes, on servers of its own that a test may kill."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.migrations import upgrade
from app.embedded import Embedded
from app.people.service import bootstrap_key
from app.settings import Settings
from tests.support.processes import KEY, SECRET_KEY, api, environment
from tests.support.receiver import Receiver
from tests.support.services import missing_embedded, private_pair

# How long an outage lasts, in seconds.
OUTAGE = 30.0 if os.environ.get("FENGHUO_SLOW") else 4.0


@dataclass(frozen=True, slots=True)
class House:
    """The servers, the API on them, and what its other processes are given."""

    servers: Embedded
    env: dict[str, str]
    client: httpx.AsyncClient
    log: Path


class _NoBell:
    def ring(self, bell: str) -> None: ...


@pytest.fixture(scope="module")
def servers() -> Iterator[Embedded]:
    reason = missing_embedded()
    if reason is not None:
        pytest.skip(reason)
    # Durable: what is acknowledged must outlive a kill -9 of the database.
    with private_pair(durable=True) as embedded:
        yield embedded


@pytest.fixture(scope="module")
async def house(servers: Embedded, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The API, started, without a worker."""
    chosen = servers.services
    await asyncio.to_thread(upgrade, chosen.database_url)
    settings = Settings(
        database_url=chosen.database_url, redis_url=chosen.redis_url, environment="test", secret_key=SECRET_KEY
    )  # fmt: skip
    database = Database(settings, doorbell=_NoBell())
    async with database.transaction() as tx:
        await bootstrap_key(tx, KEY, caller=SYSTEM, settings=settings)
    await database.close()
    env = environment(
        chosen.database_url, chosen.redis_url, FENGHUO_WEBHOOK_SCHEDULE="0,0.2,0.2,0.5,0.5,1,1,2,2,5",
        FENGHUO_WEBHOOK_TIMEOUT="2", FENGHUO_INBOX_CLAIM="20",
    )  # fmt: skip
    log = tmp_path_factory.mktemp("processes")
    async with api(env, log) as client:
        yield House(servers, env, client, log)


@pytest.fixture
async def receiver(house: House) -> AsyncIterator[Receiver]:
    """Subscribed to grade changes, verifying every signature; its endpoint goes with the test."""
    async with Receiver() as started:
        body = {"url": started.url, "event_types": ["incident.grade_changed"]}
        answer = await house.client.post("/v1/webhook-endpoints", json=body)
        assert answer.status_code == 201, answer.text
        started.secret = answer.json()["secret"]
        yield started
        await house.client.delete(f"/v1/webhook-endpoints/{UUID(answer.json()['id'])}")
