"""Bodies that are too long for memory: received into a file without a name, hashed on the way.

The file has no name from its first byte on, so that a process that is killed leaves nothing of it behind.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO, cast

import structlog
from starlette.requests import Request

from app.core import bodies
from app.core.errors import FieldError, Invalid, TooLarge, Unavailable

log = structlog.get_logger()

OCTETS = "application/octet-stream"
# Whoever sends slower than this for long keeps a place that others need: 50 MB may take 13 minutes, not a day.
SLOWEST = 64 * 1024
# Uploads that one process receives at once; each takes as much of the disk as it may have bytes.
AT_ONCE = 16
# Written and hashed at once, aside from the loop.
_BITE = 256 * 1024


@contextmanager
def on_disk() -> Iterator[None]:
    """Around what is written on the way. Unavailable where the disk takes no more: whoever is told that the database is
    away looks in the wrong place."""
    try:
        yield
    except OSError as error:
        log.error("the disk takes no more of an upload", folder=tempfile.gettempdir(), error=str(error))
        raise Unavailable("There is no room to receive the file just now; try again.") from error


@dataclass(slots=True)
class Upload:
    """What was received so far; ``file`` is gone when it is closed."""

    file: BinaryIO = field(default_factory=lambda: cast(BinaryIO, tempfile.TemporaryFile()))  # noqa: SIM115
    size: int = 0
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """Of what was received, in hexadecimal digits."""
        return self._hash.hexdigest()

    def take(self, bite: bytes) -> None:
        """Adds what came next. Blocking."""
        with on_disk():
            self.file.write(bite)
            # Here, and not when it is read.
            self.file.flush()
        self._hash.update(bite)
        self.size += len(bite)


class Receiver:
    """Receives the uploads of one process."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def receiving(self, request: Request, limit: int) -> AsyncIterator[Upload]:
        """The whole body while the block lasts.

        WrongMediaType unless it is declared as octets, TooLarge as soon as it is over ``limit``, Invalid where it is
        empty, TooSlow for who keeps us waiting, Unavailable where too many come at once.
        """
        bodies.kind_of(request, (OCTETS,))
        if bodies.declared(request) > limit:
            raise _too_large(limit)
        if self._places.locked():
            raise Unavailable(
                "As many files as can be received at once are coming in; try again.", headers={"Retry-After": "5"}
            )
        async with self._places:
            with on_disk():
                upload = await asyncio.to_thread(Upload)
            try:
                await _receive(request, upload, limit)
                yield upload
            finally:
                with suppress(OSError):
                    upload.file.close()


def _too_large(limit: int) -> TooLarge:
    """A file is no body that could be sent in parts."""
    detail = f"A file has {limit // 2**20} MB ({limit:,} bytes) at most; cut or compress it."
    return TooLarge(detail, headers={"Connection": "close"})


async def _receive(request: Request, upload: Upload, limit: int) -> None:
    loop = asyncio.get_running_loop()
    began, received, bite = loop.time(), 0, bytearray()
    try:
        async with asyncio.timeout(bodies.BODY_SECONDS) as patience:
            async for chunk in request.stream():
                received += len(chunk)
                if received > limit:
                    raise _too_large(limit)
                patience.reschedule(began + bodies.BODY_SECONDS + received / SLOWEST)
                bite += chunk
                if len(bite) >= _BITE:
                    await asyncio.to_thread(upload.take, bytes(bite))
                    bite.clear()
            await asyncio.to_thread(upload.take, bytes(bite))
    except TimeoutError:
        raise bodies.too_slow(f"The body came slower than {SLOWEST:,} bytes a second; send it again.") from None
    if not received:
        raise Invalid("The body is empty: send the file's bytes.", errors=[FieldError("", "is empty", "file_empty")])
