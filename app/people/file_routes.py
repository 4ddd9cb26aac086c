"""Evidence over HTTP: uploaded as a stream of bytes, read as one."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.responses import Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.conditional import finish
from app.core.db import Tx
from app.core.deps import FilesRead, FilesWrite, InRetries, InTransaction, Tools, WithTools, admitted
from app.core.errors import FieldError, Problem, Unavailable
from app.core.idempotency import key_of, once
from app.core.routing import Operation
from app.core.saving import saved_as
from app.core.uploads import OCTETS, on_disk
from app.domain.evidence import LARGEST
from app.models import File
from app.models.base import new_id
from app.people import file_queries, files
from app.people.file_schemas import EvidenceFile, EvidenceFilePage, FileQuery, FileUpload
from app.people.sniffing import examine


class Uploading(Operation):
    """An operation that takes a stream of bytes and looks after Idempotency-Key itself: a digest stands for the bytes."""

    keyed_by_hand = True


class OctetsOperation(Operation):
    """An operation that answers with a file's bytes."""

    media_type = OCTETS
    tagged = False


class RangeNotThere(Problem):
    """The file has no such bytes."""

    status, code, title = 416, "range_not_there", ("The file has no such bytes", "请求的字节范围不存在")


upload_router = APIRouter(prefix="/v1/files", tags=["Files"], route_class=Uploading)
router = APIRouter(prefix="/v1/files", tags=["Files"], route_class=Operation)
content_router = APIRouter(prefix="/v1/files", tags=["Files"], route_class=OctetsOperation)

_BYTES: Final = {"$ref": "#/components/schemas/Octets"}
_BODY: Final = {
    "requestBody": {
        "description": "The file's bytes, as they are.",
        "required": True,
        "content": {OCTETS: {"schema": _BYTES}},
    }
}
_HEADERS: Final = ("ETag", "Content-Disposition", "Accept-Ranges")
_PART: Final = (*_HEADERS, "Content-Range")
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": says,
        "content": {OCTETS: {"schema": _BYTES}},
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
    }
    for status, says, names in ((200, "All of it.", _HEADERS), (206, "The part that was asked for.", _PART))
}
# Who has sent fifty megabytes waits for a place at the database rather than sends them again.
_PATIENCE: Final = 10.0
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# Whatever a file holds, no browser runs, shows or keeps it: not even one that looks into it.
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-site",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "bytes",
}


@upload_router.post(
    "", status_code=201, operation_id="uploadFile", response_model=EvidenceFile, responses=LOCATED, openapi_extra=_BODY
)
async def upload_file(
    said: Annotated[FileUpload, Query()], caller: FilesWrite, request: Request, tools: WithTools
) -> Response:
    """Keeps a piece of evidence 证据: its bytes as `application/octet-stream`, at most 50 MB.

    What it is, is told by its content; a name that says something else is refused, and so is what runs or bursts when it
    is opened. Then say what it is evidence of.
    """
    async with tools.receiver.receiving(request, LARGEST) as upload:
        with on_disk():
            kind = await asyncio.to_thread(examine, upload.file, said.name)
        file_id = new_id()

        async def announce(tx: Tx) -> None:
            await files.announce(tx, file_id, now=await tx.now())

        async def keep(request: Request) -> Response:
            tx: Tx = request.state.tx
            file = await files.keep(tx, file_id, said, upload, kind, caller=caller, now=await tx.now())
            return finish(request, await _answer(tx, file, caller))

        async def work(tx: Tx) -> Response:
            request.state.tx = tx
            key = key_of(request)
            if key is None:
                return await keep(request)
            return await once(tx, key, request, caller, upload.sha256.encode(), keep)

        async with admitted(tools, _PATIENCE):
            await tools.database.run(announce)
        await tools.storage.put(file_id, upload.file)
        try:
            async with admitted(tools, _PATIENCE):
                response = await tools.database.run(work)
        except Problem:
            await _withdraw(tools, file_id)
            raise
        if "idempotent-replayed" in response.headers:
            await _withdraw(tools, file_id)
        return response


async def _withdraw(tools: Tools, file_id: UUID) -> None:
    """Removes an object that is to be no file's. What can't be removed now is in an hour."""
    with suppress(Unavailable):
        await files.remove_stray(tools.database, tools.storage, file_id)


async def _answer(tx: Tx, file: File, caller: Caller) -> Response:
    [answer] = await file_queries.shown(tx, [file], caller=caller)
    shown = EvidenceFile.model_validate(answer).model_dump(mode="json")
    return JSONResponse(shown, 201, {"location": f"/v1/files/{file.id}"})


@router.get("", operation_id="listFiles", response_model=EvidenceFilePage)
async def list_files(query: Annotated[FileQuery, Query()], tx: InTransaction, caller: FilesRead) -> dict[str, Any]:
    """Lists evidence, the newest first: of an incident, of one thing, or with a certain content."""
    return await file_queries.list_files(tx, query, caller=caller)


@router.get("/{file_id}", operation_id="getFile", response_model=EvidenceFile)
async def get_file(file_id: UUID, tx: InTransaction, caller: FilesRead) -> dict[str, Any]:
    """What is known of a file. Its bytes are at `/content`."""
    [answer] = await file_queries.shown(tx, [await file_queries.get_file(tx, file_id)], caller=caller)
    return answer


@content_router.get(
    "/{file_id}/content", operation_id="getFileContent", response_class=StreamingResponse, responses=_CONTENT
)
async def get_file_content(
    file_id: UUID, caller: FilesRead, run: InRetries, tools: WithTools, request: Request,
    range_: Annotated[
        str | None,
        Header(alias="Range", max_length=100, description="One part of it, `bytes=0-1023`; anything else: all of it."),
    ] = None,
) -> Response:  # fmt: skip
    """A file's bytes, always to be saved and never to be shown by a browser. Who was given them is on record."""
    file, name = await run(lambda tx, _: _read(tx, file_id, caller))
    etag = f'"{file.sha256}"'
    headers = _SAFE | {"ETag": etag, "Content-Disposition": saved_as(name)}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    unchanged = request.headers.get("if-range", etag) == etag
    start, end = part_of(range_ if unchanged else None, file.size)
    headers["Content-Length"] = str(end - start)
    status = 200
    if end - start < file.size:
        status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{file.size}"
    return await _stream(tools, file, start, end, status, headers)


async def _read(tx: Tx, file_id: UUID, caller: Caller) -> tuple[File, str]:
    file = await files.read(tx, file_id, caller=caller)
    return file, await file_queries.name_for(tx, file, caller=caller)


async def _stream(tools: Tools, file: File, start: int, end: int, status: int, headers: Mapping[str, str]) -> Response:
    """The bytes, once the first of them are here: after that nobody could be told that they can't be read."""
    pieces = tools.storage.stream(file.id, start, end, size=file.size)
    first = await anext(pieces)

    async def body() -> Any:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(body(), status, headers, media_type=OCTETS)


def part_of(asked: str | None, size: int) -> tuple[int, int]:
    """The bytes that a Range header asks for, from the first to before the last; all where it asks for no one part.

    RangeNotThere where the file has no such bytes.
    """
    found = _RANGE.fullmatch(asked.strip()) if asked else None
    if found is None or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last), size - 1) + 1 if last else size
        if last and int(last) < start:
            return 0, size
    if start >= size:
        detail = f"the file has {size:,} bytes"
        raise RangeNotThere(
            f"Range: {detail}.", errors=[FieldError("Range:", detail, "range_not_there")],
            headers={"Content-Range": f"bytes */{size}"},
        )  # fmt: skip
    return start, end
