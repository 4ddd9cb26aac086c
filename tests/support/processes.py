"""Real processes of the service, to be killed and started again, and how to wait for them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx

from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
KEY = "fh_test_faults1_" + "0123456789abcdefghijklmnop"
SECRET_KEY = "a secret of the tests, never used elsewhere"


def environment(database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """What a process of the service is given, and nothing else that speaks of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FENGHUO_")}
    return kept | {
        "DATABASE_URL": database_url, "REDIS_URL": redis_url, "FENGHUO_SECRET_KEY": SECRET_KEY,
        "FENGHUO_ENVIRONMENT": "test", "FENGHUO_BOOTSTRAP_KEY": KEY, "FENGHUO_WEBHOOK_ALLOW_LOOPBACK": "true",
        "FENGHUO_LOG_LEVEL": "INFO", "PYTHONPATH": str(ROOT),
    } | more  # fmt: skip


class Process:
    """One process of the service; what it says goes to a file."""

    def __init__(
        self, name: str, argv: list[str], env: Mapping[str, str], log: Path, files: tuple[int, ...] = ()
    ) -> None:
        self._argv, self._env, self._files = [sys.executable, *argv], env, files
        self.log = log / f"{name}.log"
        self._running: subprocess.Popen[bytes] | None = None
        self.kills = 0
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self._argv, env=self._env, cwd=ROOT, stdout=log, stderr=log, pass_fds=self._files
            )

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def kill(self) -> None:
        """kill -9, counted when it met a live process."""
        assert self._running is not None
        assert self.alive, f"it ended by itself: {self.said}"
        self._running.kill()
        assert self._running.wait(10) == -signal.SIGKILL
        self.kills += 1

    def terminate(self, within: float, ends: int = 0) -> float:
        """SIGTERM; the seconds it took to end with this exit code. uvicorn's is the signal itself, when it is done."""
        assert self._running is not None
        began = time.monotonic()
        self._running.terminate()
        code = self._running.wait(within)
        assert code == ends, f"exit code {code}: {self.said}"
        return time.monotonic() - began

    def end(self) -> None:
        if self._running is not None and self.alive:
            self._running.kill()
            self._running.wait(10)

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3_000:]


@contextmanager
def process(name: str, argv: list[str], env: Mapping[str, str], log: Path) -> Iterator[Process]:
    started = Process(name, argv, env, log)
    try:
        yield started
    finally:
        started.end()


@contextmanager
def worker(env: Mapping[str, str], log: Path, name: str = "worker") -> Iterator[Process]:
    with process(name, ["-m", "workers"], env, log) as started:
        yield started


@asynccontextmanager
async def api(env: Mapping[str, str], log: Path, key: str = KEY) -> AsyncIterator[httpx.AsyncClient]:
    """The API as a process on a port of its own, and a client of it with 80 connections."""
    async with served(env, log, key) as (client, _):
        yield client


@asynccontextmanager
async def served(
    env: Mapping[str, str], log: Path, key: str = KEY
) -> AsyncIterator[tuple[httpx.AsyncClient, Process]]:  # fmt: skip
    """The same, with the process."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(256)
        argv = ["-m", "uvicorn", "app.main:create_app", "--factory", "--fd", str(door.fileno()), "--no-access-log",
                "--log-level", "warning"]  # fmt: skip
        started = Process("api", argv, env, log, (door.fileno(),))
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        limits = httpx.Limits(max_connections=80, max_keepalive_connections=80)
        try:
            async with httpx.AsyncClient(
                base_url=url, headers={"authorization": f"Bearer {key}"}, limits=limits, timeout=20
            ) as client:
                await eventually(lambda: _answers(client, started), 20, "the API's first answer")
                yield client, started
        finally:
            started.end()


async def _answers(client: httpx.AsyncClient, started: Process) -> bool:
    assert started.alive, started.said
    with suppress(httpx.HTTPError):
        return (await client.get("/health/live")).status_code == 200
    return False
