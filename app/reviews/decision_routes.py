"""The three decisions of a review over HTTP: drafted, looked at, applied; or nothing changes."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch, PreviewMatch
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, Retries, ReviewsRead, ReviewsWrite
from app.core.routing import Operation
from app.domain.vocabulary.reviews import ReviewDecisionKind
from app.models import ReviewDecision
from app.reviews import decision_schemas as schemas
from app.reviews import decisions, queries

router = APIRouter(prefix="/v1/reviews/{review_id}/decisions/{kind}", tags=["Reviews"], route_class=Operation)

Put = Annotated[schemas.ReviewDecisionPut, Depends(JsonBody(schemas.ReviewDecisionPut))]
Keep = Annotated[schemas.ReviewDecisionKeep, Depends(JsonBody(schemas.ReviewDecisionKeep))]


async def _answered(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[ReviewDecision]]
) -> dict[str, Any]:
    """The decision as the verb leaves it behind."""
    return await run.shown(verb, queries.decision_shown, caller=caller)


@router.get("", operation_id="getReviewDecision", response_model=schemas.ReviewDecision)
async def get_review_decision(
    review_id: UUID, kind: ReviewDecisionKind, tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """One of the three decisions: on the risk register, on the process, on the scope of monitoring."""
    return await queries.get_decision_shown(tx, review_id, kind, caller=caller)


@router.put("", operation_id="draftReviewDecision", response_model=schemas.ReviewDecision)
async def draft_review_decision(
    review_id: UUID, kind: ReviewDecisionKind, caller: ReviewsWrite, body: Put, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Drafts what is to be changed, in place of the draft before. Nothing is changed yet."""
    return await _answered(
        run, caller,
        lambda tx, now: decisions.draft_change(
            tx, review_id, kind, body.change, reason=body.reason, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip


@router.post("/no-change", operation_id="keepReviewDecision", response_model=schemas.ReviewDecision)
async def keep_review_decision(
    review_id: UUID, kind: ReviewDecisionKind, caller: ReviewsWrite, body: Keep, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Decides that nothing changes, and why 不作变更. Needs a person."""
    return await _answered(
        run, caller,
        lambda tx, now: decisions.keep_as_is(
            tx, review_id, kind, body.reason, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip


@router.post("/apply/preview", operation_id="previewReviewDecision", response_model=schemas.ReviewPreview)
async def preview_review_decision(
    review_id: UUID, kind: ReviewDecisionKind, caller: ReviewsRead, run: InRetries
) -> dict[str, Any]:
    """Shows what applying the draft would change, member by member, and changes nothing. Takes the scope to read what it is
    about as well. The answer's ETag is good as If-Match of `apply`."""
    return await run(lambda tx, now: decisions.preview(tx, review_id, kind, caller=caller, now=now))


@router.post("/apply", operation_id="applyReviewDecision", response_model=schemas.ReviewDecision)
async def apply_review_decision(
    review_id: UUID, kind: ReviewDecisionKind, caller: ReviewsWrite, expected: PreviewMatch, run: InRetries
) -> dict[str, Any]:
    """Makes the drafted change in one transaction, as new versions. Needs a person with the scope that the change itself
    takes. Where something of it was changed since the preview, nothing is, and 409 `decision_outdated` says what."""
    return await _answered(
        run, caller,
        lambda tx, now: decisions.apply_change(tx, review_id, kind, expected=expected, caller=caller, now=now),
    )  # fmt: skip
