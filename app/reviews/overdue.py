"""Decisions that are late (方案 二(三)): said once for each time that they are due at."""

from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import ReviewDecisionsOverdue
from app.domain.vocabulary.reviews import ReviewDecisionKind, ReviewDecisionState, ReviewStatus
from app.incidents.timeline import on_timeline
from app.models import Review, ReviewDecision
from app.reviews.covers import hold

_WAITING = (ReviewStatus.OPEN, ReviewStatus.REPORTED)


async def late_reviews(tx: Tx) -> list[UUID]:
    """Those whose decisions are late, and of which nobody was told, the earliest due first."""
    late = Review.status.in_(_WAITING), Review.overdue_told_at.is_(None), Review.decisions_due_at < await tx.now()
    return list(await tx.scalars(select(Review.id).where(*late).order_by(Review.decisions_due_at)))


async def tell_of(tx: Tx, review_id: UUID) -> int:
    """Says that the review's decisions are late; 1 where it did. It may have moved on meanwhile."""
    held, now = await hold(tx, review_id), await tx.now()
    review, due_at = held.review, held.review.decisions_due_at
    if review.status not in _WAITING or review.overdue_told_at is not None or due_at is None or due_at >= now:
        return 0
    query = select(ReviewDecision.kind).where(
        ReviewDecision.review_id == review.id, ReviewDecision.state == ReviewDecisionState.OPEN
    )
    open_kinds = set(await tx.scalars(query))
    review.overdue_told_at = now
    if not open_kinds:
        # All are made; what is late is the report, of which its own clock tells.
        return 0
    events = [
        ReviewDecisionsOverdue(
            **on_timeline(incident), review_id=review.id, due_at=due_at,
            decisions=[kind for kind in ReviewDecisionKind if kind in open_kinds],
            late_by_seconds=int((now - due_at).total_seconds()),
        )
        for incident in held.incidents
    ]  # fmt: skip
    await record(tx, *events, caller=SYSTEM)
    return 1
