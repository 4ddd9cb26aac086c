"""Redis away, the database away, workers that leave: everything still happens, only later by little."""

import asyncio
import time
from contextlib import ExitStack

from tests.faults.conftest import OUTAGE
from tests.support.house import House
from tests.support.processes import worker
from tests.support.receiver import Receiver
from tests.support.stream import Stream
from tests.support.waiting import eventually


async def seconds_to_webhook(house: House, receiver: Receiver) -> float:
    """Writes a new crisis until it is general; the seconds from the deciding post to the webhook, 5 at most."""
    stream = await Stream.begin(house.client)
    before = len(receiver.received)
    while stream.expected.grade("individual") is None:
        for name in stream.posts:
            await stream.write(name)
    posted = time.monotonic()
    got = await receiver.wait_for(before + 1, timeout=5)
    await stream.check()
    return got[-1].at - posted


async def test_grade_changes_arrive_within_5_seconds_while_redis_is_away(house: House, receiver: Receiver) -> None:
    stream = await Stream.begin(house.client)
    with worker(house.env, house.log, "redis") as survivor:
        await eventually(lambda: "worker started" in survivor.said, 15, "the worker's first line")
        house.servers.valkey.kill()
        away = time.monotonic()
        assert await seconds_to_webhook(house, receiver) < 5
        # Readings go on for the rest of the outage and are acknowledged without Redis.
        await stream.run(until=lambda: time.monotonic() - away > OUTAGE)
        await stream.check()
        assert await seconds_to_webhook(house, receiver) < 5
        assert house.servers.valkey.pid is None
        await asyncio.to_thread(house.servers.valkey.start)
        await stream.check_received(receiver)
        await stream.run(until=lambda: True, at_least=len(stream.posts[min(stream.posts)].told) + 3)
        await stream.check()
        assert survivor.alive
        assert set(stream.answers) == {200, 201}


async def test_a_worker_started_before_the_database_waits_for_it(house: House, receiver: Receiver) -> None:
    stream = await Stream.begin(house.client)
    await stream.run(until=lambda: True)
    house.servers.postgres.stop()
    with worker(house.env, house.log, "early") as early:
        await eventually(lambda: "can't be reached" in early.said, 15, "the worker's complaint")
        assert early.alive
        assert (await house.client.get("/health/ready")).status_code == 503
        await asyncio.to_thread(house.servers.postgres.start)
        await stream.check()
        await stream.check_received(receiver)
        assert (await house.client.get("/health/ready")).status_code == 200


async def test_two_workers_share_the_work(house: House, receiver: Receiver) -> None:
    stream = await Stream.begin(house.client)
    with ExitStack() as running:
        for name in ("first", "second"):
            running.enter_context(worker(house.env, house.log, name))
        await stream.run(until=lambda: True, at_least=30)
        await stream.check()
        await stream.check_received(receiver)


async def test_a_worker_that_is_asked_to_leave_does_so_in_the_middle_of_a_backlog_and_loses_nothing(
    house: House, receiver: Receiver
) -> None:
    stream = await Stream.begin(house.client)
    await stream.write_backlog(readings=4_000)
    with worker(house.env, house.log, "leaving") as leaving:
        await eventually(lambda: _some(stream), 20, "the first count")
        assert await asyncio.to_thread(leaving.terminate, 10) < 4
        assert await stream.counted() < stream.expected.total, "it counted on to the end"
        leaving.start()
        await stream.check()
        await stream.check_received(receiver)


async def test_a_worker_can_leave_while_the_database_is_away(house: House) -> None:
    with worker(house.env, house.log, "farewell") as leaving:
        await eventually(lambda: "worker started" in leaving.said, 15, "the worker's first line")
        house.servers.postgres.stop()
        try:
            assert await asyncio.to_thread(leaving.terminate, 10) < 4
        finally:
            await asyncio.to_thread(house.servers.postgres.start)


async def _some(stream: Stream) -> bool:
    return await stream.counted() > 0
