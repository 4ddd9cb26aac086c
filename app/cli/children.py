"""The processes behind ``up``: the API and a worker, started, watched, started again, stopped in order.

Each runs in a session of its own, so that Ctrl-C at the terminal reaches ``up`` alone and the order is ours. Their
process ids are written down: what outlives a killed ``up`` is ended by the next one.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import aiohttp

from app.cli.console import Trouble, say
from app.cli.home import Home, tail

BACK_OFF = (0.5, 1, 2, 5, 10, 30)
STEADY_SECONDS = 30.0
READY_SECONDS = 60.0
# A worker may be sending a webhook; what it leaves unfinished is claimed again later.
STOP_SECONDS = 5.0


class Child:
    """One process that shall be running."""

    def __init__(self, name: str, module: tuple[str, ...], home: Home, env: dict[str, str], *, verbose: bool) -> None:
        self.name = name
        self.log = None if verbose else home.new_log(name)
        self.process: asyncio.subprocess.Process | None = None
        self.ended = 0
        # An option of ours that Python ignores: `ps` shows whose process this is.
        self._argv = (sys.executable, "-X", _mark(home), "-m", *module)
        self._env = env

    async def start(self) -> asyncio.subprocess.Process:
        log = self.log.open("ab") if self.log else None
        try:
            self.process = await asyncio.create_subprocess_exec(
                *self._argv, env=self._env, stdin=subprocess.DEVNULL, stdout=log or sys.stderr, stderr=log or sys.stderr,
                start_new_session=True,
            )  # fmt: skip
        finally:
            if log:
                log.close()
        return self.process

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL to the whole group where that is not enough."""
        process = self.process
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


class Children:
    """``async with Children(...) as children: await children.ready()``; leaving stops the API, then the worker."""

    def __init__(self, home: Home, env: dict[str, str], address: str, *, verbose: bool = False) -> None:
        self._home = home
        self._address = address
        self._children = [
            Child("api", ("app.cli", "serve"), home, env, verbose=verbose),
            Child("worker", ("workers",), home, env, verbose=verbose),
        ]
        self._keepers: list[asyncio.Task[None]] = []
        self._is_ready = False

    async def __aenter__(self) -> Self:
        self._keepers = [asyncio.create_task(self._keep(child)) for child in self._children]
        return self

    async def __aexit__(self, *_: object) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for child in self._children:
            await child.stop()
        self._home.processes.unlink(missing_ok=True)

    async def ready(self) -> None:
        """Returns once /health/ready answers 200; Trouble with the reason when that does not happen."""
        deadline = time.monotonic() + READY_SECONDS
        seen = "no answer"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(2)) as session:
            while time.monotonic() < deadline:
                for child in self._children:
                    if child.ended:
                        raise Trouble(f"the {child.name} process ended while starting{_why(child)}")
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self._address}/health/ready") as answer:
                        if answer.status == 200:
                            self._is_ready = True
                            return
                        seen = _failing(await answer.json())
                await asyncio.sleep(0.05)
        raise Trouble(f"not ready after {READY_SECONDS:.0f} s: {seen}. See the logs in {self._home.logs}.")

    async def _keep(self, child: Child) -> None:
        """Starts the child whenever it is not there, at once less often the more often it ends."""
        failures = 0
        while True:
            started = time.monotonic()
            process = await child.start()
            self._write_down()
            code = await process.wait()
            child.ended += 1
            failures = 0 if time.monotonic() - started > STEADY_SECONDS else failures
            pause = BACK_OFF[min(failures, len(BACK_OFF) - 1)]
            failures += 1
            if self._is_ready:
                say(
                    f"The {child.name} process ended with code {code}; starting it again in {pause:g} s.{_where(child)}"
                )
            await asyncio.sleep(pause)

    def _write_down(self) -> None:
        pids = [str(child.process.pid) for child in self._children if child.process is not None]
        self._home.processes.write_text("\n".join(pids))


def end_leftovers(home: Home) -> None:
    """Ends what a killed ``up`` of this data folder left running; the caller holds the folder."""
    with suppress(FileNotFoundError):
        pids = [int(line) for line in home.processes.read_text().split() if line.isdigit()]
        left = [pid for pid in pids if _mark(home) in _command(pid)]
        for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.killpg(pid, number)
            deadline = time.monotonic() + seconds
            while left and time.monotonic() < deadline:
                left = [pid for pid in left if _mark(home) in _command(pid)]
                time.sleep(0.02)
        home.processes.unlink()


def _mark(home: Home) -> str:
    return f"fenghuo={home.folder}"


def _command(pid: int) -> str:
    """The command line of a process; empty where there is none."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        return ""
    listed = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)
    return os.fsdecode(listed.stdout)


def _failing(answer: Any) -> str:
    checks = answer.get("checks", {})
    bad = [f"{name}: {check.get('detail') or check}" for name, check in checks.items() if not check["ok"]]
    return "; ".join(bad) or str(answer)


def _why(child: Child) -> str:
    return f"; {child.log} ends with:\n{tail(child.log)}" if child.log else "; its log stands above"


def _where(child: Child) -> str:
    return f" Its log: {child.log}" if child.log else ""
