"""The database: the one committer, single statements for the ingest path, and the database's clock.

Every change goes through :meth:`Database.transaction`; nothing else in the project commits (a test over the
syntax tree holds that). The database is the clock too: ``now`` is read once by a transaction, and a process
that must know the time without asking uses :class:`DatabaseClock`.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Protocol, TypeVar

import asyncpg
import structlog
from sqlalchemy import DateTime, event, func, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Mapper, Session

from app.models.base import made_up_at
from app.settings import Settings

log = structlog.get_logger()
T = TypeVar("T")

# Without these a stuck client or a lost lock can hold everybody for good.
LIMITS = {
    "application_name": "fenghuo",
    "timezone": "UTC",
    "statement_timeout": "5000",
    "lock_timeout": "1000",
    "idle_in_transaction_session_timeout": "10000",
    "jit": "off",
}
# Generic plans made while a table was tiny would scan it for ever after (measured: 40 times slower).
INGEST = LIMITS | {"enable_seqscan": "off"}

# Deadlock and lock timeout: the transaction did nothing and may be run again.
RETRYABLE = ("40P01", "55P03", "40001")
STEP_BACK, MOST_STEP_BACK = 0.01, 0.1


class Ring(Protocol):
    """What is told after a commit that somebody has work; never awaited by a request."""

    def ring(self, bell: str) -> None: ...


class Tx(AsyncSession):
    """A transaction. ``now`` is the database's, the same for the whole transaction."""

    async def now(self) -> datetime:
        """When this transaction began, by the database's clock."""
        if "now" not in self.info:
            self.info["now"] = await self.scalar(select(func.now()))
        return self.info["now"]  # type: ignore[no-any-return]

    async def driver(self) -> asyncpg.Connection:
        """The driver's connection within this transaction, for statements over arrays.

        The transaction is begun by the first statement SQLAlchemy sends; reading ``now`` makes sure of it.
        """
        await self.now()
        raw = await (await self.connection()).get_raw_connection()
        return raw.driver_connection

    async def one_view(self) -> None:
        """Has all further statements see the database as it is at the first of them, so that what they read fits together.
        Only before any other."""
        await self.execute(text("set transaction isolation level repeatable read"))

    async def plan_anew(self) -> None:
        """Plans the transaction's further statements by what they ask for: one plan for any filter or words would read
        everything, because some are in every row and most in none."""
        await self.execute(text("set local plan_cache_mode = force_custom_plan"))

    def ring(self, bell: str) -> None:
        """Rings once after the commit, and not at all if there is none."""
        self.info.setdefault("bells", set()).add(bell)


class Database:
    """The pools of one process. ``workload`` is "requests" or "batches" (a worker's statements over arrays)."""

    def __init__(self, settings: Settings, *, doorbell: Ring, workload: str = "requests") -> None:
        self._doorbell = doorbell
        self._dsn = settings.database_url.replace("+asyncpg", "", 1)
        self._ingest_size = settings.ingest_connections
        self._ingest: asyncpg.Pool | None = None
        self._connecting = asyncio.Lock()
        self.engine = create_async_engine(
            settings.database_url,
            pool_size=settings.pool_size,
            # Requests have a place each; the rest is for what must not wait behind them, such as looking up a key.
            max_overflow=2,
            pool_timeout=2,
            # A request must not meet a connection that died; a batch is tried again, and would ping for nothing.
            pool_pre_ping=workload == "requests",
            connect_args={
                "command_timeout": 10 if workload == "batches" else 3,
                "timeout": 5,
                "server_settings": INGEST | {"statement_timeout": "20000"} if workload == "batches" else LIMITS,
            },
        )
        self._sessions = async_sessionmaker(self.engine, class_=Tx, expire_on_commit=False, autoflush=False)
        self.clock = DatabaseClock(self)
        # When transactions happen that make up a past, for demonstrations and tests; None: now. Everything that asks for
        # the time is told this one then, statements' now() and ids included.
        self.moment: datetime | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Commits when the block ends, rolls back when it raises, and rings the bells after a commit."""
        moment = made_up_at.set(self.moment)
        try:
            async with self._sessions() as tx, tx.begin():
                if self.moment is not None:
                    tx.info["now"] = self.moment
                    await tx.execute(text(_moment_is(self.moment)))
                    await (await tx.driver()).execute(_MADE_UP)
                yield tx
        finally:
            made_up_at.reset(moment)
        for bell in tx.info.get("bells", ()):
            self._doorbell.ring(bell)

    async def run(self, work: Callable[[Tx], Awaitable[T]], *, tries: int = 5) -> T:
        """Runs ``work`` in a transaction of its own, again when the database asks for it (deadlock, lock).

        Between tries it steps back for a moment, longer each time: those who collided must not do so in step.
        """
        for left in range(tries - 1, -1, -1):
            try:
                async with self.transaction() as tx:
                    return await work(tx)
            except Exception as error:
                if not (left and _state(error) in RETRYABLE):
                    raise
            await asyncio.sleep(random.uniform(0, min(STEP_BACK * (tries - left), MOST_STEP_BACK)))
        raise AssertionError("unreachable: the last try returns or raises")

    async def fetch(self, statement: str, *args: object) -> list[asyncpg.Record]:
        """One statement that is its own transaction, on a connection kept for the ingest path."""
        pool = self._ingest or await self._connect()
        if self.moment is None:
            return list(await pool.fetch(statement, *args))
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(f"{_moment_is(self.moment)}; {_MADE_UP}")
            return list(await connection.fetch(statement, *args))

    async def _connect(self) -> asyncpg.Pool:
        # One pool, however many come at once before there is one.
        async with self._connecting:
            if self._ingest is None:
                self._ingest = await asyncpg.create_pool(
                    self._dsn, min_size=1, max_size=self._ingest_size, command_timeout=3, timeout=5,
                    server_settings=INGEST, reset=_as_it_is,
                )  # fmt: skip
        return self._ingest

    async def close(self) -> None:
        """Gives every connection back. In-flight statements end first."""
        if self._ingest is not None:
            await self._ingest.close()
        await self.engine.dispose()


# What makes now() another for the rest of a transaction: a function of that name is found before the database's own. These
# are no queries, so that what has to come before any query still can. A past that is lost is made up again.
_MADE_UP = "set local search_path = made_up, public, pg_catalog; set local synchronous_commit = off"


def _moment_is(moment: datetime) -> str:
    return f"set local made_up.now = '{moment.isoformat()}'"


@event.listens_for(Session, "before_flush")
def _date(session: Session, *_: object) -> None:
    """A column that is now() by default is the transaction's ``now``, which is the same unless a past is made up."""
    now = session.info.get("now")
    if now is None:
        return
    for row in session.new:
        for name in _dated_by_default(inspect(type(row))):
            if getattr(row, name) is None:
                setattr(row, name, now)


@cache
def _dated_by_default(table: Mapper[Any]) -> tuple[str, ...]:
    columns = table.columns.items()
    return tuple(name for name, column in columns if column.server_default and isinstance(column.type, DateTime))


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Single statements leave nothing behind in a connection; the driver's own clean-up is a round trip."""


def _state(error: Exception) -> str | None:
    """The SQLSTATE behind an error, whoever wrapped it."""
    return getattr(getattr(error, "orig", error), "sqlstate", None)


class DatabaseClock:
    """The database's time without a round trip, for what must be judged before a statement is sent.

    Read against the machine's monotonic clock once a minute: a host clock that is wrong or jumps changes nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._origin: datetime | None = None
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None

    async def now(self) -> datetime:
        """The database's clock to within a round trip."""
        if self._origin is None:
            await self._read()
        elif time.monotonic() - self._read_at > 60 and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_quietly())
        return self.estimate()

    def estimate(self) -> datetime:
        """The same without awaiting; :meth:`now` must have been awaited once before."""
        assert self._origin is not None
        return self._origin + timedelta(seconds=time.monotonic() - self._read_at)

    async def _read(self) -> None:
        rows = await self._database.fetch("select clock_timestamp() as now")
        # The answer is at most a round trip old, so the estimate never runs ahead of the database.
        self._origin, self._read_at = rows[0]["now"].astimezone(UTC), time.monotonic()

    async def _read_quietly(self) -> None:
        try:
            await self._read()
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            log.warning("database clock not read", error=str(error))
