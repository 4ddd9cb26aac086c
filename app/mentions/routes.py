"""Mentions over HTTP. The two operations of the ingest path read the raw body and write bytes: see ``ingest``."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from app.core.answers import LOCATED
from app.core.bodies import ByHand, JsonBody, parse, read_body
from app.core.conditional import IfMatch
from app.core.deps import (
    IncidentsRead,
    IncidentsWrite,
    InRetries,
    InTransaction,
    MentionsRead,
    MentionsWrite,
    may_see,
    tools,
    within,
)
from app.core.idempotency import key_of
from app.core.params import PageQuery, refuse_query
from app.core.routing import Handler, Operation, must_take, told
from app.incidents.guards import shown_after
from app.incidents.queries import get_incident
from app.incidents.schemas import Incident, IncidentOpen, MentionsMove
from app.mentions import queries, schemas, service, snapshots
from app.mentions.batches import MAX_BODY as LARGEST_BATCH
from app.mentions.batches import BatchBody, accept_batch
from app.mentions.ingest import Intake, row_of
from app.mentions.rulebook import Rules


class IngestOperation(Operation):
    """An operation whose function takes the request and makes the response; FastAPI only documents it.

    Solving parameters and writing models costs as much as all the rest of the ingest path.
    """

    largest_body = LARGEST_BATCH
    tagged = False

    def get_route_handler(self) -> Handler:
        function: Handler = self.endpoint

        async def handle(request: Request) -> Response:
            must_take(request)
            if (key := key_of(request)) is None:
                return await function(request)
            process = tools(request)
            caller = await process.keys.caller(request.headers.get("authorization"))
            # What is sent is counted once it is read; a repeat is not read again, and counts as one.
            told(request, process.limits.readings(caller.actor, 1))
            return await self._once(request, process, caller, key, function)

        return handle


# Tried before every other route: see main.
ingest_router = APIRouter(prefix="/v1", tags=["Mentions"], route_class=IngestOperation)
router = APIRouter(prefix="/v1", tags=["Mentions"], route_class=Operation)
incident_router = APIRouter(prefix="/v1/incidents", tags=["Incidents"], route_class=Operation)

MENTION = JsonBody(schemas.MentionIn)
BATCH = BatchBody()
WRITE = "mentions:write"
Patch = Annotated[schemas.MentionPatch, Depends(JsonBody(schemas.MentionPatch))]
Open = Annotated[IncidentOpen, Depends(JsonBody(IncidentOpen))]
Move = Annotated[MentionsMove, Depends(JsonBody(MentionsMove))]


def _rules(request: Request) -> Rules:
    return request.app.state.rules  # type: ignore[no-any-return]


WithRules = Annotated[Rules, Depends(_rules)]


@ingest_router.post(
    "/mentions", status_code=201, operation_id="postMention", response_model=schemas.MentionReceipt,
    responses=LOCATED | {200: {"model": schemas.MentionReceipt, "description": "A new reading of a known mention."}},
)  # fmt: skip
@ByHand(MENTION, WRITE)
async def post_mention(request: Request) -> Response:
    """Takes one reading of one post. The answer comes after the commit: what is answered is never lost.

    The same (platform, external_id) again is a new reading of the same mention, so repeating a request is safe.
    """
    process = tools(request)
    caller = await process.keys.caller(request.headers.get("authorization"))
    caller.require(WRITE)
    refuse_query(request)
    told(request, process.limits.readings(caller.actor, 1))
    body, _ = await read_body(request)
    item = parse(MENTION.adapter, body)
    row = row_of(item, key_id=caller.id, now=await process.database.clock.now())
    intake: Intake = request.app.state.intake
    (accepted,) = await intake.accept([row], within(request))
    receipt = {"id": accepted.id, "created": accepted.created, "observed_at": row.observed_at}
    return Response(
        orjson.dumps(receipt, default=str, option=orjson.OPT_UTC_Z), 201 if accepted.created else 200,
        {"location": f"/v1/mentions/{accepted.id}"}, "application/json",
    )  # fmt: skip


@ingest_router.post(
    "/mention-batches", status_code=207, operation_id="postMentionBatch", response_model=schemas.MentionBatchOut,
)  # fmt: skip
@ByHand(BATCH, WRITE)
async def post_mention_batch(request: Request) -> Response:
    """Takes up to 1,000 readings, as one JSON object or as NDJSON, with a result for each in order.

    One bad item never loses the good ones. NDJSON has one item a line, each of which may say `historical` itself.
    """
    process = tools(request)
    caller = await process.keys.caller(request.headers.get("authorization"))
    caller.require(WRITE)
    refuse_query(request)
    items = await BATCH.read(request)
    told(request, process.limits.readings(caller.actor, len(items)))
    now = await process.database.clock.now()
    result = await accept_batch(request.app.state.intake, items, key_id=caller.id, now=now, tx=within(request))
    return Response(orjson.dumps(result, default=str), 207, media_type="application/json")


@router.get("/mentions", operation_id="listMentions", response_model=schemas.MentionPage)
async def list_mentions(
    query: Annotated[schemas.MentionQuery, Query()], tx: InTransaction, _: MentionsRead
) -> dict[str, Any]:
    """Lists mentions 舆情, newest first."""
    return await queries.list_mentions(tx, query)


@router.get("/mentions/{mention_id}", operation_id="getMention")
async def get_mention(mention_id: UUID, tx: InTransaction, _: MentionsRead) -> schemas.Mention:
    """One mention, with the watch rules it hits and where."""
    return await queries.get_mention(tx, mention_id)


@router.get(
    "/mentions/{mention_id}/observations", operation_id="listMentionObservations",
    response_model=schemas.ObservationPage,
)  # fmt: skip
async def list_mention_observations(
    mention_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, _: MentionsRead
) -> dict[str, Any]:
    """Its readings by time, those that wait to be counted too."""
    return await queries.list_observations(tx, mention_id, query)


@router.get(
    "/mentions/{mention_id}/snapshots", operation_id="listMentionSnapshots",
    response_model=schemas.MentionSnapshotPage,
)  # fmt: skip
async def list_mention_snapshots(
    mention_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, caller: MentionsRead
) -> dict[str, Any]:
    """The copies kept of it as evidence 存证, oldest first."""
    return await snapshots.list_snapshots(tx, mention_id, query, caller=caller)


@router.patch("/mentions/{mention_id}", operation_id="updateMention")
async def update_mention(
    mention_id: UUID, caller: MentionsWrite, body: Patch, expected: IfMatch, run: InRetries, rules: WithRules
) -> schemas.Mention:
    """Corrects its sentiment or time by a person's word, which wins. The spread and the grade follow at once."""
    corrections = body.model_dump(exclude_unset=True, exclude={"reason"})
    may_see(caller, corrections, "mentions:read")
    return await run(
        lambda tx, now: service.correct_mention(
            tx, rules, mention_id, corrections, expected=expected, caller=caller, now=now
        )
    )


@incident_router.post("", status_code=201, operation_id="openIncident", responses=LOCATED)
async def open_incident(
    caller: IncidentsWrite, body: Open, run: InRetries, rules: WithRules, response: Response
) -> Incident:
    """Opens an incident by a person's judgement, with the mentions it starts with; or an exercise 演练, without any."""
    fields = body.model_dump(exclude={"mention_ids"})
    opened = await run(
        lambda tx, now: shown_after(
            tx,
            service.open_with_mentions(tx, rules, fields, body.mention_ids, caller=caller, now=now),
            caller=caller,
        )
    )
    response.headers["location"] = f"/v1/incidents/{opened.id}"
    return opened


@incident_router.get("/{incident_id}/mentions", operation_id="listIncidentMentions", response_model=schemas.MentionPage)
async def list_incident_mentions(
    incident_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, _: IncidentsRead, __: MentionsRead
) -> dict[str, Any]:
    """The mentions of an incident, newest first."""
    await get_incident(tx, incident_id)
    filters = schemas.MentionQuery(incident_id=incident_id, limit=query.limit, cursor=query.cursor)
    return await queries.list_mentions(tx, filters)


@incident_router.post("/{incident_id}/attach", operation_id="attachMentions")
async def attach_mentions(
    incident_id: UUID, caller: IncidentsWrite, body: Move, run: InRetries, rules: WithRules
) -> Incident:
    """Puts mentions into the incident, out of whatever they were in; their spread moves with them."""
    ids, reason = body.mention_ids, body.reason
    return await run(
        lambda tx, now: shown_after(
            tx,
            service.attach_mentions(tx, rules, incident_id, ids, reason=reason, caller=caller, now=now),
            caller=caller,
        )
    )


@incident_router.post("/{incident_id}/detach", operation_id="detachMentions")
async def detach_mentions(
    incident_id: UUID, caller: IncidentsWrite, body: Move, run: InRetries, rules: WithRules
) -> Incident:
    """Takes mentions out of the incident; the machine does not put them back."""
    ids, reason = body.mention_ids, body.reason
    return await run(
        lambda tx, now: shown_after(
            tx,
            service.detach_mentions(tx, rules, incident_id, ids, reason=reason, caller=caller, now=now),
            caller=caller,
        )
    )
