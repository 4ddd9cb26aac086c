"""Reviews over HTTP. Their three decisions stand in :mod:`app.reviews.decision_routes`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch, IfMatchOffered
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, Retries, ReviewsRead, ReviewsWrite, may_see
from app.core.routing import Operation
from app.models import Review
from app.reviews import births, covering, queries, schemas, service

router = APIRouter(prefix="/v1/reviews", tags=["Reviews"], route_class=Operation)
incident_router = APIRouter(prefix="/v1/incidents/{incident_id}/review", tags=["Reviews"], route_class=Operation)

Patch = Annotated[schemas.ReviewPatch, Depends(JsonBody(schemas.ReviewPatch))]
Add = Annotated[schemas.ReviewIncidentsAdd, Depends(JsonBody(schemas.ReviewIncidentsAdd))]
Issue = Annotated[schemas.ReviewReportIssue, Depends(JsonBody(schemas.ReviewReportIssue))]


async def _answered(run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[Review]]) -> dict[str, Any]:
    """The review as the verb leaves it behind."""
    return await run.shown(verb, queries.shown_one, caller=caller)


@incident_router.get("", operation_id="getIncidentReview", response_model=schemas.Review)
async def get_incident_review(incident_id: UUID, tx: InTransaction, caller: ReviewsRead) -> dict[str, Any]:
    """The review that covers an incident 复盘: born in the moment when calm is recorded, or when it is closed without."""
    return await queries.review_of(tx, incident_id, caller=caller)


@incident_router.post(
    "", status_code=201, operation_id="beginIncidentReview", response_model=schemas.Review, responses=LOCATED
)
async def begin_incident_review(
    incident_id: UUID, caller: ReviewsWrite, run: InRetries, response: Response
) -> dict[str, Any]:
    """Has an incident reviewed that has no review: it subsided by itself, or was dismissed. One that was put off because of
    that goes on. No clock runs for it; its decisions are due seven days after its report."""
    answer = await _answered(
        run, caller, lambda tx, now: births.begin_review(tx, incident_id, caller=caller, now=now)
    )  # fmt: skip
    response.headers["location"] = f"/v1/reviews/{answer['id']}"
    return answer


@router.get("", operation_id="listReviews", response_model=schemas.ReviewPage)
async def list_reviews(
    query: Annotated[schemas.ReviewQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """Reviews, the newest first; with `changed`, those by which a policy, a rule or a risk came to be what it is."""
    return await queries.list_reviews(tx, query, caller=caller)


@router.get("/{review_id}", operation_id="getReview", response_model=schemas.Review)
async def get_review(review_id: UUID, tx: InTransaction, caller: ReviewsRead) -> dict[str, Any]:
    """One review, with what the machine found, what people answered, and what may be done about it."""
    return await queries.get_shown(tx, review_id, caller=caller)


@router.patch("/{review_id}", operation_id="updateReview", response_model=schemas.Review)
async def update_review(
    review_id: UUID, caller: ReviewsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Fills a review in: answers, who took part, the meeting, hours. Once its report is issued it stays as it is."""
    fields = body.model_dump(include=body.model_fields_set)
    if body.answers.model_fields_set or "answers" in fields:
        fields["answers"] = body.answers.model_dump(exclude_unset=True)
    may_see(caller, fields, "reviews:read")
    return await _answered(
        run, caller,
        lambda tx, now: service.change_review(tx, review_id, fields, expected=expected, caller=caller, now=now),
    )  # fmt: skip


@router.post("/{review_id}/incidents", operation_id="coverIncidents", response_model=schemas.Review)
async def cover_incidents(
    review_id: UUID, caller: ReviewsWrite, body: Add, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Covers further general incidents 三级(一般) by the same review. The open review of each is merged into this one; the
    clock of each runs on, and this report meets them all."""
    return await _answered(
        run, caller,
        lambda tx, now: covering.cover_incidents(
            tx, review_id, body.incident_ids, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip


@router.delete("/{review_id}/incidents/{incident_id}", status_code=204, operation_id="uncoverIncident")
async def uncover_incident(
    review_id: UUID, incident_id: UUID, expected: IfMatchOffered, run: InRetries, caller: ReviewsWrite
) -> None:
    """Takes an incident out of a review again: it is reviewed by itself, with what was written of it before."""
    await run(lambda tx, now: covering.take_out(tx, review_id, incident_id, expected=expected, caller=caller, now=now))


@router.post("/{review_id}/report/issue", operation_id="issueReviewReport", response_model=schemas.Review)
async def issue_review_report(
    review_id: UUID, caller: ReviewsWrite, body: Issue, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Issues the report 《危机复盘报告》: the clock of each covered incident is met. Needs a person, the meeting and four answers;
    what is missing is named in the 409 `review_incomplete`."""
    return await _answered(
        run, caller,
        lambda tx, now: service.issue_report(
            tx, review_id, body.happened_at, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip
