"""Objects in a folder and in a bucket: there as a whole or not at all, by our ids alone."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.core import storage as module
from app.core.errors import Unavailable
from app.core.storage import Storage
from app.models.base import new_id
from app.settings import Settings
from tests.support.s3 import missing_server, s3_server
from tests.support.waiting import eventually

LARGE = 12 * 1024 * 1024


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    if (reason := missing_server()) is not None:
        pytest.skip(reason)
    with s3_server(tmp_path_factory.mktemp("s3")) as named:
        yield Storage(Settings(**named))


@pytest.fixture(params=["folder", "bucket"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return Storage(Settings(files_url=(tmp_path / "文件 1").as_uri()))
    made: Storage = request.getfixturevalue("bucket")

    async def keeps() -> bool:
        try:
            await made.put(new_id(), io.BytesIO(b"first"))
        except Unavailable:
            return False
        return True

    await eventually(keeps, 60, "the S3 server's first object")
    return made


async def read(storage: Storage, id_: UUID, start: int, end: int, size: int) -> bytes:
    return b"".join([piece async for piece in storage.stream(id_, start, end, size=size)])


@pytest.mark.parametrize("size", [1, 70_000, LARGE])
async def test_what_is_put_is_read_whole_and_in_parts_and_removed(storage, tmp_path, size):
    id_, content = new_id(), os.urandom(size)
    await storage.put(id_, io.BytesIO(content))
    assert await storage.exists(id_)
    assert await read(storage, id_, 0, size, size) == content
    assert await read(storage, id_, size // 2, size, size) == content[size // 2 :]
    await storage.remove(id_)
    assert not await storage.exists(id_)
    await storage.remove(id_)
    with pytest.raises(Unavailable):
        await read(storage, id_, 0, 1, size)


async def test_a_large_file_is_never_in_memory_as_a_whole(storage, tmp_path):
    sizes = []

    class Watched(io.FileIO):
        def read(self, size=-1):
            piece = super().read(size)
            sizes.append(len(piece))
            return piece

    path = tmp_path / "large"
    path.write_bytes(os.urandom(LARGE))
    id_ = new_id()
    with Watched(path) as content:
        await storage.put(id_, content)
    assert sum(sizes) == LARGE
    assert max(sizes) <= 5 * 1024 * 1024
    pieces = [len(piece) async for piece in storage.stream(id_, 0, LARGE, size=LARGE)]
    assert (sum(pieces), max(pieces)) == (LARGE, module.PIECE)


async def test_in_a_folder_it_stands_under_our_id_as_it_is(tmp_path):
    storage, id_ = Storage(Settings(files_url=tmp_path.as_uri())), new_id()
    await storage.put(id_, io.BytesIO(b"abc"))
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (kept.name, kept.read_bytes()) == (str(id_), b"abc")


async def test_half_an_object_that_a_killed_process_left_goes_with_it(tmp_path):
    storage, id_ = Storage(Settings(files_url=tmp_path.as_uri())), new_id()
    await storage.put(id_, io.BytesIO(b"abc"))
    [whole] = [path for path in tmp_path.rglob("*") if path.is_file()]
    half = whole.with_name(f"{whole.name}#1")
    half.write_bytes(b"ab")
    await storage.remove(id_)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_a_storage_that_is_away_is_our_trouble_and_passes(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    no_folder = Storage(Settings(files_url=(tmp_path / "file").as_uri()))
    with pytest.raises(Unavailable) as refused:
        await no_folder.put(new_id(), io.BytesIO(b"abc"))
    assert refused.value.headers["Retry-After"]


@pytest.mark.parametrize("url", ["files", "/var/files", "file://relative", "s3://", "https://bucket"])
def test_where_files_are_is_a_folder_by_its_whole_path_or_a_bucket(url):
    with pytest.raises(ValueError, match="file:///a/folder"):
        Settings(files_url=url)


def test_unless_it_is_said_files_are_in_the_data_folder(tmp_path):
    assert Storage(Settings(data_dir=tmp_path))._folder == tmp_path / "files"
