"""Everything that is read of evidence, with names and words as the caller may see them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.outbox import record
from app.domain.events import FilesUnmasked
from app.domain.wording import mask_text, mask_url
from app.models import File, FileAttachment
from app.models.base import columns_of
from app.people.file_schemas import FileQuery
from app.people.masks import UNMASK, people_of
from app.people.subjects import about, incidents_of, of_drill


async def get_file(tx: Tx, file_id: UUID, *, lock: str = "") -> File:
    """The file; NotFound otherwise. ``lock``: "stay", so that nobody deletes it meanwhile, or "alone"."""
    query = select(File).where(File.id == file_id)
    if lock:
        query = query.with_for_update(read=lock == "stay", key_share=lock == "stay")
    file = (await tx.scalars(query)).one_or_none()
    if file is None:
        raise NotFound(f"There is no file {file_id}.")
    return file


async def list_files(tx: Tx, query: FileQuery, *, caller: Caller) -> dict[str, Any]:
    """Files, the newest first."""
    rows = select(File).order_by(File.id.desc()).limit(query.limit + 1)
    attached = select(FileAttachment.id).where(FileAttachment.file_id == File.id)
    narrowed = attached
    if query.incident_id is not None:
        narrowed = narrowed.where(about(query.incident_id))
    if query.subject:
        narrowed = narrowed.where(FileAttachment.subject.in_(query.subject))
    if query.subject_id is not None:
        narrowed = narrowed.where(FileAttachment.subject_id == query.subject_id)
    if narrowed is not attached:
        rows = rows.where(exists(narrowed))
    if query.incident_id is None and query.subject_id is None:
        # Who names a thing knows whether it is of an exercise.
        rows = rows.where(exists(attached.where(of_drill())) if query.is_drill else ~exists(attached.where(of_drill())))
    if query.sha256 is not None:
        rows = rows.where(File.sha256 == query.sha256)
    if query.created_after is not None:
        rows = rows.where(File.created_at > query.created_after)
    if query.created_before is not None:
        rows = rows.where(File.created_at < query.created_before)
    bound = ["files", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(File.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda file: [file.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def shown(tx: Tx, files: Sequence[File], *, caller: Caller) -> list[dict[str, Any]]:
    """The files as the API shows them, with what they are evidence of."""
    people = await people_of(tx, [file.person_id for file in files], caller=caller)
    attachments = await attachments_of(tx, [file.id for file in files])
    words = await _words(tx, files, caller)
    answers = []
    for file in files:
        answer = columns_of(file) | words[file.id]
        person = people.get(answer.pop("person_id"))
        mine = [each for each in attachments if each["file_id"] == file.id]
        answers.append(answer | {"captured_by": answer.pop("actor"), "person": person, "attachments": mine})
    return answers


async def attachments_of(tx: Tx, file_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """What the files are evidence of, with the incidents as things stand."""
    rows = select(FileAttachment).where(FileAttachment.file_id.in_(file_ids)).order_by(FileAttachment.id)
    found = (await tx.scalars(rows)).all() if file_ids else []
    incidents = await incidents_of(tx, found)
    return [columns_of(row) | {"incident_id": incidents[row.id]} for row in found]


async def name_for(tx: Tx, file: File, *, caller: Caller) -> str:
    """What the caller may call the file."""
    return (await _words(tx, [file], caller))[file.id]["name"]  # type: ignore[return-value]


async def _words(tx: Tx, files: Sequence[File], caller: Caller) -> dict[UUID, dict[str, str | None]]:
    """What people wrote of the files. What is shown with people's data in it is an event."""
    written: dict[UUID, dict[str, str | None]] = {
        file.id: {"name": file.name, "source_url": file.source_url} for file in files
    }
    masked = {
        file.id: {"name": mask_text(file.name), "source_url": file.source_url and mask_url(file.source_url)}
        for file in files
    }
    if UNMASK not in caller.scopes:
        return masked
    lifted = [file_id for file_id, words in written.items() if words != masked[file_id]]
    if lifted:
        await record(tx, FilesUnmasked(file_ids=sorted(lifted)), caller=caller)
    return written
