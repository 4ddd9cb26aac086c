"""Notes over HTTP: on incidents, and on what belongs to them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.db import Tx
from app.core.deps import IncidentsRead, IncidentsWrite, InRetries, InTransaction, Retries
from app.core.routing import Operation
from app.domain.vocabulary import NoteSubject
from app.incidents import note_queries, note_schemas, notes

router = APIRouter(prefix="/v1", tags=["Notes"], route_class=Operation)

Create = Annotated[note_schemas.NoteCreate, Depends(JsonBody(note_schemas.NoteCreate))]


def itself(id_: UUID) -> Callable[[Tx], Awaitable[UUID]]:
    """A subject that is named by its own id."""

    async def find(_: Tx) -> UUID:
        return id_

    return find


async def added(
    subject: NoteSubject, find: Callable[[Tx], Awaitable[UUID]], body: note_schemas.NoteCreate, caller: Caller,
    run: Retries, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Writes the note; as it is shown, and where it stands. ``find``: the subject's id, by whatever the path names it."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        made = await notes.add_note(tx, subject, await find(tx), body.model_dump(), caller=caller, now=now)
        [answer] = await note_queries.shown(tx, [made], caller=caller)
        return answer

    note = await run(act)
    response.headers["location"] = f"/v1/incidents/{note['incident_id']}/notes/{note['id']}"
    return note


@router.post(
    "/incidents/{incident_id}/notes",
    status_code=201,
    operation_id="addIncidentNote",
    response_model=note_schemas.Note,
    responses=LOCATED,
)
async def add_incident_note(
    incident_id: UUID, caller: IncidentsWrite, body: Create, run: InRetries, response: Response
) -> dict[str, Any]:
    """Writes a note 备注 on an incident, ended ones too; of one that was merged on the one it went into.

    People and machines may. It is never changed nor deleted: a correction is a new note with `corrects`. Whoever is
    mentioned finds it in their inbox, and outside tools hear of it as `note.added`. How to show its Markdown safely is
    said at the schema `Note`.
    """
    return await added(NoteSubject.INCIDENT, itself(incident_id), body, caller, run, response)


@router.get("/incidents/{incident_id}/notes", operation_id="listIncidentNotes", response_model=note_schemas.NotePage)
async def list_incident_notes(
    incident_id: UUID, query: Annotated[note_schemas.NoteQuery, Query()], tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """The notes on an incident and on all that belongs to it, the newest first; what was corrected says by which note."""
    return await note_queries.list_notes(tx, incident_id, query, caller=caller)


@router.get(
    "/incidents/{incident_id}/notes/{note_id}", operation_id="getIncidentNote", response_model=note_schemas.Note
)
async def get_incident_note(
    incident_id: UUID, note_id: UUID, tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """One note, on whatever of the incident it was written."""
    return await note_queries.get_note(tx, incident_id, note_id, caller=caller)


@router.post(
    "/tasks/{task_id}/notes",
    status_code=201,
    operation_id="addTaskNote",
    response_model=note_schemas.Note,
    responses=LOCATED,
)
async def add_task_note(
    task_id: UUID, caller: IncidentsWrite, body: Create, run: InRetries, response: Response
) -> dict[str, Any]:
    """Writes a note 备注 on a task, done and waived ones too. It stands on the timeline of the task's incident, and is read
    among the incident's notes as well. All else is as for a note on an incident."""
    return await added(NoteSubject.TASK, itself(task_id), body, caller, run, response)


@router.get("/tasks/{task_id}/notes", operation_id="listTaskNotes", response_model=note_schemas.NotePage)
async def list_task_notes(
    task_id: UUID, query: Annotated[note_schemas.SubjectNoteQuery, Query()], tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """The notes on a task, the newest first, also those from before its incident was merged into another."""
    return await note_queries.list_subject_notes(tx, NoteSubject.TASK, task_id, query, caller=caller)
