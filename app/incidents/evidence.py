"""What files are evidence of: said, taken back, and asked before a file is deleted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, NotFound
from app.core.outbox import record
from app.domain.events import EvidenceChanged, FileAttachmentChanged
from app.domain.vocabulary import EvidenceSubject
from app.incidents.acts import IncidentOver
from app.incidents.holds import refuse_held
from app.incidents.queries import get_incident
from app.incidents.service import DrillsStayApart
from app.incidents.timeline import on_timeline
from app.models import DocumentVersion, FileAttachment
from app.models.base import columns_of, new_id
from app.people import files
from app.people.file_queries import get_file
from app.people.subjects import every_incident_of, incident_of, incidents_of, of_drill


class AlreadyAttached(Conflict):
    """One saying is enough."""

    code, title = "already_attached", ("It is attached there already", "已关联")


class FileAttached(Conflict):
    """A file that is evidence of something is not deleted from under it."""

    code, title = "file_attached", ("The file is attached to something", "文件已被关联")


async def attach(
    tx: Tx, file_id: UUID, subject: EvidenceSubject, subject_id: UUID, *, caller: Caller, now: datetime
) -> dict[str, Any]:
    """The file is evidence of this; Invalid where there is no such thing, AlreadyAttached where it is said already, and
    DrillsStayApart where it is evidence of an exercise and this is real, or the reverse."""
    await get_file(tx, file_id, lock="alone")
    incident_id = await incident_of(tx, subject, subject_id)
    incident = await get_incident(tx, incident_id, lock=True) if incident_id else None
    if incident is not None and incident.status == "merged":
        raise IncidentOver(
            f"The incident {incident.number} is merged: attach it to the one it was merged into, {incident.merged_into}."
        )
    same = select(FileAttachment).where(
        FileAttachment.file_id == file_id, FileAttachment.subject == subject, FileAttachment.subject_id == subject_id
    )
    if (there := (await tx.scalars(same)).one_or_none()) is not None:
        raise AlreadyAttached(f"This file is attached there already, as {there.id}.", attachment_id=str(there.id))
    attachment = FileAttachment(
        id=new_id(), file_id=file_id, subject=subject, subject_id=subject_id, actor=caller.actor,
        person_id=caller.person_id, created_at=now,
    )  # fmt: skip
    tx.add(attachment)
    await tx.flush()
    played = select(func.count().filter(of_drill()), func.count()).select_from(FileAttachment)
    of_drills, of_all = (await tx.execute(played.where(FileAttachment.file_id == file_id))).one()
    if of_drills not in (0, of_all):
        raise DrillsStayApart(
            "Evidence of an exercise 演练 is none of what is real: upload the file once more for the other."
        )
    await _told(tx, attachment, "attached", incident_id, caller=caller)
    return columns_of(attachment) | {"incident_id": incident_id}


async def detach(tx: Tx, file_id: UUID, attachment_id: UUID, *, caller: Caller) -> None:
    """It is no evidence of that after all; UnderLegalHold where the incident is."""
    query = select(FileAttachment).where(FileAttachment.id == attachment_id, FileAttachment.file_id == file_id)
    attachment = (await tx.scalars(query)).one_or_none()
    if attachment is None:
        raise NotFound(f"The file {file_id} has no attachment {attachment_id}.")
    incident_id = (await incidents_of(tx, [attachment]))[attachment.id]
    await refuse_held(tx, await every_incident_of(tx, [attachment]), "The file")
    # Once more, now that the incident is locked: somebody may have been first.
    if (await tx.scalars(query.with_for_update())).one_or_none() is None:
        raise NotFound(f"The file {file_id} has no attachment {attachment_id}.")
    await tx.delete(attachment)
    await tx.flush()
    await _told(tx, attachment, "detached", incident_id, caller=caller)


async def delete_file(tx: Tx, file_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Deletes a file that is evidence of nothing; FileAttached or UnderLegalHold otherwise."""
    file = await get_file(tx, file_id, lock="alone")
    attachments = (await tx.scalars(select(FileAttachment).where(FileAttachment.file_id == file_id))).all()
    if attachments:
        await refuse_held(tx, await every_incident_of(tx, attachments), "The file")
        several = len(attachments) > 1
        what = f"{len(attachments)} things: take it from them" if several else "one thing: take it from that"
        raise FileAttached(f"It is evidence of {what} first.")
    if await tx.scalar(select(DocumentVersion.id).where(DocumentVersion.file_id == file_id).limit(1)) is not None:
        raise FileAttached("A version of a document is this file: it stays as long as the document does.")
    await files.forget(tx, file, caller=caller, now=now)


async def _told(
    tx: Tx, attachment: FileAttachment, action: str, incident_id: UUID | None, *, caller: Caller
) -> None:  # fmt: skip
    """On the incident's timeline where there is one, which is locked."""
    what: dict[str, Any] = {
        "action": action, "attachment_id": attachment.id, "file_id": attachment.file_id, "subject": attachment.subject,
        "subject_id": attachment.subject_id,
    }  # fmt: skip
    if incident_id is None:
        await record(tx, FileAttachmentChanged(**what), caller=caller)
        return
    incident = await get_incident(tx, incident_id, lock=True)
    await record(tx, EvidenceChanged(**on_timeline(incident), **what), caller=caller)
