"""What files can be evidence of, and whose incident that is: a line each, for whatever comes to have evidence."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from app.core.db import Tx
from app.core.errors import Invalid
from app.domain.vocabulary import EvidenceSubject
from app.models import (
    Decision,
    FactCheck,
    FileAttachment,
    Incident,
    Meeting,
    Mention,
    MentionState,
    Note,
    Publication,
    Task,
)

# The subject's id, and the incident that it is about or belongs to; null: none.
_ROWS: Final = MappingProxyType({
    EvidenceSubject.INCIDENT: select(Incident.id, Incident.id.label("incident_id")),
    EvidenceSubject.MENTION: select(Mention.id, MentionState.incident_id).outerjoin(
        MentionState, MentionState.mention_id == Mention.id
    ),
    EvidenceSubject.MEETING: select(Meeting.id, Meeting.incident_id),
    EvidenceSubject.FACT_CHECK: select(FactCheck.id, FactCheck.incident_id),
    EvidenceSubject.PUBLICATION: select(Publication.id, Publication.incident_id),
    EvidenceSubject.DECISION: select(Decision.id, Decision.incident_id),
    EvidenceSubject.TASK: select(Task.id, Task.incident_id),
    EvidenceSubject.NOTE: select(Note.id, Note.incident_id),
})  # fmt: skip


async def incident_of(tx: Tx, subject: EvidenceSubject, subject_id: UUID) -> UUID | None:
    """The incident of what a file is evidence of; Invalid where there is no such thing."""
    rows = _ROWS[subject].subquery()
    found = (await tx.execute(select(rows.c.incident_id).where(rows.c.id == subject_id))).one_or_none()
    if found is None:
        raise Invalid.at("/subject_id", f"there is no {subject.replace('_', ' ')} {subject_id}", "not_found")
    incident_id: UUID | None = found.incident_id
    return incident_id


async def incidents_of(tx: Tx, attachments: Sequence[FileAttachment]) -> dict[UUID, UUID | None]:
    """Attachment -> the incident it is about, as things stand."""
    incidents: dict[UUID, UUID | None] = {}
    for subject, select_rows in _ROWS.items():
        ids = {each.subject_id for each in attachments if each.subject == subject}
        if not ids:
            continue
        rows = select_rows.subquery()
        found = (await tx.execute(select(rows.c.id, rows.c.incident_id).where(rows.c.id.in_(ids)))).all()
        of = {row.id: row.incident_id for row in found}
        incidents |= {each.id: of.get(each.subject_id) for each in attachments if each.subject == subject}
    return incidents


def about(incident_id: UUID) -> ColumnElement[bool]:
    """Whether an attachment is about the incident: a condition on file_attachments."""
    conditions = []
    for subject, select_rows in _ROWS.items():
        rows = select_rows.subquery()
        those = select(rows.c.id).where(rows.c.incident_id == incident_id)
        conditions.append(and_(FileAttachment.subject == subject, FileAttachment.subject_id.in_(those)))
    return or_(*conditions)
