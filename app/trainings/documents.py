"""What people do with documents 制度文件 (方案 二(一)1, R14): written, published version by version, withdrawn.

A version is a draft until it is published; from then on nobody changes it, and its hash is what acknowledgements name.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid, naming
from app.core.outbox import record
from app.domain.documents import content_hash
from app.domain.events import Changed, DocumentVersionPublished
from app.models import Department, Document, DocumentAudience, DocumentVersion
from app.models.base import new_id
from app.people.file_queries import get_file
from app.trainings.documents_queries import (
    audience_count,
    audience_of,
    get_document,
    get_version,
    last_moment,
    next_number,
    version_in_force,
)

CONTENT: Final = ("text", "file_id", "note")


class DraftThere(Conflict):
    """One next version is written at a time."""

    code, title = "document_draft_there", ("The next version is being written already", "已有未发布的草稿")


class VersionPublished(Conflict):
    """What people acknowledged is not changed under them."""

    code, title = "document_version_published", ("The version is published", "该版本已发布")


class NotInForce(Conflict):
    """There is nothing that anybody could be asked for."""

    code, title = "document_not_in_force", ("No version of the document is in force", "该文件没有生效版本")


async def create_document(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Document:
    """A document with its first version, a draft."""
    await _hold_file(tx, fields)
    document = Document(
        id=new_id(), kind=fields["kind"], title=fields["title"], latest_number=1, created_by=caller.actor, created_at=now,
        updated_at=now, version=1,
    )  # fmt: skip
    tx.add(document)
    await tx.flush()
    await _set_audience(tx, document, fields["department_ids"], now)
    await _draft(tx, document, fields, caller=caller, now=now)
    await _changed(tx, document, "created", [], caller)
    return document


async def change_document(
    tx: Tx, document_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Document:
    """Sets what ``fields`` names. Another audience counts from now on; of days before the old one does."""
    document = await get_document(tx, document_id, lock="alone")
    expected.meet(document.version)
    held = {"title": document.title, "department_ids": (await audience_of(tx, [document_id]))[document_id]}
    changes = {name: value for name, value in fields.items() if value != held[name]}
    if not changes:
        return document
    document.title = changes.get("title", document.title)
    if "department_ids" in changes:
        await _set_audience(tx, document, changes["department_ids"], await last_moment(tx, document_id, now))
    touch(document, now)
    await _changed(tx, document, "updated", sorted(changes), caller)
    return document


async def add_version(
    tx: Tx, document_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> DocumentVersion:
    """The next version, as a draft; DraftThere where somebody writes one already."""
    await get_document(tx, document_id)
    await _hold_file(tx, fields)
    document = await get_document(tx, document_id, lock="alone")
    draft = select(DocumentVersion.number).where(
        DocumentVersion.document_id == document_id, DocumentVersion.published_at.is_(None)
    )
    if (number := await tx.scalar(draft)) is not None:
        raise DraftThere(f"Version {number} is a draft: change that one, or publish it first.", number=number)
    document.latest_number = await next_number(tx, document)
    touch(document, now)
    version = await _draft(tx, document, fields, caller=caller, now=now)
    await _changed(tx, document, "drafted", [], caller)
    return version


async def change_version(
    tx: Tx, document_id: UUID, number: int, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller,
    now: datetime,
) -> DocumentVersion:  # fmt: skip
    """Sets what ``fields`` names of a draft; VersionPublished otherwise."""
    await get_version(tx, document_id, number)
    await _hold_file(tx, fields)
    version = await get_version(tx, document_id, number, lock=True)
    expected.meet(version.version)
    _must_be_draft(version)
    changes = {name: value for name, value in fields.items() if getattr(version, name) != value}
    if not changes:
        return version
    await _say(tx, version, {name: getattr(version, name) for name in CONTENT} | changes)
    touch(version, now)
    await tx.flush()
    event = Changed(subject="document_version", subject_id=str(version.id), action="updated", fields=sorted(changes))
    await record(tx, event, caller=caller)
    return version


async def publish_version(
    tx: Tx, document_id: UUID, number: int, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> DocumentVersion:
    """The version is in force from now on, and the one before is not: whoever acknowledged that is asked again."""
    document = await get_document(tx, document_id, lock="alone")
    version = await get_version(tx, document_id, number, lock=True)
    expected.meet(version.version)
    _must_be_draft(version)
    at = await last_moment(tx, document_id, now)
    await _end(tx, document_id, at)
    version.published_at, version.published_by = at, caller.actor
    touch(version, now)
    touch(document, now)
    await tx.flush()
    event = DocumentVersionPublished(
        document_id=document_id, document_kind=document.kind, version_number=number, sha256=version.sha256,
        audience_count=await audience_count(tx, document_id, at),
    )  # fmt: skip
    await record(tx, event, caller=caller)
    return version


async def withdraw_document(
    tx: Tx, document_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Document:
    """Nothing of it is in force from now on, and nobody is asked for it; NotInForce where that was so before."""
    document = await get_document(tx, document_id, lock="alone")
    expected.meet(document.version)
    if not await _end(tx, document_id, await last_moment(tx, document_id, now)):
        raise NotInForce("No version of this document is in force: there is nothing to withdraw.")
    touch(document, now)
    await _changed(tx, document, "withdrawn", [], caller)
    return document


async def _end(tx: Tx, document_id: UUID, at: datetime) -> bool:
    """Ends the version in force, before another one is: at no instant are there two."""
    version = await version_in_force(tx, document_id)
    if version is None:
        return False
    version.superseded_at = at
    await tx.flush()
    return True


def _must_be_draft(version: DocumentVersion) -> None:
    if version.published_at is not None:
        raise VersionPublished(
            f"Version {version.number} is published, and stays as people read it: write the next one "
            f"(POST /v1/documents/{version.document_id}/versions)."
        )


async def _draft(
    tx: Tx, document: Document, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> DocumentVersion:
    version = DocumentVersion(
        id=new_id(), document_id=document.id, number=document.latest_number, created_by=caller.actor, created_at=now,
        updated_at=now, version=1,
    )  # fmt: skip
    await _say(tx, version, fields)
    tx.add(version)
    await tx.flush()
    return version


async def _hold_file(tx: Tx, fields: Mapping[str, Any]) -> None:
    """Keeps the file from being deleted meanwhile. Files are locked before what they belong to."""
    if fields.get("file_id") is not None:
        with naming("/file_id"):
            await get_file(tx, fields["file_id"], lock="stay")


async def _say(tx: Tx, version: DocumentVersion, content: Mapping[str, Any]) -> None:
    """Sets what the version says, and its hash. Invalid where that is nothing, or a file that is not there."""
    if not content["text"].strip() and content["file_id"] is None:
        detail = "must say something, unless a file (`file_id`) is all of the document"
        raise Invalid.at("/text", detail, "content_needed")
    file_sha256 = None
    if content["file_id"] is not None:
        with naming("/file_id"):
            file_sha256 = (await get_file(tx, content["file_id"])).sha256
    version.text, version.file_id, version.note = content["text"], content["file_id"], content["note"]
    version.file_sha256, version.sha256 = file_sha256, content_hash(content["text"], file_sha256)


async def _set_audience(tx: Tx, document: Document, department_ids: list[UUID] | None, at: datetime) -> None:
    if department_ids is not None:
        known = set(await tx.scalars(select(Department.id).where(Department.id.in_(department_ids))))
        faults = [
            FieldError(f"/department_ids/{place}", f"There is no department {id_}.", "not_found")
            for place, id_ in enumerate(department_ids)
            if id_ not in known
        ]
        if faults:
            raise Invalid.of(faults)
    tx.add(DocumentAudience(id=new_id(), document_id=document.id, department_ids=department_ids, starts_at=at))


async def _changed(tx: Tx, document: Document, action: str, fields: list[str], caller: Caller) -> None:
    await tx.flush()
    event = Changed(subject="document", subject_id=str(document.id), action=action, fields=fields)
    await record(tx, event, caller=caller)
