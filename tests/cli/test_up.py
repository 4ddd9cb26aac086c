"""`fenghuo up` as a person meets it: one command, one line, and nothing left behind."""

import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.cli.conftest import left_running, wait_until

READY = re.compile(r"Fenghuo is ready: (http://127\.0\.0\.1:\d+)  key (fh_dev_\w+)  docs \1/docs\n")
Start = Callable[..., subprocess.Popen[str]]
STOPS_WITHIN = 15.0


def ready(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Address and key of the ready line, which is the first thing it says."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    found = READY.fullmatch(line)
    assert found, line or process.stderr.read()
    return found[1], found[2]


def is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def children(data_dir: Path) -> list[int]:
    return [int(pid) for pid in (data_dir / "processes").read_text().split()]


def test_up_serves_with_the_printed_key_and_ends_without_a_trace(fenghuo: Start, data_dir: Path) -> None:
    up = fenghuo("up", FENGHUO_PORT="0")
    address, key = ready(up)
    mine = {"authorization": f"Bearer {key}"}
    assert is_ready(address)
    assert httpx.get(f"{address}/docs").status_code == 200
    assert httpx.post(
        f"{address}/v1/api-keys", json={"name": "x", "scopes": ["mentions:read"]}, headers=mine
    ).is_success
    for secret in ("secret_key", "first_key"):
        assert stat.S_IMODE((data_dir / secret).stat().st_mode) == 0o600

    second = fenghuo("up", FENGHUO_PORT="0")
    assert second.wait(30) == 1
    assert f"already running: process {up.pid} holds" in (second.stderr.read() if second.stderr else "")

    api, worker = children(data_dir)
    os.kill(api, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not {api, worker} & set(children(data_dir)) and is_ready(address))

    up.send_signal(signal.SIGTERM)
    said, complained = up.communicate(timeout=STOPS_WITHIN)
    assert up.returncode == 0
    assert said == "", "one ready line and nothing else"
    assert complained.count("ended with code -9; starting it again") == 2
    assert left_running(data_dir) == []


def test_up_takes_over_what_a_killed_one_left_and_prints_the_same_key(fenghuo: Start, data_dir: Path) -> None:
    first = fenghuo("up", FENGHUO_PORT="0")
    address, key = ready(first)
    orphans = children(data_dir)
    first.kill()
    first.wait()
    assert is_ready(address), "its children outlive it"

    second = fenghuo("up", FENGHUO_PORT=address.rsplit(":", 1)[1])
    assert ready(second) == (address, key)
    assert not set(orphans) & set(children(data_dir))
    second.send_signal(signal.SIGINT)
    second.communicate(timeout=STOPS_WITHIN)
    assert second.returncode == 0
    assert left_running(data_dir) == []


def test_up_says_which_port_is_taken_and_what_to_do(fenghuo: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = fenghuo("up", FENGHUO_PORT=str(port))
        _, said = up.communicate(timeout=30)
    assert up.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in said
    assert f"FENGHUO_PORT={port + 1} fenghuo up" in said
    assert "Traceback" not in said


def test_half_a_pair_of_services_is_a_mistake(fenghuo: Start) -> None:
    up = fenghuo("up", FENGHUO_PORT="0", DATABASE_URL="postgresql+asyncpg://somewhere/fenghuo")
    _, said = up.communicate(timeout=30)
    assert up.returncode == 1
    assert "REDIS_URL is not set" in said
