"""What files are evidence of, and legal holds, over HTTP."""

from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import FilesWrite, InRetries, LegalHold, WithTools
from app.core.errors import Unavailable
from app.core.routing import Operation
from app.incidents import evidence, guards, holds
from app.incidents.hold_schemas import LegalHoldPut
from app.incidents.schemas import Incident
from app.people.file_schemas import FileAttachment, FileAttachmentCreate
from app.people.files import remove_stray

router = APIRouter(prefix="/v1/files/{file_id}", tags=["Files"], route_class=Operation)
hold_router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["Incidents"], route_class=Operation)

Attach = Annotated[FileAttachmentCreate, Depends(JsonBody(FileAttachmentCreate))]
Hold = Annotated[LegalHoldPut, Depends(JsonBody(LegalHoldPut))]


@router.delete("", status_code=204, operation_id="deleteFile")
async def delete_file(file_id: UUID, caller: FilesWrite, run: InRetries, tools: WithTools) -> None:
    """Deletes a file that is evidence of nothing: what is attached anywhere is refused as `file_attached`, or as
    `under_legal_hold`."""
    await run(lambda tx, now: evidence.delete_file(tx, file_id, caller=caller, now=now))
    # Its content goes with it; what can't be removed now, a worker removes.
    with suppress(Unavailable):
        await remove_stray(tools.database, tools.storage, file_id)


@router.post(
    "/attachments", status_code=201, operation_id="attachFile", response_model=FileAttachment, responses=LOCATED
)
async def attach_file(
    file_id: UUID, caller: FilesWrite, body: Attach, run: InRetries, response: Response
) -> dict[str, Any]:
    """Says what a file is evidence of. It stands on the timeline of the incident that this is about."""
    response.headers["location"] = f"/v1/files/{file_id}"
    return await run(
        lambda tx, now: evidence.attach(tx, file_id, body.subject, body.subject_id, caller=caller, now=now)
    )


@router.delete("/attachments/{attachment_id}", status_code=204, operation_id="detachFile")
async def detach_file(file_id: UUID, attachment_id: UUID, caller: FilesWrite, run: InRetries) -> None:
    """Takes back that a file is evidence of something. While a legal hold stands it is refused as `under_legal_hold`."""
    await run(lambda tx, _: evidence.detach(tx, file_id, attachment_id, caller=caller))


@hold_router.put("/legal-hold", operation_id="setIncidentLegalHold")
async def set_incident_legal_hold(
    incident_id: UUID, caller: LegalHold, body: Hold, expected: IfMatch, run: InRetries
) -> Incident:
    """Sets a legal hold 法务保全 or lifts it: while it stands nothing of the incident is deleted, by people or by age.

    Needs a person: a machine's key is refused as `person_needed`. What is merged into another incident, or split off,
    stays under it.
    """
    return await run(
        lambda tx, now: guards.shown_after(
            tx,
            holds.set_hold(
                tx, incident_id, held=body.held, reason=body.reason, expected=expected, caller=caller, now=now
            ),
            caller=caller,
        )
    )
