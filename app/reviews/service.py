"""What people do with reviews (方案 二(三)): begin one, fill it in, issue its report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Invalid
from app.core.instants import not_ahead
from app.core.outbox import record
from app.domain.events import Changed, ReviewCompleted, ReviewReported
from app.domain.reviews import is_complete
from app.domain.vocabulary.reviews import (
    ReviewAction,
    ReviewStatus,
)
from app.incidents.timeline import on_timeline
from app.models import Department, Person, Review, ReviewEffort
from app.models.base import new_id
from app.people.persons import active_people
from app.reviews.covers import Held, date, get_review, hold
from app.reviews.reports import rendered_of
from app.reviews.states import facts_of, must_may


async def change_review(
    tx: Tx, review_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Review:
    """Sets what ``fields`` names: answers one by one, the others whole. Invalid names what makes no sense."""
    review = await get_review(tx, review_id, lock=True)
    expected.meet(review.version)
    await must_may(tx, review, ReviewAction.UPDATE)
    changes = dict(fields)
    efforts: Sequence[Mapping[str, Any]] | None = changes.pop("efforts", None)
    answers = changes.pop("answers", None)
    if answers is not None:
        changes["answers"] = review.answers | answers
    await _check(tx, review, changes, now)
    changed = {name for name, value in changes.items() if getattr(review, name) != value}
    for name in changed:
        setattr(review, name, changes[name])
    if efforts is not None and await _enter(tx, review, efforts):
        changed.add("efforts")
    if changed:
        touch(review, now)
        event = Changed(subject="review", subject_id=str(review.id), action="updated", fields=sorted(changed))
        await record(tx, event, caller=caller)
    return review


async def _check(tx: Tx, review: Review, changes: dict[str, Any], now: datetime) -> None:
    if (people := changes.get("participant_ids")) is not None:
        changes["participant_ids"] = people = list(dict.fromkeys(people))
        new = {
            f"/participant_ids/{place}": id_ for place, id_ in enumerate(people) if id_ not in review.participant_ids
        }
        await active_people(tx, new)
    if (held := changes.get("meeting_at")) is not None:
        changes["meeting_at"] = held = not_ahead(held, now, "/meeting_at")
        if held is not None and held < review.since:
            raise Invalid.at(
                "/meeting_at", f"lies before the incident was calm or over, {review.since:%Y-%m-%dT%H:%M:%S.%fZ}: a "
                "meeting of then did not know all of it", "before_the_calm",
            )  # fmt: skip


async def _enter(tx: Tx, review: Review, efforts: Sequence[Mapping[str, Any]]) -> bool:
    """Replaces the hours; whether they are others than before. Invalid where whose they are is not known, or said twice."""
    asked: dict[tuple[str, UUID], float] = {}
    for place, effort in enumerate(efforts):
        whose = "person_id" if effort["person_id"] is not None else "department_id"
        key = whose, effort[whose]
        if (effort["person_id"] is None) is (effort["department_id"] is None):
            raise Invalid.at(f"/efforts/{place}", "name a person or a department, one of the two", "whose_needed")
        if key in asked:
            raise Invalid.at(f"/efforts/{place}/{whose}", "stands twice; add its hours up", "duplicate")
        if await tx.get(Person if whose == "person_id" else Department, effort[whose]) is None:
            raise Invalid.at(f"/efforts/{place}/{whose}", f"There is no such: {effort[whose]}.", "not_found")
        asked[key] = effort["hours"]
    rows = (await tx.scalars(select(ReviewEffort).where(ReviewEffort.review_id == review.id))).all()
    before = {(("person_id" if row.person_id else "department_id"), row.person_id or row.department_id): row.hours
              for row in rows}  # fmt: skip
    if asked == before:
        return False
    await tx.execute(delete(ReviewEffort).where(ReviewEffort.review_id == review.id))
    tx.add_all(
        ReviewEffort(id=new_id(), review_id=review.id, hours=hours, **{whose: id_})
        for (whose, id_), hours in asked.items()
    )
    await tx.flush()
    return True


async def issue_report(
    tx: Tx, review_id: UUID, happened_at: datetime | None, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Review:
    """Says that the report 《危机复盘报告》 was issued: that meets the clock, judged by when it happened. A person's word.

    ReviewIncomplete names what is missing: the meeting, answers, the report as the review is now.
    """
    held = await hold(tx, review_id, expected=expected)
    person = caller.require_person()
    review = held.review
    await must_may(tx, review, ReviewAction.ISSUE_REPORT)
    issued_at = not_ahead(happened_at, now, "/happened_at") or now
    assert review.meeting_at is not None, "else it was refused"
    if issued_at < review.meeting_at:
        raise Invalid.at("/happened_at", "lies before the meeting that it reports of", "before_the_meeting")
    report = await rendered_of(tx, review)
    assert report is not None, "else it was refused"
    review.status, review.reported_at, review.reported_by = ReviewStatus.REPORTED, issued_at, person.id
    review.report_id = report.id
    touch(review, now)
    await date(tx, review, now=now)
    events = [
        ReviewReported(
            **on_timeline(incident), happened_at=issued_at, review_id=review.id, report_id=review.report_id,
            decisions_due_at=review.decisions_due_at,
        )
        for incident in held.incidents
    ]  # fmt: skip
    await record(tx, *events, caller=caller)
    await settle(tx, held, caller=caller, now=now)
    return review


async def settle(tx: Tx, held: Held, *, caller: Caller, now: datetime) -> None:
    """Completes the review where its report is issued and all three are decided."""
    review = held.review
    if not is_complete(await facts_of(tx, review)):
        return
    review.status, review.completed_at = ReviewStatus.COMPLETED, now
    touch(review, now)
    events = [ReviewCompleted(**on_timeline(incident), review_id=review.id) for incident in held.incidents]
    await record(tx, *events, caller=caller)
