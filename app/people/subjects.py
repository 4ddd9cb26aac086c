"""What files can be evidence of, and whose incident that is: a line each, for whatever comes to have evidence."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, or_, select

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
    Review,
    ReviewIncident,
    Statement,
    Task,
)


def first_incident() -> ScalarSelect[UUID]:
    """The incident that a review was born of, or where it covers that no more the first of those it covers; of a review that
    was merged none. For a select of reviews: what is said of the review stands on its timeline."""
    covers = select(ReviewIncident.incident_id).where(
        ReviewIncident.review_id == Review.id, ReviewIncident.left_at.is_(None)
    )
    in_order = (ReviewIncident.incident_id != Review.born_of, ReviewIncident.added_at, ReviewIncident.incident_id)
    return covers.order_by(*in_order).limit(1).correlate(Review).scalar_subquery()


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
    EvidenceSubject.STATEMENT: select(Statement.id, Statement.incident_id),
    EvidenceSubject.REVIEW: select(Review.id, first_incident().label("incident_id")),
})  # fmt: skip

# The same, with every incident and not the first alone; of reviews those too that they covered before.
_EVERY: Final = MappingProxyType(dict(_ROWS) | {
    EvidenceSubject.REVIEW: select(ReviewIncident.review_id.label("id"), ReviewIncident.incident_id),
})  # fmt: skip


# The ids of those that are of exercises 演练. What a drill taught is a task, and no exercise.
_OF_DRILLS: Final = MappingProxyType({
    EvidenceSubject.INCIDENT: select(Incident.id).where(Incident.is_drill),
    EvidenceSubject.MENTION: select(Mention.id).where(Mention.drill_id.is_not(None)),
    EvidenceSubject.TASK: select(Task.id).where(Task.is_drill),
    EvidenceSubject.STATEMENT: select(Statement.id).where(Statement.is_drill),
    EvidenceSubject.REVIEW: select(Review.id).where(Review.is_drill),
} | {
    subject: select(act.id).join(Incident, Incident.id == act.incident_id).where(Incident.is_drill)
    for subject, act in (
        (EvidenceSubject.MEETING, Meeting), (EvidenceSubject.FACT_CHECK, FactCheck), (EvidenceSubject.NOTE, Note),
        (EvidenceSubject.PUBLICATION, Publication), (EvidenceSubject.DECISION, Decision),
    )
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
    """Attachment -> the incident it is about, as things stand; of several the first."""
    of = {(subject, id_): incident_id for subject, id_, incident_id in await _found(tx, _ROWS, attachments)}
    return {each.id: of.get((EvidenceSubject(each.subject), each.subject_id)) for each in attachments}


async def every_incident_of(tx: Tx, attachments: Sequence[FileAttachment]) -> set[UUID]:
    """All incidents that the attachments are about, as things stand."""
    return {incident_id for _, _, incident_id in await _found(tx, _EVERY, attachments) if incident_id is not None}


async def _found(
    tx: Tx, rows_of: Mapping[EvidenceSubject, Select[UUID, UUID | None]], attachments: Sequence[FileAttachment]
) -> list[tuple[EvidenceSubject, UUID, UUID | None]]:
    found = []
    for subject, select_rows in rows_of.items():
        ids = {each.subject_id for each in attachments if each.subject == subject}
        if ids:
            rows = select_rows.subquery()
            those = select(rows.c.id, rows.c.incident_id).where(rows.c.id.in_(ids))
            found += [(subject, id_, incident_id) for id_, incident_id in await tx.execute(those)]
    return found


def of_drill() -> ColumnElement[bool]:
    """Whether an attachment is evidence of something in an exercise: a condition on file_attachments."""
    return or_(*(
        and_(FileAttachment.subject == subject, FileAttachment.subject_id.in_(ids)) for subject, ids in _OF_DRILLS.items()
    ))  # fmt: skip


def about(incident_id: UUID) -> ColumnElement[bool]:
    """Whether an attachment is about the incident: a condition on file_attachments."""
    conditions = []
    for subject, select_rows in _EVERY.items():
        rows = select_rows.subquery()
        those = select(rows.c.id).where(rows.c.incident_id == incident_id)
        conditions.append(and_(FileAttachment.subject == subject, FileAttachment.subject_id.in_(those)))
    return or_(*conditions)
