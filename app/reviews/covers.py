"""Which incidents a review covers, who covers an incident, and when a review's decisions are due."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.reviews import decisions_due
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.domain.vocabulary.reviews import ReviewStatus
from app.incidents.spread import lock_incidents
from app.models import Deadline, Incident, Review, ReviewDue, ReviewIncident

_DATED = (ReviewStatus.OPEN, ReviewStatus.REPORTED)


class Held(NamedTuple):
    """A review and the incidents that it covers, all locked."""

    review: Review
    incidents: list[Incident]


async def get_review(tx: Tx, review_id: UUID, *, lock: bool = False) -> Review:
    """The review as it is now; NotFound otherwise."""
    query = select(Review).where(Review.id == review_id).execution_options(populate_existing=True)
    if lock:
        await tx.flush()
        query = query.with_for_update(key_share=True)
    review = (await tx.scalars(query)).one_or_none()
    if review is None:
        raise NotFound(f"There is no review {review_id}.")
    return review


async def current_review(tx: Tx, incident_id: UUID, *, lock: bool = False) -> Review | None:
    """The review that covers the incident; None where there is none."""
    await tx.flush()
    here = ReviewIncident.incident_id == incident_id, ReviewIncident.left_at.is_(None)
    review_id = await tx.scalar(select(ReviewIncident.review_id).where(*here))
    return None if review_id is None else await get_review(tx, review_id, lock=lock)


async def covered(tx: Tx, review_id: UUID) -> list[UUID]:
    """The incidents that the review covers now."""
    await tx.flush()
    here = ReviewIncident.review_id == review_id, ReviewIncident.left_at.is_(None)
    return list(await tx.scalars(select(ReviewIncident.incident_id).where(*here).order_by(ReviewIncident.incident_id)))


async def hold(tx: Tx, review_id: UUID, *more: UUID, expected: Expected = ANY) -> Held:
    """The review with the incidents it covers, locked in the house's order; ``more`` incidents are locked with them. Stale
    where it has changed."""
    await get_review(tx, review_id)
    while True:
        ids = await covered(tx, review_id)
        incidents = await lock_incidents(tx, {*ids, *more})
        review = await get_review(tx, review_id, lock=True)
        # One may have come or gone while we waited.
        if await covered(tx, review_id) == ids:
            expected.meet(review.version)
            return Held(review, [incidents[id_] for id_ in ids])


async def clocks_of(tx: Tx, incident_ids: Collection[UUID]) -> dict[UUID, Deadline]:
    """The incidents' last review clocks that were not called off, where they have one."""
    if not incident_ids:
        return {}
    await tx.flush()
    query = select(Deadline).where(
        Deadline.kind == DeadlineKind.REVIEW, Deadline.state != DeadlineState.CANCELLED,
        Deadline.incident_id.in_(incident_ids),
    )  # fmt: skip
    rows = await tx.scalars(query.order_by(Deadline.started_at, Deadline.id))
    return {row.incident_id: row for row in rows if row.incident_id is not None}


async def date(tx: Tx, review: Review, *, now: datetime) -> bool:
    """Dates the decisions by the clocks of what is covered; whether they are due at another time. The review is locked."""
    before = review.decisions_due_at
    review.decisions_due_at = None
    if review.status in _DATED:
        clocks = await clocks_of(tx, await covered(tx, review.id))
        review.decisions_due_at = decisions_due((row.due_at for row in clocks.values()), review.reported_at)
    if review.decisions_due_at == before:
        return False
    if review.decisions_due_at is None or review.decisions_due_at > now:
        review.overdue_told_at = None
    touch(review, now)
    await _keep_due(tx, review, now=now)
    return True


async def _keep_due(tx: Tx, review: Review, *, now: datetime) -> None:
    """Whoever asks later how it stood today is told what was due today."""
    row = {"review_id": review.id, "since": now, "due_at": review.decisions_due_at}
    query = insert(ReviewDue).values(row)
    await tx.flush()
    await tx.execute(query.on_conflict_do_update(index_elements=["review_id", "since"], set_={"due_at": row["due_at"]}))


async def cover_row(tx: Tx, review: Review, incident: Incident, *, now: datetime) -> None:
    """The incident is covered by this review from here on; it was let go by any other before."""
    row = await tx.get(ReviewIncident, (review.id, incident.id))
    if row is None:
        tx.add(ReviewIncident(review_id=review.id, incident_id=incident.id, added_at=now))
    else:
        row.added_at, row.left_at = now, None
    await tx.flush()


async def let_go(tx: Tx, review: Review, incident: Incident, *, now: datetime) -> None:
    """The incident is not covered by this review any more, which stays on record."""
    row = await tx.get(ReviewIncident, (review.id, incident.id))
    assert row is not None, "what covers an incident has a row"
    row.left_at = now
    # Before it is covered by another: it may be by one at a time.
    await tx.flush()
