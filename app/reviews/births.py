"""How reviews come and go with their incidents (方案 二(三)): born of a calm, put off by a relapse, gone on with.

Reactions of the rooms below: each is called in the transaction of its cause, with the incident locked, after the clocks.
While the clock `review` of an incident runs, an open review covers it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM, Caller
from app.core.conditional import touch
from app.core.db import Tx
from app.core.errors import Conflict
from app.core.outbox import Stored, record
from app.domain.events import (
    DeadlineRedated,
    IncidentCalmed,
    IncidentRebounded,
    ReviewIncidentMoved,
    ReviewOpened,
    ReviewResumed,
    ReviewSuspended,
    StatusChanged,
)
from app.domain.lifecycle import ENDED
from app.domain.reviews import UNDER_WAY, UNFINISHED, may_begin
from app.domain.vocabulary import DeadlineKind
from app.domain.vocabulary.reviews import ReviewDecisionKind, ReviewStatus
from app.incidents.queries import get_incident, told_of
from app.incidents.timeline import on_timeline
from app.models import Incident, Review, ReviewDecision
from app.models.base import new_id
from app.reviews.covers import cover_row, covered, current_review, date, get_review, let_go
from app.reviews.facts import found_of


class ReviewExists(Conflict):
    """One at a time."""

    code, title = "review_exists", ("The incident has a review", "该事件已有复盘")


class IncidentBurns(Conflict):
    """There is nothing to look back on yet."""

    code, title = "incident_burns", ("The incident is neither calm nor over", "事件尚未平息或终止")


async def calmed(tx: Tx, stored: Sequence[Stored]) -> None:
    """The fire is out: what happened is looked back on."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentCalmed)
        incident = await told_of(tx, event)
        if incident.status not in ENDED or incident.status == "closed":
            await ripen(tx, incident, since=event.calmed_at, caller=SYSTEM, now=await tx.now())


async def rebounded(tx: Tx, stored: Sequence[Stored]) -> None:
    """A relapse 二次发酵: there is nothing to look back on yet."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentRebounded)
        await _put_off(tx, await told_of(tx, event), "It flared up again.", UNFINISHED)


async def status_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """What an incident's end brings, its coming back, and its going into another."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, StatusChanged)
        incident = await told_of(tx, event)
        if event.to == "merged":
            await _follow(tx, incident)
        elif event.to == "dismissed":
            # What was reported of it is decided all the same.
            await _put_off(tx, incident, "It turned out to be none of ours.", UNDER_WAY)
        elif event.from_ in ENDED and event.to not in ENDED:
            await _put_off(tx, incident, "The incident came back.", UNFINISHED)
        elif event.to in ("closed", "subsided"):
            await _over(tx, incident, event.to)


async def redated(tx: Tx, stored: Sequence[Stored]) -> None:
    """The working calendar changed under a review: its decisions follow its clock."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, DeadlineRedated)
        if event.clock == DeadlineKind.REVIEW:
            review = await current_review(tx, event.incident_id, lock=True)
            if review is not None:
                await date(tx, review, now=await tx.now())


async def _over(tx: Tx, incident: Incident, status: str) -> None:
    """Closed without calm it is reviewed all the same; what subsides by itself only where it was before."""
    now = await tx.now()
    review = await current_review(tx, incident.id)
    suspended = review is not None and review.status == ReviewStatus.SUSPENDED
    begins = status == "closed" and (review is None or incident.calmed_at is None)
    if suspended or begins:
        await ripen(tx, incident, since=incident.calmed_at or now, caller=SYSTEM, now=now)


async def ripen(tx: Tx, incident: Incident, *, since: datetime, caller: Caller, now: datetime) -> Review:
    """The incident's review, open: a new one where it has none or only what was completed before; else it goes on."""
    review = await current_review(tx, incident.id, lock=True)
    if review is None or review.status == ReviewStatus.COMPLETED:
        if review is not None:
            await let_go(tx, review, incident, now=now)
        review = await _bear(tx, incident, ReviewStatus.OPEN, since=since, now=now)
        await date(tx, review, now=now)
        event = ReviewOpened(
            **on_timeline(incident), review_id=review.id, decisions_due_at=review.decisions_due_at
        )  # fmt: skip
        await record(tx, event, caller=caller)
    elif review.status == ReviewStatus.SUSPENDED:
        await _resume(tx, incident, review, since=since, caller=caller, now=now)
    return review


async def begin_review(tx: Tx, incident_id: UUID, *, caller: Caller, now: datetime) -> Review:
    """A person has an incident reviewed that has no review, as one that subsided; or goes on with one that was put off.

    IncidentBurns while it is neither calm nor over, ReviewExists where one is there.
    """
    incident = await get_incident(tx, incident_id, lock=True)
    if not may_begin(incident.status, calm=incident.calmed_at is not None):
        what = (
            f"look at the one it was merged into, {incident.merged_into}"
            if incident.status == "merged"
            else "wait until it is calm, or end it"
        )
        raise IncidentBurns(f"The incident {incident.number} is {incident.status}: {what}.")
    there = await current_review(tx, incident.id)
    if there is not None and there.status != ReviewStatus.SUSPENDED:
        raise ReviewExists(f"The review {there.id} covers it, which is {there.status}.", review_id=str(there.id))
    since = incident.calmed_at or incident.ended_at or now
    return await ripen(tx, incident, since=since, caller=caller, now=now)


async def _bear(tx: Tx, incident: Incident, status: ReviewStatus, *, since: datetime, now: datetime) -> Review:
    review = Review(
        id=new_id(), born_of=incident.id, is_drill=incident.is_drill, status=status, since=since, created_at=now,
        updated_at=now, found={}, answers={}, participant_ids=[], meeting_note="", version=1,
    )  # fmt: skip
    tx.add(review)
    await tx.flush()
    tx.add_all(
        ReviewDecision(id=new_id(), review_id=review.id, kind=kind, state="open", change={}, previews=[],
                       reason="", updated_at=now, version=1)
        for kind in ReviewDecisionKind
    )  # fmt: skip
    await cover_row(tx, review, incident, now=now)
    await look_up(tx, review, now=now)
    return review


async def look_up(tx: Tx, review: Review, *, now: datetime) -> None:
    """Has the machine's answers composed anew from what is on record. People's stand beside them, and are never touched."""
    await tx.flush()
    review.found, review.found_at = await found_of(tx, review), now


async def _resume(
    tx: Tx, incident: Incident, review: Review, *, since: datetime, caller: Caller, now: datetime
) -> None:
    review.status, review.since = ReviewStatus.OPEN, since
    await look_up(tx, review, now=now)
    touch(review, now)
    await date(tx, review, now=now)
    event = ReviewResumed(**on_timeline(incident), review_id=review.id, decisions_due_at=review.decisions_due_at)
    await record(tx, event, caller=caller)


async def _put_off(tx: Tx, incident: Incident, reason: str, which: Sequence[ReviewStatus]) -> None:
    """The incident's review waits. One that covers others too goes on without it: their clocks run."""
    now = await tx.now()
    review = await current_review(tx, incident.id, lock=True)
    if review is None or review.status not in which or review.status == ReviewStatus.SUSPENDED:
        return
    if len(await covered(tx, review.id)) > 1:
        review = await leave(tx, review, incident, ReviewStatus.SUSPENDED, caller=SYSTEM, now=now)
    else:
        review.status, review.reported_at, review.reported_by, review.report_id = (
            ReviewStatus.SUSPENDED,
            None,
            None,
            None,
        )
        touch(review, now)
        await date(tx, review, now=now)
    event = ReviewSuspended(**on_timeline(incident), review_id=review.id, reason=reason)
    await record(tx, event, caller=SYSTEM)


async def leave(
    tx: Tx, review: Review, incident: Incident, status: ReviewStatus, *, caller: Caller, now: datetime
) -> Review:
    """The incident has a review of its own again, which is the answer: its former one, with what was written there, or else
    a new one. Both are locked."""
    await let_go(tx, review, incident, now=now)
    await look_up(tx, review, now=now)
    touch(review, now)
    await date(tx, review, now=now)
    query = select(Review.id).where(Review.born_of == incident.id, Review.merged_into == review.id)
    own_id = await tx.scalar(query.order_by(Review.id.desc()).limit(1))
    if own_id is None:
        own = await _bear(tx, incident, status, since=review.since, now=now)
    else:
        own = await get_review(tx, own_id, lock=True)
        own.status, own.merged_into = status, None
        touch(own, now)
        await cover_row(tx, own, incident, now=now)
        await look_up(tx, own, now=now)
    await date(tx, own, now=now)
    event = ReviewIncidentMoved(
        **on_timeline(incident), review_id=review.id, action="left", other_review_id=own.id
    )  # fmt: skip
    await record(tx, event, caller=caller)
    return own


async def absorb(tx: Tx, review: Review, own: Review, incident: Incident, *, caller: Caller, now: datetime) -> None:
    """Another review covers the incident from here on; its own, which was under way, waits behind it. All are locked."""
    await let_go(tx, own, incident, now=now)
    own.status, own.merged_into = ReviewStatus.MERGED, review.id
    touch(own, now)
    await date(tx, own, now=now)
    await cover_row(tx, review, incident, now=now)
    # Of what was calm only later, a meeting before that did not know all.
    review.since = max(review.since, own.since)
    await look_up(tx, review, now=now)
    touch(review, now)
    await date(tx, review, now=now)
    event = ReviewIncidentMoved(
        **on_timeline(incident), review_id=review.id, action="covered", other_review_id=own.id
    )  # fmt: skip
    await record(tx, event, caller=caller)


async def _follow(tx: Tx, source: Incident) -> None:
    """An incident went into another, and its review goes where it went: what people wrote of it is not lost. Both incidents
    are locked. What was reported stays with it, and so does a review that covers others too."""
    now = await tx.now()
    review = await current_review(tx, source.id, lock=True)
    if review is None or review.status not in UNDER_WAY or len(await covered(tx, review.id)) > 1:
        return
    assert source.merged_into is not None, "what was merged says where"
    target = await tx.get(Incident, source.merged_into)
    assert target is not None, "a foreign key"
    there = await current_review(tx, target.id, lock=True)
    await let_go(tx, review, source, now=now)
    if there is not None and there.status in UNFINISHED:
        review.status, review.merged_into = ReviewStatus.MERGED, there.id
    else:
        if there is not None:
            await let_go(tx, there, target, now=now)
        calm = target.calmed_at is not None or target.status == "closed"
        review.status = ReviewStatus.OPEN if calm else ReviewStatus.SUSPENDED
        await cover_row(tx, review, target, now=now)
    touch(review, now)
    await date(tx, review, now=now)
    to = review.merged_into or review.id
    moved = ReviewIncidentMoved(**on_timeline(source), review_id=review.id, action="left", other_review_id=to)
    await record(tx, moved, caller=SYSTEM)
    if review.status != ReviewStatus.MERGED:
        event = ReviewIncidentMoved(
            **on_timeline(target), review_id=review.id, action="covered", other_review_id=None
        )  # fmt: skip
        await record(tx, event, caller=SYSTEM)
