"""Services and addresses for all tests. `tests.support` has the plain functions behind them."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import httpx
import hypothesis
import pytest
from fastapi import FastAPI

from app import reactions
from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.core.migrations import upgrade
from app.embedded import Embedded, Services
from app.main import create_app
from app.models.base import new_id
from app.people.keys import bootstrap_key
from app.settings import Settings
from app.settings import settings as process_settings
from tests.support.services import (
    Run,
    claim_redis,
    create_database,
    drop_database,
    missing_embedded,
    private_pair,
    shared,
)
from workers.context import Context
from workers.ingest import Counter

# How long an example takes is the machine's business: what is slow is measured, not failed.
hypothesis.settings.register_profile("fenghuo", deadline=None)
hypothesis.settings.load_profile("fenghuo")

_RUN = pytest.StashKey[Run]()
ADMIN_KEY = "fh_test_admin1_" + "0123456789abcdefghijklmnop"
SECRET_KEY = "a secret of the tests, never used elsewhere"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the main process, not a worker of xdist
        config.stash[_RUN] = Run.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.end()


@pytest.fixture(scope="session")
def worker() -> str:
    """Which process of this run: gw0, gw1, ... or main."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def services() -> Services:
    """PostgreSQL and Redis for all workers of this run; tests take `database_url` and `redis_url`."""
    return shared()


@pytest.fixture(scope="session")
async def database_url(services: Services, worker: str) -> AsyncIterator[str]:
    """A fresh, empty database of this worker, dropped at the end. Migrations are applied on top of it."""
    url = await create_database(services, worker)
    yield url
    await drop_database(services, url)


@pytest.fixture(scope="session")
async def redis_url(services: Services, worker: str) -> str:
    """This worker's own database number, flushed. Never FLUSHALL here: that is for `own_services`."""
    return await claim_redis(services, worker)


@pytest.fixture
def own_services() -> Iterator[Embedded]:
    """Servers of this test's own, running, that it may stop, kill and flush."""
    reason = missing_embedded()
    if reason is not None:
        pytest.skip(reason)
    with private_pair() as embedded:
        yield embedded


@pytest.fixture(scope="session")
async def settings(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The service's settings for this worker: its own migrated database, loopback receivers allowed, quick retries."""
    os.environ |= {"FENGHUO_SECRET_KEY": SECRET_KEY, "FENGHUO_ENVIRONMENT": "test"}
    process_settings.cache_clear()
    await asyncio.to_thread(upgrade, database_url)
    return Settings(
        database_url=database_url, redis_url=redis_url, environment="test", secret_key=SECRET_KEY,
        bootstrap_key=ADMIN_KEY, webhook_allow_loopback=True, webhook_schedule=(0, 0.1, 0.1, 0.2, 0.2),
        webhook_timeout=2.0, requests_per_minute=10**7, public_url="http://fenghuo.test",
        files_url=tmp_path_factory.mktemp("files").as_uri(),
    )  # fmt: skip


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The database as a worker process has it, with the first admin key in it."""
    reactions.install()
    redis = connect(settings.redis_url)
    database = Database(settings, doorbell=Doorbell(redis), workload="batches")
    async with database.transaction() as tx:
        await bootstrap_key(tx, ADMIN_KEY, caller=SYSTEM, settings=settings)
    yield database
    await database.close()
    await redis.aclose()


@pytest.fixture(scope="session")
async def context(settings: Settings, database: Database) -> AsyncIterator[Context]:
    """What a worker's jobs are given; tests call the jobs themselves instead of waiting for a process."""
    redis = connect(settings.redis_url)
    yield Context(new_id(), settings, database, Doorbell(redis))
    await redis.aclose()


@pytest.fixture(scope="session")
async def counter(context: Context) -> Counter:
    """Counts what was posted: `await counter.sweep()`."""
    return Counter(context)


@pytest.fixture(scope="session")
async def app(settings: Settings, database: Database) -> AsyncIterator[FastAPI]:
    """The API, started, in this process."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the admin key. What it gets is what any client over HTTP gets, faults included.

    It changes things whatever their version is; `test_conditional.py` is about the others.
    """
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {ADMIN_KEY}", "if-match": "*"}
    async with httpx.AsyncClient(transport=transport, base_url="http://fenghuo.test", headers=headers) as client:
        yield client
