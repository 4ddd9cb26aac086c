"""What came before, over HTTP: past incidents that are like one, and those that came again."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.auth import Caller
from app.core.db import Tx
from app.core.deps import InTransaction, ReviewsRead
from app.core.routing import Operation
from app.incidents.queries import get_incident
from app.reviews import recurrences, similar
from app.reviews import similar_schemas as schemas

router = APIRouter(prefix="/v1", tags=["Risks"], route_class=Operation)


@router.get(
    "/incidents/{incident_id}/similar", operation_id="listSimilarIncidents", response_model=schemas.IncidentSimilarity
)
async def list_similar_incidents(
    incident_id: UUID, query: Annotated[schemas.SimilarQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """Past incidents that are like one: by product, words, spread curve and whom they harm, each with its figures and why.

    A hundred are compared exactly, those that are nearest by product, words and harm. Exercises are compared with
    exercises. What an incident is by now counts; of others' curves the worker's last look, at most ten minutes old.
    """
    return await _of(tx, incident_id, query.limit, caller)


@router.get(
    "/reviews/{review_id}/similar", operation_id="listReviewSimilarIncidents", response_model=schemas.ReviewSimilarity
)
async def list_review_similar_incidents(
    review_id: UUID, query: Annotated[schemas.SimilarQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """The same for each incident that a review covers, the first twenty of them."""
    covered = await similar.covered_by(tx, review_id)
    return {"review_id": review_id, "data": [await _of(tx, id_, query.limit, caller) for id_ in covered]}


async def _of(tx: Tx, incident_id: UUID, limit: int, caller: Caller) -> dict[str, Any]:
    found = await similar.show(tx, incident_id, limit, caller=caller)
    again = await recurrences.of_incident(tx, await get_incident(tx, incident_id), caller=caller)
    return {"incident_id": incident_id, "data": found, "recurrence": again}


@router.get("/recurrences", operation_id="listRecurrences", response_model=schemas.RecurrencePage)
async def list_recurrences(
    query: Annotated[schemas.RecurrenceQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """Incidents that were an earlier one again 复发, with the measures and decisions that did not hold; the newest first.

    The same watch rule or business unit, within 90 days after the earlier one was closed.
    """
    return await recurrences.list_recurrences(tx, query, caller=caller)


@router.get("/recurrence-counts", operation_id="getRecurrenceCounts", response_model=schemas.RecurrenceCounts)
async def get_recurrence_counts(
    query: Annotated[schemas.RecurrenceFilters, Query()], tx: InTransaction, _: ReviewsRead
) -> dict[str, Any]:
    """How many incidents were an earlier one again, of how many, by what and by business unit."""
    return await recurrences.count(tx, query)
