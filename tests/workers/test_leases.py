"""A delivery that takes long stays its worker's own: leases are short, and renewed as long as the worker lives."""

import asyncio

import pytest

from app.core.db import Database
from app.webhooks import delivery, envelope
from tests.support.owed import SCHEDULE, happen, hit, states, subscribe
from tests.support.receiver import Answer, Receiver
from tests.support.waiting import eventually
from workers.deliver import Deliverer, rescue


@pytest.fixture(autouse=True)
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LEASE_SECONDS", 0.25)
    monkeypatch.setattr(delivery, "RENEW_SECONDS", 0.05)


async def rescued_until(database: Database, seconds: float) -> int:
    """How many deliveries were freed while the sweepers of other workers looked for so long."""
    loop = asyncio.get_running_loop()
    end, freed = loop.time() + seconds, 0

    async def over() -> bool:
        nonlocal freed
        freed += await rescue(database, SCHEDULE)
        return loop.time() > end

    await eventually(over, seconds + 5, "the end of the watch")
    return freed


@pytest.mark.parametrize("leaving", [False, True], ids=["sweeping", "leaving"])
async def test_a_receiver_slower_than_the_lease_gets_its_webhook_once(
    database: Database, deliverer: Deliverer, receiver: Receiver, leaving: bool
) -> None:
    slow = asyncio.Event()
    receiver.answer = lambda _: Answer(after=slow)
    await subscribe(database, receiver)
    await happen(database, hit())
    async with asyncio.TaskGroup() as group:
        group.create_task(deliverer.sweep())
        await receiver.wait_for(1)
        if leaving:
            group.create_task(deliverer.close())
        assert await rescued_until(database, 0.45) == 0
        slow.set()
    assert await states(database) == ["delivered"]
    assert len(receiver.received) == 1


async def test_a_delivery_that_fails_in_our_own_hands_is_freed_when_its_lease_ends(
    database: Database, deliverer: Deliverer, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("no body can be made")

    await subscribe(database, receiver)
    await happen(database, hit())
    with monkeypatch.context() as failing:
        failing.setattr(envelope.Message, "body", broken)
        await deliverer.sweep()

    async def freed() -> int:
        await deliverer.sweep()
        return await rescue(database, SCHEDULE)

    await eventually(freed, 5, "freeing the delivery")
    await deliverer.sweep()
    assert await states(database) == ["delivered"]
