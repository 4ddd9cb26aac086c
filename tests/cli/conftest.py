"""Running `fenghuo` itself: as a process with a data folder of its own, or within the test."""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import application
from tests.support.processes import ROOT
from tests.support.services import RUN_VARIABLE, copy_initialised, missing_embedded

NAMES_OF_SERVICES = ("DATABASE_URL", "REDIS_URL")
Invoke = Callable[..., Awaitable[Result]]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder for embedded services, with an initialised database in it and in `demo/`."""
    reason = missing_embedded()
    if reason is not None:
        pytest.skip(reason)
    folder = Path(os.environ[RUN_VARIABLE]) / f"cli-{secrets.token_hex(4)}"
    copy_initialised(folder)
    copy_initialised(folder / "demo")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fenghuo(data_dir: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `fenghuo ...` on the data folder; what still runs at the end of a failed test is ended."""
    started: list[subprocess.Popen[str]] = []
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FENGHUO_") and name not in NAMES_OF_SERVICES
    }

    def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
        env = kept | {"FENGHUO_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)} | more
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *arguments], env=env, cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def invoke() -> Invoke:
    """`await invoke("key", "list", env=...)`: one command within the test, with its output and exit code."""

    async def run(*arguments: str, env: Mapping[str, str | None] | None = None) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, application(arguments[0]), list(arguments), env=env)

    return run


def left_running(folder: Path) -> list[str]:
    """The processes that name the folder: the API, the worker, PostgreSQL, Valkey."""
    listed = subprocess.run(["ps", "-axww", "-o", "command="], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


def wait_until(check: Callable[[], object], seconds: float = 20.0) -> None:
    """Asks every 20 ms; for what another process does while nothing of ours runs a loop."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
