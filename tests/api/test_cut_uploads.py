"""Uploads that end in the middle, against a real server on a real socket: nothing is left behind."""

import asyncio
import os
import resource
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.core.storage import Storage
from app.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.api import good, problem
from tests.support.evidence import PNG, unique, upload
from tests.support.processes import Process, environment, served
from tests.support.services import plain
from tests.support.waiting import eventually
from workers.strays import remove_strays


@pytest.fixture
async def house(settings: Settings, tmp_path: Path):
    files = tmp_path / "files"
    (tmp_path / "tmp").mkdir()
    env = environment(
        settings.database_url, settings.redis_url, FENGHUO_FILES_URL=files.as_uri(), TMPDIR=str(tmp_path / "tmp")
    )
    async with served(env, tmp_path, ADMIN_KEY) as (remote, process):
        yield (
            remote,
            process,
            lambda: [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".log"],
        )


House = tuple[httpx.AsyncClient, Process, Callable[[], list[Path]]]


async def half(remote: httpx.AsyncClient, sent: int = 3_000_000) -> asyncio.StreamWriter:
    """A connection that has sent some megabytes of ten."""
    _, writer = await asyncio.open_connection(remote.base_url.host, remote.base_url.port)
    head = (
        f"POST /v1/files?name=a.png HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN_KEY}\r\n"
        "content-type: application/octet-stream\r\ncontent-length: 10000000\r\n\r\n"
    )
    writer.write(head.encode() + PNG + os.urandom(sent - len(PNG)))
    await writer.drain()
    return writer


def received(process: Process) -> int:
    """Bytes of files without a name that the process holds open."""
    found = 0
    for handle in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if "(deleted)" in os.readlink(handle):
                found += os.stat(handle).st_size
        except FileNotFoundError:
            continue
    return found


async def rows(database: Database) -> list[tuple[int, int]]:
    found = await database.fetch("select (select count(*) from files), (select count(*) from stray_objects)")
    return [tuple(row) for row in found]


async def test_a_connection_cut_in_the_middle_leaves_nothing(house: House, database):
    remote, process, kept = house
    before = await rows(database)
    writer = await half(remote)
    await eventually(lambda: received(process) >= 2_000_000, 10, "the first megabytes")
    writer.close()

    async def counted() -> bool:
        told = (await remote.get("/metrics")).text
        return 'fenghuo_http_requests_total{method="POST",route="/v1/files",status="499"} 1.0' in told

    await eventually(counted, 10, "the count of who hung up")
    assert received(process) == 0
    assert kept() == []
    assert await rows(database) == before
    assert "Traceback" not in process.said


async def test_a_process_that_is_killed_in_the_middle_leaves_nothing(house: House, database):
    remote, process, kept = house
    before = await rows(database)
    writer = await half(remote)
    await eventually(lambda: received(process) >= 2_000_000, 10, "the first megabytes")
    process.kill()
    assert kept() == []
    assert await rows(database) == before
    writer.close()


async def test_what_a_process_left_that_was_killed_before_its_commit_is_removed(
    house: House, database, tmp_path, settings
):
    remote, process, kept = house
    before = await rows(database)
    blocking = await asyncpg.connect(plain(settings.database_url))
    try:
        async with blocking.transaction():
            await blocking.execute("lock table files in share mode")
            sending = asyncio.create_task(upload(remote, unique()))
            await eventually(kept, 10, "the object")
            process.kill()
            with pytest.raises(httpx.HTTPError):
                await sending
    finally:
        await blocking.close()
    [(files, strays)] = before
    assert await rows(database) == [(files, strays + 1)]
    storage = Storage(settings.model_copy(update={"files_url": (tmp_path / "files").as_uri()}))
    assert await remove_strays(database, storage) == 0
    assert len(kept()) == 1, "it may still be under way for an hour"
    [left] = kept()
    await database.fetch(
        "update stray_objects set remove_after = remove_after - interval '1 hour' where id = $1", UUID(left.name)
    )
    assert await remove_strays(database, storage) == 1
    assert kept() == []
    assert await rows(database) == before


async def test_a_full_disk_is_told_as_one_and_leaves_nothing(house: House, database):
    remote, process, kept = house
    before = await rows(database)
    soft, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1_000_000, hard))
    refused = problem(await upload(remote, unique(PNG + bytes(2_000_000))), 503)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    assert "no room" in refused["detail"]
    assert received(process) == 0
    assert kept() == []
    assert await rows(database) == before
    good(await upload(remote, unique()), 201)


async def test_51_mb_over_a_socket_are_refused(house: House, database):
    remote, process, kept = house
    before = await rows(database)
    for headers in ({}, {"transfer-encoding": "chunked"}):
        reader, writer = await asyncio.open_connection(remote.base_url.host, remote.base_url.port)
        length = headers or {"content-length": str(51 * 1024 * 1024)}
        lines = {
            "host": "x",
            "authorization": f"Bearer {ADMIN_KEY}",
            "content-type": "application/octet-stream",
        } | length
        writer.write(
            b"POST /v1/files?name=a.png HTTP/1.1\r\n"
            + b"".join(f"{n}: {v}\r\n".encode() for n, v in lines.items())
            + b"\r\n"
        )
        if headers:
            piece = PNG + bytes(1024 * 1024 - len(PNG))
            try:
                for _ in range(51):
                    writer.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
                    await writer.drain()
            except ConnectionError:
                pass
        assert b" 413 " in await reader.readline()
        writer.close()
    await eventually(lambda: received(process) == 0, 10, "the end of the upload")
    assert kept() == []
    assert await rows(database) == before
    good(await upload(remote, unique()), 201)
