"""Where the clocks are tried: a house with workers to kill, a receiver of every breach, and the database's own notes of
when what it committed could be seen."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from tests.faults.clocks.timers import Fate, Timer, fates, lay
from tests.support.house import House
from tests.support.processes import Process, process
from tests.support.receiver import Answer, Receiver
from tests.support.services import plain
from tests.support.waiting import eventually

WORKERS = 2
_LEFT_OPEN = re.compile("connection with an open transaction|connection to client lost|could not send data to client")
_RUNNING = """
select exists(select from deadlines d join incidents i on i.id = d.incident_id
  where i.title = $1 and d.state = 'running') as some"""
_OWED = "select exists(select from deliveries where state = 'pending') as some"
_BUSY = "select exists(select from pg_stat_activity where usename = $1 and xact_start is not null) as some"


class Ground:
    """The house, a pool of connections that outlives crashes, and a receiver of `sla.breached`."""

    def __init__(self, house: House, pool: asyncpg.Pool, receiver: Receiver) -> None:
        self.house, self.pool, self.receiver = house, pool, receiver
        self.chance = random.Random(20260301)
        self._started = 0

    async def lay(self, title: str, count: int, **how: Any) -> list[Timer]:
        async with self.pool.acquire() as connection:
            return await lay(connection, title, count, chance=self.chance, **how)

    async def fates(self, title: str) -> list[Fate]:
        async with self.pool.acquire() as connection:
            return await fates(connection, title)

    @contextmanager
    def workers(self, *options: Sequence[str], prefix: Sequence[str] = ()) -> Iterator[list[Process]]:
        """Two workers, or one for each of these options of the launcher; each has a database role of its own."""
        with ExitStack() as stack:
            wanted = options or [prefix] * WORKERS
            yield [stack.enter_context(self._worker(n, list(launch))) for n, launch in enumerate(wanted)]

    def _worker(self, n: int, launch: list[str]) -> Any:
        self._started += 1
        url = self.house.env["DATABASE_URL"].replace("postgres@", f"{role(n)}@", 1)
        argv = ["-m", "tests.faults.clocks.launch", *launch] if launch else ["-m", "workers"]
        return process(f"clocks{self._started}", argv, self.house.env | {"DATABASE_URL": url}, self.house.log)

    async def started(self, workers: Sequence[Process], lives: int = 1) -> None:
        """Until each has said so in this life of its own."""
        for one in workers:
            await eventually(lambda one=one: said(one) >= lives, 60, f"a worker's first line: {one.said}")

    async def busy(self, n: int) -> bool:
        """Whether worker ``n`` has a transaction open at this moment."""
        return bool((await self.pool.fetchrow(_BUSY, role(n)))["some"])

    def torn(self) -> int:
        """How many transactions the server has seen torn by the death of who had begun them."""
        logs = self.house.servers.home.glob("postgres.log*")
        return sum(len(_LEFT_OPEN.findall(log.read_text("utf-8", "replace"))) for log in logs)

    async def settle(self, title: str, timers: Sequence[Timer], patience: float) -> None:
        """Until all timers are over and rung, so many seconds after the last at most. What is missing is counted later."""
        left = (max(timer.due_at for timer in timers) - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(max(left, 0))
        await self.settle_by(lambda: self._none(_RUNNING, title), patience)

    async def delivered(self, patience: float) -> None:
        """Until nothing is owed to anybody, so many seconds at most."""
        await self.settle_by(lambda: self._none(_OWED), patience)

    async def _none(self, query: str, *given: object) -> bool:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return not (await self.pool.fetchrow(query, *given))["some"]
        return False

    async def settle_by(self, check: Callable[[], Awaitable[bool]], patience: float) -> None:
        """Until it holds, so many seconds at most. What is missing is counted later."""
        with suppress(pytest.fail.Exception):
            await eventually(check, patience)


def role(n: int) -> str:
    """The database role of one worker, so that the server can tell them apart."""
    return f"worker{n}"


def said(one: Process) -> int:
    """How many lives of a worker have begun their work."""
    return one.log.read_text("utf-8", "replace").count("worker started")


async def after(seconds: float) -> Answer:
    """An answer that takes its time, so that something is always under way."""
    await asyncio.sleep(seconds)
    return Answer()


@asynccontextmanager
async def prepared(house: House) -> AsyncIterator[Ground]:
    """The ground on a house whose servers are its own: commits are timed from here on, and breaches are received."""
    servers = house.servers
    dsn = plain(servers.services.database_url)
    connection = await asyncpg.connect(dsn)
    await connection.execute("alter system set track_commit_timestamp = on")
    for n in range(WORKERS):
        await connection.execute(f"create role {role(n)} superuser login")
    await connection.close()
    await asyncio.to_thread(servers.postgres.stop)
    await asyncio.to_thread(servers.postgres.start)
    async with asyncpg.create_pool(dsn, min_size=0, max_size=4) as pool, Receiver() as receiver:
        body = {"url": receiver.url, "event_types": ["sla.breached"]}
        answer = await house.client.post("/v1/webhook-endpoints", json=body)
        assert answer.status_code == 201, answer.text
        receiver.secret = answer.json()["secret"]
        yield Ground(house, pool, receiver)
