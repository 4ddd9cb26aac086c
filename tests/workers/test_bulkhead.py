"""What one receiver may occupy: its own bound over all workers, and never the places of the others."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from app.core.db import Database
from app.settings import Settings
from app.webhooks import delivery
from tests.support.owed import Make, all_finished, attempts, happen, hit, incident, seqs, subscribe, sweep_until
from tests.support.receiver import OK, Answer, Received, Receiver
from workers.deliver import Deliverer


class Crowd:
    """Answers after a moment, and knows how many it had at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def __call__(self, _: Received) -> Answer:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.002)
        self.now -= 1
        return OK


@pytest.mark.parametrize("bound", [1, 3])
async def test_two_workers_together_keep_to_the_endpoints_own_bound(
    database: Database, make: Make, receiver: Receiver, bound: int
) -> None:
    await subscribe(database, receiver, max_concurrency=bound)
    receiver.answer = crowd = Crowd()
    await happen(database, *(hit() for _ in range(60)))
    workers = [make(), make()]

    async def sweep(worker: Deliverer) -> int:
        recorded = 0
        while not await all_finished(database):
            recorded += await worker.sweep()
        return recorded

    shares = await asyncio.gather(*map(sweep, workers))
    assert sum(shares) == 60
    assert 1 <= crowd.most <= bound
    assert len({one.headers["webhook-id"] for one in receiver.received}) == len(receiver.received) == 60


async def test_while_one_worker_takes_from_a_bounded_endpoint_another_passes_it_by(
    database: Database, quick: Settings, receiver: Receiver
) -> None:
    """At the same instant neither sees what the other has taken."""
    endpoint_id = await subscribe(database, receiver, max_concurrency=1)
    await happen(database, hit(), hit())
    async with database.transaction() as tx:
        await (await tx.driver()).execute(
            "select 1 from webhook_endpoints where id = $1 for no key update", endpoint_id
        )
        assert await delivery.claim(database, quick, {}, 10) == []
    assert len(await delivery.claim(database, quick, {}, 10)) == 1
    assert await delivery.claim(database, quick, {}, 10) == []


async def test_more_hanging_receivers_than_places_delay_no_other(
    database: Database, make: Make, receiver: Receiver
) -> None:
    never = asyncio.Event()
    deliverer = make(webhook_concurrency=12, webhook_timeout=10.0)
    async with AsyncExitStack() as open_:
        hanging = [await open_.enter_async_context(Receiver(answer=lambda _: Answer(after=never))) for _ in range(8)]
        for one in hanging:
            await subscribe(database, one)
        await happen(database, *(hit() for _ in range(5)))
        sweep = asyncio.create_task(deliverer.sweep())
        for one in hanging:
            await one.wait_for(3)
        await subscribe(database, receiver)
        for count in range(1, 4):
            await happen(database, hit())
            deliverer.nudge()
            await receiver.wait_for(count, timeout=5)
        assert not [row for row in await attempts(database) if row["error"]], "nothing has timed out yet"
        assert all(len(one.received) == 3 for one in hanging), "each of them has its quarter and no more"
        never.set()
        await sweep


async def test_one_place_is_enough_for_order_within_an_incident(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver, max_concurrency=1)
    this = await incident(database)
    await happen(database, *(this(seq) for seq in range(1, 20)))
    await sweep_until(deliverer, lambda: all_finished(database), "all of them")
    assert seqs(receiver.received) == list(range(1, 20))
