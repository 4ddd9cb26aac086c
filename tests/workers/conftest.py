"""Deliverers for tests of webhooks, and a receiver on a real port."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.core.db import Database
from app.settings import Settings
from tests.support.drills import Stage, staged
from tests.support.owed import Make, forget
from tests.support.receiver import Receiver
from workers.context import Context
from workers.deliver import Deliverer


@pytest.fixture
async def quick(settings: Settings, database: Database) -> AsyncIterator[Settings]:
    """Settings with short waits; nothing is owed to anybody before and after."""
    await forget(database)
    yield settings.model_copy(
        update={
            "webhook_schedule": (0.0, 0.05, 0.05, 0.05, 0.05), "webhook_timeout": 0.6, "webhook_concurrency": 40,
            "webhook_allow_loopback": True,
        }
    )  # fmt: skip
    await forget(database)


@pytest.fixture
async def make(quick: Settings, context: Context) -> AsyncIterator[Make]:
    """Deliverers, with settings changed by name."""
    made: list[Deliverer] = []

    def build(**changes: object) -> Deliverer:
        made.append(Deliverer(replace(context, settings=quick.model_copy(update=changes))))
        return made[-1]

    yield build
    for deliverer in made:
        await deliverer.close()


@pytest.fixture
async def deliverer(make: Make) -> Deliverer:
    return make()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        yield started


@pytest.fixture
async def stage(settings: Settings) -> AsyncIterator[Stage]:
    """A player of drills. What other tests left to be played is not played here."""
    async with staged(settings) as stage:
        await stage.database.fetch("update drills set next_at = null where next_at is not null")
        yield stage
