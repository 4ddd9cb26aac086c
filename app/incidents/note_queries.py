"""Everything that is read of notes, and where each kind of subject has its incident."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.search import matching
from app.domain.vocabulary import EvidenceSubject, NoteSubject
from app.incidents.note_schemas import NoteQuery, SubjectNoteQuery
from app.incidents.queries import get_incident
from app.models import FileAttachment, Incident, Note, Review, StatementVersion, Task
from app.models.base import columns_of
from app.people.masks import people_of, words_of
from app.people.subjects import first_incident

# Subject -> its id, and the incident on whose timeline its notes stand; null: none. A further subject is one line.
_ROWS: Final = MappingProxyType({
    NoteSubject.INCIDENT: select(Incident.id, Incident.id.label("incident_id")),
    NoteSubject.TASK: select(Task.id, Task.incident_id),
    NoteSubject.STATEMENT_VERSION: select(StatementVersion.id, StatementVersion.incident_id),
    NoteSubject.REVIEW: select(Review.id, first_incident().label("incident_id")),
})  # fmt: skip


async def incident_of(tx: Tx, subject: NoteSubject, subject_id: UUID) -> UUID | None:
    """The incident a subject belongs to, None where it has none any more; NotFound where there is no such subject."""
    rows = _ROWS[subject].subquery()
    found = (await tx.execute(select(rows.c.incident_id).where(rows.c.id == subject_id))).one_or_none()
    if found is None:
        raise NotFound(f"There is no {subject.replace('_', ' ')} {subject_id}.")
    incident_id: UUID | None = found.incident_id
    return incident_id


async def text_of(tx: Tx, version_id: UUID) -> str:
    """What a statement's version says: the words that spans are of. Its incident is locked, so it stays so."""
    return (await tx.scalars(select(StatementVersion.text).where(StatementVersion.id == version_id))).one()


async def list_notes(tx: Tx, incident_id: UUID, query: NoteQuery, *, caller: Caller) -> dict[str, Any]:
    """The incident's notes, on whatever of it, the newest first."""
    await get_incident(tx, incident_id)
    rows = select(Note).where(Note.incident_id == incident_id)
    if query.subject:
        rows = rows.where(Note.subject.in_(query.subject))
    if query.subject_id:
        rows = rows.where(Note.subject_id.in_(query.subject_id))
    return await _page(tx, rows, query, ["notes", incident_id, query.filters()], caller)


async def list_subject_notes(
    tx: Tx, subject: NoteSubject, subject_id: UUID, query: SubjectNoteQuery, *, caller: Caller
) -> dict[str, Any]:
    """The notes on one subject, the newest first; NotFound where there is no such."""
    await incident_of(tx, subject, subject_id)
    rows = select(Note).where(Note.subject == subject, Note.subject_id == subject_id)
    return await _page(tx, rows, query, ["notes", subject, subject_id, query.filters()], caller)


async def _page(
    tx: Tx, rows: Select[Note], query: SubjectNoteQuery, bound: list[Any], caller: Caller
) -> dict[str, Any]:
    if query.author:
        rows = rows.where(Note.person_id.in_(query.author))
    if query.mentions:
        rows = rows.where(Note.mentions.overlap(query.mentions))
    if query.q is not None:
        await tx.plan_anew()
        rows = rows.where(*matching(query.q, Note.id, kind="note"))
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Note.id < UUID(after[0]))
    found = (await tx.scalars(rows.order_by(Note.id.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda note: [note.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def get_note(tx: Tx, incident_id: UUID, note_id: UUID, *, caller: Caller) -> dict[str, Any]:
    """One of them; NotFound where the incident has no such."""
    note = (await tx.scalars(select(Note).where(Note.incident_id == incident_id, Note.id == note_id))).one_or_none()
    if note is None:
        raise NotFound(f"The incident {incident_id} has no such note {note_id}.")
    [answer] = await shown(tx, [note], caller=caller)
    return answer


async def shown(tx: Tx, notes: Sequence[Note], *, caller: Caller) -> list[dict[str, Any]]:
    """The notes as the API shows them to the caller."""
    ids = [id_ for note in notes for id_ in (note.person_id, *note.mentions)]
    people = await people_of(tx, ids, caller=caller)
    later = await _corrections(tx, [note.id for note in notes])
    files = await _files(tx, [note.id for note in notes])
    written = [(note.incident_id, {"body": note.body}) for note in notes]
    return [
        columns_of(note) | words | {
            "mentions": [people[one] for one in note.mentions],
            "person": people.get(note.person_id), "span": _span(note),
            "file_ids": files.get(note.id, []), "corrected_by": later.get(note.id),
        }
        for note, words in zip(notes, await words_of(tx, written, caller=caller), strict=True)
    ]  # fmt: skip


def _span(note: Note) -> dict[str, int | None] | None:
    return None if note.span_start is None else {"start": note.span_start, "end": note.span_end}


async def _corrections(tx: Tx, note_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Note -> the one that takes its place."""
    if not note_ids:
        return {}
    query = select(Note.corrects, Note.id).where(Note.corrects.in_(note_ids))
    return {corrected: later for corrected, later in await tx.execute(query) if corrected is not None}


async def _files(tx: Tx, note_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Note -> the files that go with it, in the order they were attached."""
    if not note_ids:
        return {}
    query = select(FileAttachment.subject_id, FileAttachment.file_id).order_by(FileAttachment.id)
    query = query.where(FileAttachment.subject == EvidenceSubject.NOTE, FileAttachment.subject_id.in_(note_ids))
    files: dict[UUID, list[UUID]] = {}
    for note_id, file_id in await tx.execute(query):
        files.setdefault(note_id, []).append(file_id)
    return files


async def correction_of(tx: Tx, note_id: UUID) -> UUID | None:
    """The note that takes a note's place already, where there is one."""
    return await tx.scalar(select(Note.id).where(Note.corrects == note_id))
