"""A database of its own with a made-up history in it: what happened then is nobody else's to sweep."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.core.migrations import upgrade
from app.embedded import Services
from app.main import create_app
from app.models.base import new_id
from app.people.keys import bootstrap_key
from app.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.kpi_history import History, a_history
from tests.support.services import create_database, drop_database
from workers.context import Context
from workers.ingest import Counter


@pytest.fixture(scope="session")
async def own_settings(settings: Settings, services: Services, worker: str) -> AsyncIterator[Settings]:
    """The service's settings with an empty database of its own."""
    url = await create_database(services, worker)
    await asyncio.to_thread(upgrade, url)
    yield settings.model_copy(update={"database_url": url})
    await drop_database(services, url)


@pytest.fixture(scope="session")
async def own_database(own_settings: Settings) -> AsyncIterator[Database]:
    redis = connect(own_settings.redis_url)
    database = Database(own_settings, doorbell=Doorbell(redis), workload="batches")
    async with database.transaction() as tx:
        await bootstrap_key(tx, ADMIN_KEY, caller=SYSTEM, settings=own_settings)
    yield database
    await database.close()
    await redis.aclose()


@pytest.fixture(scope="session")
async def own_app(own_settings: Settings, own_database: Database) -> AsyncIterator[FastAPI]:
    app = create_app(own_settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def history(own_app: FastAPI, own_settings: Settings, own_database: Database) -> AsyncIterator[History]:
    redis = connect(own_settings.redis_url)
    counter = Counter(Context(new_id(), own_settings, own_database, Doorbell(redis)))
    transport = httpx.ASGITransport(own_app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {ADMIN_KEY}", "if-match": "*"}
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://fenghuo.test", headers=headers) as client,
        a_history(client, own_app, own_database, counter) as history,
    ):
        yield history
    await redis.aclose()
