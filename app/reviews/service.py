"""What people do with reviews (方案 二(三)): begin one, fill it in, issue its report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid
from app.core.instants import not_ahead
from app.core.outbox import record
from app.domain.events import Changed, ReviewCompleted, ReviewReported
from app.domain.reviews import GAPS, SAYS, ReviewFacts, gaps, is_complete, may_begin, refusal
from app.domain.vocabulary.reviews import (
    ReviewAction,
    ReviewDecisionKind,
    ReviewDecisionState,
    ReviewQuestion,
    ReviewStatus,
)
from app.incidents.queries import get_incident
from app.incidents.timeline import on_timeline
from app.models import Department, Person, Review, ReviewDecision, ReviewEffort
from app.models.base import new_id
from app.people.persons import active_people
from app.reviews.births import look_up, ripen
from app.reviews.covers import Held, current_review, date, get_review, hold


class ReviewExists(Conflict):
    """One at a time."""

    code, title = "review_exists", ("The incident has a review", "该事件已有复盘")


class IncidentBurns(Conflict):
    """There is nothing to look back on yet."""

    code, title = "incident_burns", ("The incident is neither calm nor over", "事件尚未平息或终止")


class ReviewIncomplete(Conflict):
    """The report is issued of what was met about and answered."""

    code, title = "review_incomplete", ("Something is missing for the report", "出具报告的条件未满足")


class ReviewOnHold(Conflict):
    code, title = "review_suspended", ("The review is put off", "复盘已暂停")


class ReviewSettled(Conflict):
    code, title = "review_settled", ("The report was issued", "复盘报告已出具")


class ReviewOver(Conflict):
    code, title = "review_completed", ("The review is completed", "复盘已完成")


class ReviewElsewhere(Conflict):
    code, title = "review_merged", ("Another review covers its incident", "该事件已并入其他复盘")


class DecisionTaken(Conflict):
    code, title = "decision_made", ("It is decided already", "该项已决定")


_REFUSALS: Mapping[str, type[Conflict]] = {
    kind.code: kind for kind in (ReviewOnHold, ReviewSettled, ReviewOver, ReviewElsewhere, DecisionTaken)
}


async def facts_of(tx: Tx, review: Review) -> ReviewFacts:
    """What decides what may be done about the review."""
    await tx.flush()
    query = select(ReviewDecision.kind).where(
        ReviewDecision.review_id == review.id, ReviewDecision.state != ReviewDecisionState.OPEN
    )
    return facts_with(review, await tx.scalars(query))


def facts_with(review: Review, decided: Any) -> ReviewFacts:
    """The same, where it is known which of its decisions are made."""
    return ReviewFacts(
        status=ReviewStatus(review.status), since=review.since, meeting_at=review.meeting_at, answers=review.answers,
        decided=[ReviewDecisionKind(kind) for kind in decided],
    )  # fmt: skip


async def must_may(
    tx: Tx, review: Review, action: ReviewAction, decision: ReviewDecisionKind | None = None
) -> None:  # fmt: skip
    """A Conflict, named by the fact, where the review is in no state for it."""
    facts = await facts_of(tx, review)
    code = refusal(action, facts, decision)
    if code is None:
        return
    if code == "review_incomplete":
        missing = gaps(facts)
        raise ReviewIncomplete(
            " ".join(GAPS[gap] for gap in missing), missing=list(missing),
            errors=[FieldError("", GAPS[gap], gap) for gap in missing],
        )  # fmt: skip
    if review.merged_into is not None:
        raise ReviewElsewhere(SAYS[code], merged_into=str(review.merged_into))
    raise _REFUSALS[code](SAYS[code])


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

    ReviewIncomplete names what is missing: the meeting, answers.
    """
    person = caller.require_person()
    held = await hold(tx, review_id, expected=expected)
    review = held.review
    await must_may(tx, review, ReviewAction.ISSUE_REPORT)
    issued_at = not_ahead(happened_at, now, "/happened_at") or now
    assert review.meeting_at is not None, "else it was refused"
    if issued_at < review.meeting_at:
        raise Invalid.at("/happened_at", "lies before the meeting that it reports of", "before_the_meeting")
    await look_up(tx, review, now=now)
    review.status, review.reported_at, review.reported_by = ReviewStatus.REPORTED, issued_at, person.id
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


def answered(answers: Mapping[str, str]) -> dict[str, str]:
    """All four answers, empty where there is none."""
    return {question: answers.get(question, "") for question in ReviewQuestion}
