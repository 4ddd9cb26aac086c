"""Files as people and attackers send them, and how tests upload them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from tests.support.api import good

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)
OCTETS = {"content-type": "application/octet-stream"}


def unique(content: bytes = PNG) -> bytes:
    """The same kind of file, with bytes that no other test has."""
    return content + uuid4().bytes


async def upload(
    client: httpx.AsyncClient, content: Any, name: str = "截图.png", headers: Mapping[str, str] = {}, **said: str
) -> httpx.Response:
    params = {"name": name, **said}
    return await client.post("/v1/files", content=content, params=params, headers={**OCTETS, **headers})


async def uploaded(client: httpx.AsyncClient, content: bytes | None = None, **said: Any) -> dict[str, Any]:
    """A file of its own that is kept."""
    return good(await upload(client, content or unique(), **said), 201)  # type: ignore[no-any-return]


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip as any tool makes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def office(part: str, **more: bytes) -> bytes:
    """An Office document, as far as it must be one."""
    return zipped({"[Content_Types].xml": b"<Types/>", part: b"<document/>"} | more)


def declaring(content: bytes, size: int) -> bytes:
    """A zip with one member whose headers say that it unpacks to ``size``."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    name, crc = b"a.txt", zlib.crc32(content[:size])
    fields = (20, 0, 8, 0, 0, crc, len(packed), size, len(name), 0)
    local = b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", *fields) + name + packed
    entry = b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", 20, *fields, 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)
    return local + entry + end


def overlapping(times: int) -> bytes:
    """A zip whose directory names one member's bytes many times (David Fifield's bomb, in its simplest form)."""
    one = zipped({"a.txt": bytes(100_000)})
    at = one.index(b"PK\x01\x02")
    end = one.rindex(b"PK\x05\x06")
    directory = b"".join(one[at:end].replace(b"a.txt", name.encode()) for name in (f"{n:05d}" for n in range(times)))
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, times, times, len(directory), at, 0)
    return one[:at] + directory + tail
