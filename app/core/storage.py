"""Where the contents of files are kept: a folder, or a bucket of an S3-compatible server. One library speaks to both.

Objects are named by our ids, never by what a client calls a file. What is put is there as a whole or not at all. Nothing
here is called within a transaction: each call may take as long as a network does.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from app.core.errors import Unavailable
from app.settings import Settings

log = structlog.get_logger()

# What is read at once, and held in memory.
PIECE = 1024 * 1024
# Parts of one upload under way to a bucket, 5 MiB each.
PARTS = 2
_TIMEOUT, _RETRYING = timedelta(seconds=20), timedelta(seconds=30)


class Storage:
    """A folder or a bucket, and the objects in it."""

    def __init__(self, settings: Settings) -> None:
        url = settings.files_url or (settings.data_dir.expanduser().resolve() / "files").as_uri()
        self._folder = Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None
        self._settings, self.url = settings, url
        self._opened: LocalStore | S3Store | None = None

    @property
    def _store(self) -> LocalStore | S3Store:
        """Opened when it is first needed: who keeps no files needs no folder for them."""
        if self._opened is None:
            if self._folder is not None:
                self._opened = LocalStore(self._folder, mkdir=True)
            else:
                self._opened = _bucket(self.url, self._settings)
        return self._opened

    async def put(self, id_: UUID, content: BinaryIO) -> None:
        """Keeps the content under the id, for good when this returns. Unavailable where that is not possible now."""
        with _explained("kept", id_):
            content.seek(0)
            await obstore.put_async(self._store, _key(id_), content, max_concurrency=PARTS)
            if self._folder is not None:
                await asyncio.to_thread(_settle, self._folder / _key(id_))

    async def stream(self, id_: UUID, start: int, end: int, *, size: int) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to ``end``, a piece at a time: who reads slowly holds nothing open at the other
        side. Unavailable where they can't be read now. ``size``: of the whole object."""
        for at in range(start, end, PIECE):
            until = min(at + PIECE, end)
            with _explained("read", id_):
                if until - at == size:
                    # Some servers don't call all of it a part, and the library takes nothing else for one.
                    piece = await (await obstore.get_async(self._store, _key(id_))).bytes_async()
                else:
                    piece = await obstore.get_range_async(self._store, _key(id_), start=at, end=until)
            yield bytes(piece)

    async def remove(self, id_: UUID) -> None:
        """Removes the object, and what a process that was killed left of it. Nothing happens where there is none."""
        with _explained("removed", id_), suppress(FileNotFoundError):
            if self._folder is not None:
                # Half of one: the library writes beside the object, under its name, a # and a number.
                for half in self._folder.glob(f"{_key(id_)}#*"):
                    half.unlink(missing_ok=True)
            await obstore.delete_async(self._store, _key(id_))

    async def exists(self, id_: UUID) -> bool:
        """Whether there is such an object."""
        with _explained("found", id_):
            try:
                await obstore.head_async(self._store, _key(id_))
            except FileNotFoundError:
                return False
        return True


def _key(id_: UUID) -> str:
    """Where an object stands: folders of the ids' last digits, the others of which are times, and alike."""
    return f"{id_.hex[-2:]}/{id_}"


def _bucket(url: str, settings: Settings) -> S3Store:
    parts = urlsplit(url)
    given = {
        "endpoint": settings.files_s3_endpoint, "access_key_id": settings.files_s3_access_key_id,
        "secret_access_key": settings.files_s3_secret_access_key,
    }  # fmt: skip
    return S3Store(
        parts.netloc, prefix=parts.path.strip("/") or None, region=settings.files_s3_region,
        virtual_hosted_style_request=settings.files_s3_virtual_host,
        client_options={
            "timeout": _TIMEOUT, "connect_timeout": timedelta(seconds=5),
            "allow_http": settings.files_s3_endpoint.startswith("http://"),
        },
        retry_config={"max_retries": 3, "retry_timeout": _RETRYING},
        **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
    )  # fmt: skip


@contextmanager
def _explained(what: str, id_: UUID) -> Iterator[None]:
    """A storage that is away, full or set up wrongly is our trouble: the client may try again."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        log.error("a file's content was not " + what, object=str(id_), error=str(error))
        raise Unavailable(f"The content can't be {what} just now; try again.", headers={"Retry-After": "5"}) from error


def _settle(path: Path) -> None:
    """Puts a file and its name on the disk itself: evidence that was acknowledged outlives a power cut."""
    for each in (path, path.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
