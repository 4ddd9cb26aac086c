"""Sheets as tests make them: CSV, workbooks, and workbooks that lie."""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpx
import openpyxl

SHEET = {"content-type": "application/octet-stream"}


def as_csv(*rows: Sequence[object], separator: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(*rows: Sequence[Any], merge: Iterable[str] = (), then: Callable[[Any], None] | None = None) -> bytes:
    """A workbook of one sheet; ``then`` may do more to the sheet before it is saved."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in merge:
        book.active.merge_cells(area)
    if then is not None:
        then(book.active)
    return saved(book)


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(workbook: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The workbook with other parts."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def bomb(workbook: bytes, part: str, gibibytes: float, *, stated: int | None = None) -> bytes:
    """The workbook with a part that inflates to so much, whatever size the directory states."""
    size = int(gibibytes * 2**30)
    block = bytes(min(size, 2**26))
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    # A block that stands alone can be said again and again.
    said = deflater.compress(block) + deflater.flush(zlib.Z_FULL_FLUSH)
    packed = said * (size // len(block)) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    crc = zlib.crc32(block)
    size = size if stated is None else stated
    name = part.encode()
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        others = {each: archive.read(each) for each in archive.namelist() if each != part}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in others.items():
            archive.writestr(each, content)
    made = file.getvalue()
    [directory] = struct.unpack("<I", made[-6:-2])
    fields = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0, crc, len(packed), min(size, 2**32 - 1))
    local = b"PK\x03\x04" + fields + struct.pack("<HH", len(name), 0) + name + packed
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + fields
    entry += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, directory) + name
    central = made[directory:-22] + entry
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(others) + 1, len(others) + 1, len(central),
                      directory + len(local), 0)  # fmt: skip
    return made[:directory] + local + central + end


async def send(client: httpx.AsyncClient, url: str, sheet: bytes, **query: Any) -> httpx.Response:
    """Sends it as clients do."""
    headers = SHEET | query.pop("headers", {})
    return await client.post(url, content=sheet, params=query, headers=headers)
