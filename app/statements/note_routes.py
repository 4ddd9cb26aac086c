"""Notes on versions of statements over HTTP: what people say of their words before they are said in public."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.deps import InRetries, InTransaction, StatementsRead, StatementsWrite
from app.core.routing import Operation
from app.domain.vocabulary import NoteSubject
from app.incidents import note_queries, note_schemas
from app.incidents.note_routes import added
from app.statements.note_queries import version_id

router = APIRouter(
    prefix="/v1/statements/{statement_id}/versions/{number}/notes", tags=["Notes"], route_class=Operation
)

Create = Annotated[note_schemas.StatementNoteCreate, Depends(JsonBody(note_schemas.StatementNoteCreate))]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Which of the statement's versions, from 1.")]


@router.post(
    "",
    status_code=201,
    operation_id="addStatementVersionNote",
    response_model=note_schemas.Note,
    responses=LOCATED,
)
async def add_statement_version_note(
    statement_id: UUID, number: Number, caller: StatementsWrite, body: Create, run: InRetries, response: Response
) -> dict[str, Any]:
    """Writes a note 备注 on a version of a statement 声明, on some of its words (`span`) or on the whole.

    It stays with that version, whatever later ones say, and stands on the timeline of the statement's incident, among whose
    notes it is read as well. All else is as for a note on an incident.
    """
    return await added(
        NoteSubject.STATEMENT_VERSION, lambda tx: version_id(tx, statement_id, number), body, caller, run, response
    )


@router.get("", operation_id="listStatementVersionNotes", response_model=note_schemas.NotePage)
async def list_statement_version_notes(
    statement_id: UUID, number: Number, query: Annotated[note_schemas.SubjectNoteQuery, Query()], tx: InTransaction,
    caller: StatementsRead,
) -> dict[str, Any]:  # fmt: skip
    """The notes on a version of a statement, the newest first, with the words that each is about."""
    version = await version_id(tx, statement_id, number)
    return await note_queries.list_subject_notes(tx, NoteSubject.STATEMENT_VERSION, version, query, caller=caller)
