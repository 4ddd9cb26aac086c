"""kill -9 of workers and of the database, FLUSHALL: what was acknowledged is counted once, graded and delivered."""

import asyncio
import time
from contextlib import ExitStack

import pytest
import redis.asyncio

from tests.support.house import House
from tests.support.processes import Process, worker
from tests.support.receiver import OK, Answer, Receiver
from tests.support.stream import Stream
from tests.support.waiting import eventually

KILLS = 5


async def more_counted(stream: Stream, than: int) -> None:
    async def grown() -> bool:
        return await stream.counted() > than

    await eventually(grown, 30, f"counting more than {than}")


async def test_workers_killed_again_and_again_and_a_flushed_redis_change_nothing(
    house: House, receiver: Receiver
) -> None:
    stream = await Stream.begin(house.client)
    valkey = redis.asyncio.Redis.from_url(house.servers.services.redis_url)
    workers: list[Process] = []

    async def disturb() -> None:
        for turn in range(KILLS):
            before = await stream.counted()
            await more_counted(stream, before)
            workers[turn % 2].kill()
            await valkey.flushall()
            workers[turn % 2].start()

    with ExitStack() as running:
        workers += [running.enter_context(worker(house.env, house.log, f"kills{n}")) for n in range(2)]
        disturbing = asyncio.create_task(disturb())
        await stream.run(until=disturbing.done)
        await disturbing
        await stream.check()
        await stream.check_received(receiver, timeout=30)
    assert sum(one.kills for one in workers) == KILLS
    assert set(stream.answers) <= {200, 201}
    await valkey.aclose()


async def test_a_worker_killed_while_it_is_alone_leaves_its_batch_to_the_next(house: House, receiver: Receiver) -> None:
    stream = await Stream.begin(house.client)
    with worker(house.env, house.log, "alone") as alone:
        stopping = asyncio.Event()
        writing = asyncio.create_task(stream.run(until=stopping.is_set))
        await more_counted(stream, 0)
        alone.kill()
        stopping.set()
        await writing
        left = await stream.counted()
        assert left < stream.expected.total, "the worker was killed too late to leave anything"
        alone.start()
        await stream.check()
        await stream.check_received(receiver, timeout=30)


@pytest.mark.parametrize("times", [2])
async def test_a_database_killed_twice_loses_nothing_that_was_acknowledged(
    house: House, receiver: Receiver, times: int
) -> None:
    stream = await Stream.begin(house.client)
    kills = 0

    async def disturb() -> None:
        nonlocal kills
        for _ in range(times):
            await more_counted(stream, await stream.counted())
            house.servers.postgres.kill()
            kills += 1
            refused = sum(stream.answers.values()) - stream.answers[200] - stream.answers[201]
            await eventually(
                lambda seen=refused: sum(n for status, n in stream.answers.items() if status not in (200, 201)) > seen,
                10, "an answer without a database",
            )  # fmt: skip
            await asyncio.to_thread(house.servers.postgres.start)

    with worker(house.env, house.log, "crash") as survivor:
        disturbing = asyncio.create_task(disturb())
        await stream.run(until=disturbing.done)
        await disturbing
        await stream.check()
        await stream.check_received(receiver, timeout=30)
        assert survivor.alive
    assert kills == times
    assert set(stream.answers) == {200, 201, 503}, "the API never said anything but done or try again"


async def test_a_webhook_whose_worker_is_killed_while_sending_arrives_within_5_seconds_from_another(
    house: House, receiver: Receiver
) -> None:
    never = asyncio.Event()
    receiver.answer = lambda got: Answer(after=never) if len(receiver.received) == 1 else OK
    stream = await Stream.begin(house.client)
    with ExitStack() as running:
        sending = running.enter_context(worker(house.env | {"FENGHUO_WEBHOOK_TIMEOUT": "60"}, house.log, "sending"))
        await stream.run(until=lambda: True)
        await receiver.wait_for(1)
        await stream.check()
        other = running.enter_context(worker(house.env, house.log, "other"))
        await eventually(lambda: "worker started" in other.said, 15, "the other's first line")
        sending.kill()
        killed = time.monotonic()
        await stream.check_received(receiver, timeout=10)
        lost, *others = receiver.received
        again = next(one for one in others if one.headers["webhook-id"] == lost.headers["webhook-id"])
        assert again.at - killed < 5
    never.set()
