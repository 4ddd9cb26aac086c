"""Notes on reviews over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.deps import InRetries, InTransaction, ReviewsRead, ReviewsWrite
from app.core.routing import Operation
from app.domain.vocabulary import NoteSubject
from app.incidents import note_queries, note_schemas
from app.incidents.note_routes import added, itself

router = APIRouter(prefix="/v1/reviews/{review_id}/notes", tags=["Notes"], route_class=Operation)

Create = Annotated[note_schemas.NoteCreate, Depends(JsonBody(note_schemas.NoteCreate))]


@router.post("", status_code=201, operation_id="addReviewNote", response_model=note_schemas.Note, responses=LOCATED)
async def add_review_note(
    review_id: UUID, caller: ReviewsWrite, body: Create, run: InRetries, response: Response
) -> dict[str, Any]:
    """Writes a note 备注 on a review 复盘, completed ones too; of one that was merged on the one it went into.

    It stands on the timeline of the incident that the review began with, also where it covers several. All else is as for a
    note on an incident.
    """
    return await added(NoteSubject.REVIEW, itself(review_id), body, caller, run, response)


@router.get("", operation_id="listReviewNotes", response_model=note_schemas.NotePage)
async def list_review_notes(
    review_id: UUID, query: Annotated[note_schemas.SubjectNoteQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """The notes on a review, the newest first, also those from before it was merged into another."""
    return await note_queries.list_subject_notes(tx, NoteSubject.REVIEW, review_id, query, caller=caller)
