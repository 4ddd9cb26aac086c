"""Saying that one has read a document 阅读确认 (R14): by oneself, of the very version that is in force, once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, FieldError
from app.core.outbox import record
from app.domain.events import DocumentAcknowledged
from app.models import DocumentAcknowledgement, DocumentVersion
from app.models.base import new_id
from app.people.masks import people_of
from app.trainings.documents import NotInForce
from app.trainings.documents_queries import get_document, version_in_force


class OtherVersionInForce(Conflict):
    """They read something, and it is not what is in force."""

    code, title = "document_outdated", ("Another version of the document is in force", "该文件已有新版本")


class HashUnknown(Conflict):
    """Nobody was ever shown this."""

    code, title = "document_hash_unknown", ("No version of the document has this hash", "哈希与任何版本都不符")


async def acknowledge(tx: Tx, document_id: UUID, sha256: str, *, caller: Caller, now: datetime) -> dict[str, Any]:
    """Puts on record that the caller has read what is in force; said again, it is what was said first.

    The document is locked against another version's coming in force meanwhile, and not against others who read it too.
    """
    document = await get_document(tx, document_id, lock="stay")
    person = caller.require_person()
    version = await version_in_force(tx, document_id)
    if version is None:
        raise NotInForce("No version of this document is in force: nobody is asked to acknowledge it.")
    if version.sha256 != sha256:
        raise await _refusal(tx, version, sha256)
    table = DocumentAcknowledgement
    row = insert(table).values(
        id=new_id(),
        version_id=version.id,
        person_id=person.id,
        via=caller.via,
        acknowledged_at=max(now, version.published_at or now),
    )
    at = await tx.scalar(row.on_conflict_do_nothing().returning(table.acknowledged_at))
    if at is None:
        said = select(table.acknowledged_at).where(table.version_id == version.id, table.person_id == person.id)
        at = (await tx.scalars(said)).one()
    else:
        event = DocumentAcknowledged(
            document_id=document_id, document_kind=document.kind, version_number=version.number, person_id=person.id
        )
        await record(tx, event, caller=caller)
    people = await people_of(tx, [person.id], caller=caller)
    return {
        "document_id": document_id, "version_number": version.number, "sha256": version.sha256,
        "person": people[person.id], "acknowledged_at": at,
    }  # fmt: skip


async def _refusal(tx: Tx, version: DocumentVersion, sha256: str) -> Conflict:
    """Why a hash is not taken: it is that of another version, or of none."""
    table = DocumentVersion
    query = select(table.number).where(table.document_id == version.document_id, table.sha256 == sha256)
    other = await tx.scalar(query.order_by(table.number.desc()).limit(1))
    now_in_force: dict[str, Any] = {"current_number": version.number, "current_sha256": version.sha256}
    again = f"read version {version.number}, which is in force, and send its hash"
    if other is None:
        errors = [FieldError("/sha256", f"is the hash of no version: {again}", "hash_unknown")]
        return HashUnknown(f"/sha256: {errors[0].detail}.", errors=errors, **now_in_force)
    errors = [FieldError("/sha256", f"is the hash of version {other}: {again}", "outdated")]
    return OtherVersionInForce(f"/sha256: {errors[0].detail}.", errors=errors, **now_in_force)
