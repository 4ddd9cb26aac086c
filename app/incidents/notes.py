"""Notes 备注: what people write to each other about an incident, its tasks and what else belongs to it.

They are no acts: no clock waits for them, no guard asks for them, and the incident has no other version. They are never
changed; a correction is a new note that takes the place of one, and then that one is corrected.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app.core import search
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid, naming
from app.core.outbox import record
from app.domain.events import NoteAdded
from app.domain.lifecycle import DISCUSSED
from app.domain.vocabulary import EvidenceSubject, NoteSubject
from app.domain.wording import mask_text
from app.incidents import evidence, note_queries
from app.incidents.acts import IncidentOver
from app.incidents.decisions import AlreadyCorrected
from app.incidents.queries import get_incident
from app.incidents.timeline import on_timeline
from app.models import Incident, Note, NoteMention
from app.models.base import new_id
from app.people.file_queries import get_file
from app.people.persons import active_people

# Of what a note has besides its words.
_PLAIN: Final = MappingProxyType({"mentions": (), "file_ids": (), "corrects": None, "span": None})


async def add_note(
    tx: Tx, subject: NoteSubject, subject_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> Note:
    """Writes a note; ``fields`` are those of a NoteCreate, all but ``body`` may be left out. A ``span`` is of a statement's
    version and lies within its text.

    IncidentOver where the incident was merged; AlreadyCorrected names the note to correct instead.
    """
    fields = dict(_PLAIN) | dict(fields)
    await _must_be_kept(tx, fields["file_ids"], caller)
    incident = await _incident_of(tx, subject, subject_id)
    if incident.status not in DISCUSSED:
        raise IncidentOver(f"The incident {incident.number} is {incident.status}: write on the one it was merged into.")
    mentions = list(dict.fromkeys(fields["mentions"]))
    # Whoever left reads nothing any more.
    await active_people(tx, {f"/mentions/{place}": id_ for place, id_ in enumerate(fields["mentions"])})
    if fields["corrects"] is not None:
        await _must_stand(tx, subject, subject_id, fields["corrects"])
    note = Note(
        id=new_id(), incident_id=incident.id, subject=subject, subject_id=subject_id, body=fields["body"],
        mentions=mentions, corrects=fields["corrects"], actor=caller.actor, person_id=caller.person_id,
        created_at=now, **await _marked(tx, subject, subject_id, fields["span"]),
    )  # fmt: skip
    tx.add(note)
    await tx.flush()
    await search.keep(tx, search.Kept("note", note.id, (note.body,), incident.id))
    tx.add_all(NoteMention(note_id=note.id, person_id=person_id, at=now) for person_id in mentions)
    event = NoteAdded(
        **on_timeline(incident), note_id=note.id, subject=subject, subject_id=subject_id, mentions=mentions,
        corrects=note.corrects,
    )  # fmt: skip
    await record(tx, event, caller=caller)
    for file_id in dict.fromkeys(fields["file_ids"]):
        await evidence.attach(tx, file_id, EvidenceSubject.NOTE, note.id, caller=caller, now=now)
    return note


async def _marked(tx: Tx, subject: NoteSubject, subject_id: UUID, span: Mapping[str, int] | None) -> dict[str, Any]:
    """The words that the note is about, as they are now. Invalid where the text is shorter."""
    if span is None:
        return {}
    if subject is not NoteSubject.STATEMENT_VERSION:
        raise Invalid.at("/span", "only notes on a version of a statement have one", "not_here")
    text, (start, end) = await note_queries.text_of(tx, subject_id), (span["start"], span["end"])
    if start >= end:
        raise Invalid.at("/span/end", "must be after start: it is the code point after the last", "empty_span")
    if end > len(text):
        raise Invalid.at("/span/end", f"lies beyond the version's text, which has {len(text)} code points", "beyond")
    # Masked as a whole: some digits of a phone number are no phone number.
    return {"span_start": start, "span_end": end, "quote": mask_text(text)[start:end]}


async def _incident_of(tx: Tx, subject: NoteSubject, subject_id: UUID) -> Incident:
    """The subject's incident, locked; NotFound where there is no such subject, IncidentOver where it has none any more."""
    while True:
        incident_id = await note_queries.incident_of(tx, subject, subject_id)
        if incident_id is None:
            raise IncidentOver(f"This {subject} covers no incident any more: write on the one it was merged into.")
        incident = await get_incident(tx, incident_id, lock=True)
        # It may have gone along with a merge while we waited.
        if subject is NoteSubject.INCIDENT or await note_queries.incident_of(tx, subject, subject_id) == incident.id:
            return incident


async def _must_be_kept(tx: Tx, file_ids: Sequence[UUID], caller: Caller) -> None:
    """Nobody deletes the files meanwhile. Before the incident is locked: who deletes one locks it before incidents."""
    if not file_ids:
        return
    caller.require("files:write")
    for place, file_id in sorted(enumerate(file_ids), key=lambda each: each[1]):
        with naming(f"/file_ids/{place}"):
            await get_file(tx, file_id, lock="stay")


async def _must_stand(tx: Tx, subject: NoteSubject, subject_id: UUID, note_id: UUID) -> None:
    """The incident is locked, so nobody else corrects the same note meanwhile."""
    corrected = await tx.get(Note, note_id)
    if corrected is None or (corrected.subject, corrected.subject_id) != (subject, subject_id):
        raise Invalid.at("/corrects", f"there is no such note on this {subject}", "not_found")
    later = await note_queries.correction_of(tx, note_id)
    if later is not None:
        raise AlreadyCorrected.at("/corrects", f"was corrected by {later}; correct that one", "already_corrected")
