"""What a measurement stands on: PostgreSQL with fsync and Valkey of the bench's own, and real processes, stopped by pid."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

import asyncpg

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.core.migrations import upgrade
from app.embedded import Embedded
from app.people.keys import bootstrap_key
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A process of ours, its output in a file that is shown when it fails."""

    def __init__(self, argv: list[str], env: dict[str, str], log: Path, *, pipes: bool) -> None:
        self._log = log
        with log.open("wb") as out:
            self._child = subprocess.Popen(
                argv, cwd=ROOT, env=env, stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else out, stderr=out,
            )  # fmt: skip

    def ask(self, question: str) -> str:
        """Writes a line and reads one. RuntimeError with the end of its output when it has ended."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(question.encode() + b"\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline().decode()
        if not answer:
            raise RuntimeError(f"a helper ended:\n{self.said()}")
        return answer

    def said(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(errors="replace")[-3000:]

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """RuntimeError with the end of its output when it ends first or is not ready within 30 s."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{what} did not start:\n{self.said()}")
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        return self._child.pid

    def cpu_seconds(self) -> float:
        """Processor time used so far, in user and kernel mode."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self) -> None:
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(20)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()


@dataclass(frozen=True, slots=True)
class Helper:
    """A process that answers questions: a JSON object for each line."""

    process: Process

    def ask(self, **question: Any) -> dict[str, Any]:
        """What it answers."""
        answer: dict[str, Any] = json.loads(self.process.ask(json.dumps(question)))
        return answer


@dataclass(frozen=True, slots=True)
class Server:
    """An HTTP server on this machine, one process."""

    process: Process
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Site:
    """One migrated database with an admin key, and the processes that serve it. Sections don't share one."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        self.folder = folder
        self.key = f"fh_bench_bench1_{secrets.token_hex(20)}"
        self.settings = Settings(
            database_url=database_url, redis_url=redis_url, environment="bench", secret_key=secrets.token_hex(32),
            bootstrap_key=self.key, webhook_allow_loopback=True,
        )  # fmt: skip
        self.dsn = database_url.replace("+asyncpg", "", 1)
        self._running: list[Process] = []

    async def prepare(self) -> None:
        """Makes the tables and the key."""
        await asyncio.to_thread(upgrade, self.settings.database_url)
        redis = connect(self.settings.redis_url)
        database = Database(self.settings, doorbell=Doorbell(redis))
        async with database.transaction() as tx:
            await bootstrap_key(tx, self.key, caller=SYSTEM, settings=self.settings)
        await database.close()
        await redis.aclose()

    def api(self) -> Server:
        """One process of the API, as `fenghuo serve` runs it."""
        return self.serve("app.main:create_app", "--factory")

    def serve(self, application: str, *options: str) -> Server:
        """One process of uvicorn with uvloop and httptools, the same for us and for what we are compared with."""
        port = _free_port()
        fast = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
        process = self._start("-m", "uvicorn", application, *options, "--port", str(port), *fast)
        process.wait_until(lambda: _answers(port), application)
        return Server(process, port)

    def worker(self) -> Process:
        """One worker process; ready when it has left its first heartbeat."""
        process = self._start("-m", "workers")
        process.wait_until(lambda: bool(self.ask("select count(*) from worker_heartbeats")), "the worker")
        return process

    def helper(self, module: str) -> "Helper":
        """Another module of the bench as a process of its own, to be asked."""
        return Helper(self._start("-m", module, pipes=True))

    def _start(self, *arguments: str, pipes: bool = False) -> Process:
        settings = self.settings
        env = {name: value for name, value in os.environ.items() if not name.startswith("FENGHUO_")} | {
            "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "PYTHONUNBUFFERED": "1",
            "FENGHUO_ENVIRONMENT": "bench", "FENGHUO_SECRET_KEY": settings.secret_key,
            "FENGHUO_WEBHOOK_ALLOW_LOOPBACK": "true",
        }  # fmt: skip
        log = self.folder / f"process-{secrets.token_hex(3)}.log"
        process = Process([sys.executable, *arguments], env, log, pipes=pipes)
        self._running.append(process)
        return process

    def stop(self, process: Process) -> None:
        """Ends one process before its site ends."""
        process.stop()
        self._running.remove(process)

    def ask(self, statement: str) -> int:
        """One number from the database."""
        return int(self.word(statement))

    def tell(self, statement: str) -> None:
        """Any one statement."""
        self.word(statement)

    def word(self, statement: str) -> str:
        """One value from the database, as text."""
        return str(asyncio.run(self._fetchval(statement)))

    async def _fetchval(self, statement: str) -> object:
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    def drain(self, seconds: float = 120.0) -> float:
        """Waits until a worker has counted everything; seconds waited."""
        began = time.monotonic()
        while self.ask("select exists(select from inbox)::int"):
            if time.monotonic() - began > seconds:
                raise RuntimeError(f"the inbox is not empty after {seconds:g} s; is the worker running?")
            time.sleep(0.05)
        return time.monotonic() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.stop()


class Machine:
    """The services of one run, in a temporary folder that goes at the end."""

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        # Where root runs the bench, the database runs as somebody else, who has to get through.
        self.folder = Path(tempfile.mkdtemp(prefix="fenghuo-bench-", dir="/tmp" if os.geteuid() == 0 else None))
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        try:
            embedded = Embedded(self.folder / "services", durable=True)
            self._stack.callback(shutil.rmtree, embedded.home, ignore_errors=True)
            self._services = self._stack.enter_context(embedded).services
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def site(self) -> Site:
        """A fresh database."""
        name = f"bench_{secrets.token_hex(4)}"
        base = self._services.database_url
        asyncio.run(_create_database(base.replace("+asyncpg", "", 1), name))
        site = Site(base.replace("/fenghuo?", f"/{name}?"), self._services.redis_url, self.folder)
        asyncio.run(site.prepare())
        return site


async def _create_database(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"create database {name}")
    finally:
        await connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2):
            return True
    except OSError as error:
        # An answer of any kind is an answer: the apps we are compared with have no such path.
        return getattr(error, "status", None) is not None
