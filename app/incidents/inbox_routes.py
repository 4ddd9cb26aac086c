"""The inbox over HTTP. It stands under `/v1/me`, and here because it is made of incidents and what belongs to them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from app.core.bodies import JsonBody
from app.core.deps import IncidentsRead, InTransaction
from app.core.routing import Operation
from app.incidents import inbox, inbox_schemas

router = APIRouter(prefix="/v1/me/inbox", tags=["Inbox"], route_class=Operation)

ReadPut = Annotated[inbox_schemas.InboxReadPut, Depends(JsonBody(inbox_schemas.InboxReadPut))]


@router.get("", operation_id="getMyInbox", response_model=inbox_schemas.InboxPage)
async def get_my_inbox(
    query: Annotated[inbox_schemas.InboxQuery, Query()], tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """What waits for you 待办, with badges. Needs a person: a machine's key is refused as `person_needed`.

    Kind by kind, in the order of the vocabulary `inbox_kind`; within a kind what is due first comes first, and what has
    no due time last; of mentions the newest first.
    """
    return await inbox.read_inbox(tx, query, caller=caller)


@router.put("/read", operation_id="markMyInboxRead")
async def mark_my_inbox_read(caller: IncidentsRead, body: ReadPut, tx: InTransaction) -> inbox_schemas.InboxRead:
    """Marks what calls you as read, up to an instant. Needs a person: a machine's key is refused as `person_needed`.

    It only moves on, so no If-Match is needed: of two devices the one that is further counts. All that is not a mention
    goes by being done.
    """
    read_up_to = await inbox.mark_read(tx, body.up_to, caller=caller, now=await tx.now())
    return inbox_schemas.InboxRead(read_up_to=read_up_to)
