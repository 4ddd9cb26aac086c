"""Replays over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.deps import InTransaction, MetricsRead, MetricsWrite
from app.core.params import PageQuery
from app.core.routing import Operation
from app.metrics import replay_queries as queries
from app.metrics import replay_schemas as schemas
from app.metrics import replays

router = APIRouter(prefix="/v1/metrics/replays", tags=["Metrics"], route_class=Operation)

Create = Annotated[schemas.HistoryReplayCreate, Depends(JsonBody(schemas.HistoryReplayCreate))]


@router.post(
    "", status_code=201, operation_id="createHistoryReplay", response_model=schemas.HistoryReplay, responses=LOCATED
)
async def create_history_replay(
    caller: MetricsWrite, body: Create, tx: InTransaction, response: Response
) -> dict[str, Any]:
    """Tries a watch rule or a grading policy on history 回放, before it is applied: "3 more incidents, 1 missed".

    A worker does it, at some 5,000 mentions a second, 200,000 at most; ask again for `progress` and the result.
    """
    fields = body.model_dump(mode="json", exclude={"kind", "starts_at", "ends_at"}) | {
        "rule_id": body.rule_id, "policy_id": body.policy_id,
    }  # fmt: skip
    now = await tx.now()
    replay = await replays.ask(tx, body.kind, fields, body.starts_at, body.ends_at, caller=caller, now=now)
    response.headers["location"] = f"/v1/metrics/replays/{replay.id}"
    [answer] = await queries.shown(tx, [replay])
    return answer


@router.get("", operation_id="listHistoryReplays", response_model=schemas.HistoryReplayPage)
async def list_history_replays(
    query: Annotated[PageQuery, Query()], tx: InTransaction, _: MetricsRead
) -> dict[str, Any]:
    """Lists replays, the newest first."""
    return await queries.list_replays(tx, query)


@router.get("/{replay_id}", operation_id="getHistoryReplay", response_model=schemas.HistoryReplay)
async def get_history_replay(replay_id: UUID, tx: InTransaction, _: MetricsRead) -> dict[str, Any]:
    """One replay: how far it is, and what would have been other."""
    [answer] = await queries.shown(tx, [await queries.get_replay(tx, replay_id)])
    return answer
