"""The whole service as real processes, on servers of its own that a test may kill."""

import os
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest

from app.embedded import Embedded
from tests.support.house import House, open_house
from tests.support.receiver import Receiver
from tests.support.services import missing_embedded, private_pair

# How long an outage lasts, in seconds.
OUTAGE = 30.0 if os.environ.get("FENGHUO_SLOW") else 4.0


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
    async with open_house(servers, tmp_path_factory.mktemp("processes")) as opened:
        yield opened


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
