"""Everything that is read of reviews, with names and words as the caller may see them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.reviews import UNDER_WAY, UNFINISHED, choices
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.domain.vocabulary.reports import ReportState
from app.domain.vocabulary.reviews import ReviewDecisionKind, ReviewDecisionState, ReviewQuestion
from app.incidents.queries import get_incident
from app.models import (
    Deadline,
    Incident,
    Review,
    ReviewChange,
    ReviewDecision,
    ReviewEffort,
    ReviewIncident,
    ReviewReport,
)
from app.models.base import columns_of
from app.people.masks import people_of, words_of
from app.reviews.covers import clocks_of, current_review, get_review
from app.reviews.schemas import ReviewQuery
from app.reviews.states import answered, facts_with, get_decision
from app.reviews.written import as_seen

_KINDS = list(ReviewDecisionKind)


async def list_reviews(tx: Tx, query: ReviewQuery, *, caller: Caller) -> dict[str, Any]:
    """Reviews, the newest first."""
    chosen = _chosen(query, await tx.now())
    rows = select(Review).where(*chosen).order_by(Review.id.desc()).limit(query.limit + 1)
    filters = query.filters()
    after = paging.decode(query.cursor, filters)
    if after:
        rows = rows.where(Review.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, filters, lambda review: [review.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


def _chosen(query: ReviewQuery, now: datetime) -> Iterator[ColumnElement[bool]]:
    if query.incident_id:
        yield exists().where(
            ReviewIncident.review_id == Review.id, ReviewIncident.incident_id.in_(query.incident_id)
        )  # fmt: skip
    else:
        yield Review.is_drill.is_(query.is_drill)
    if query.status:
        yield Review.status.in_(query.status)
    if query.changed:
        yield exists().where(ReviewChange.review_id == Review.id, ReviewChange.subject_id.in_(query.changed))
    if query.overdue:
        yield _overdue(now)


def _overdue(now: datetime) -> ColumnElement[bool]:
    """Late by a clock that waits for the report, or by the date of the decisions."""
    clock = exists().where(
        ReviewIncident.review_id == Review.id, ReviewIncident.left_at.is_(None),
        Deadline.incident_id == ReviewIncident.incident_id, Deadline.kind == DeadlineKind.REVIEW,
        Deadline.state.in_((DeadlineState.RUNNING, DeadlineState.BREACHED)), Deadline.met_at.is_(None),
        Deadline.due_at < now,
    )  # fmt: skip
    return or_(
        Review.status.in_(UNDER_WAY) & clock, Review.status.in_(UNFINISHED) & (Review.decisions_due_at < now)
    )  # fmt: skip


async def review_of(tx: Tx, incident_id: UUID, *, caller: Caller) -> dict[str, Any]:
    """The review that covers an incident; NotFound where it has none."""
    incident = await get_incident(tx, incident_id)
    review = await current_review(tx, incident_id)
    if review is None:
        raise NotFound(f"The incident {incident.number} has no review: it is born when calm is recorded.")
    return await shown_one(tx, review, caller=caller)


async def get_shown(tx: Tx, review_id: UUID, *, caller: Caller) -> dict[str, Any]:
    """One review as the API shows it."""
    return await shown_one(tx, await get_review(tx, review_id), caller=caller)


async def shown_one(tx: Tx, review: Review, *, caller: Caller) -> dict[str, Any]:
    """The review as the API shows it."""
    [answer] = await shown(tx, [review], caller=caller)
    return answer


async def shown(tx: Tx, reviews: Sequence[Review], *, caller: Caller) -> list[dict[str, Any]]:
    """The reviews as the API shows them: seven queries, however many they are."""
    await tx.flush()
    ids = [review.id for review in reviews]
    decisions = await _decisions(tx, ids)
    efforts = await _efforts(tx, ids)
    covered = await _covered(tx, ids, caller)
    rendered = await _rendered(tx, ids)
    who = [id_ for review in reviews for id_ in (*review.participant_ids, review.reported_by)]
    who += [effort.person_id for rows in efforts.values() for effort in rows]
    people = await people_of(tx, who, caller=caller)
    written = [(review.born_of, {"meeting_note": review.meeting_note} | answered(review.answers)) for review in reviews]
    answers = []
    for review, words in zip(reviews, await words_of(tx, written, caller=caller), strict=True):
        made = decisions.get(review.id, [])
        decided = [one.kind for one in made if one.state != ReviewDecisionState.OPEN]
        facts = facts_with(review, decided, rendered=(review.id, review.version) in rendered)
        clocks = [one["due_at"] for one in covered.get(review.id, []) if one["due_at"] and not one["left_at"]]
        answers.append(
            columns_of(review) | {
                "meeting_note": words.pop("meeting_note"), "answers": words,
                "found": {question: review.found.get(question, []) for question in ReviewQuestion},
                "incidents": covered.get(review.id, []), "due_at": min(clocks, default=None),
                "participants": [people[id_] for id_ in review.participant_ids if id_ in people],
                "reported_by": people.get(review.reported_by),
                "efforts": [
                    {"person": people.get(one.person_id), "department_id": one.department_id, "hours": one.hours}
                    for one in efforts.get(review.id, [])
                ],
                "decisions": [{"kind": one.kind, "state": one.state, "decided_at": one.decided_at} for one in made],
                "allowed_actions": [
                    choice._asdict() | {"allowed": choice.refusal is None} for choice in choices(facts)
                ],
            }
        )  # fmt: skip
    return answers


async def _decisions(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[ReviewDecision]]:
    rows = (await tx.scalars(select(ReviewDecision).where(ReviewDecision.review_id.in_(ids)))).all()
    found: dict[UUID, list[ReviewDecision]] = {}
    for row in sorted(rows, key=lambda one: _KINDS.index(ReviewDecisionKind(one.kind))):
        found.setdefault(row.review_id, []).append(row)
    return found


async def _rendered(tx: Tx, ids: Sequence[UUID]) -> set[tuple[UUID, int]]:
    """Of which versions there are reports."""
    query = select(ReviewReport.review_id, ReviewReport.review_version)
    rows = await tx.execute(query.where(ReviewReport.review_id.in_(ids), ReviewReport.state == ReportState.DONE))
    return {(review_id, version) for review_id, version in rows}


async def _efforts(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[ReviewEffort]]:
    found: dict[UUID, list[ReviewEffort]] = {}
    query = select(ReviewEffort).where(ReviewEffort.review_id.in_(ids)).order_by(ReviewEffort.id)
    for row in await tx.scalars(query):
        found.setdefault(row.review_id, []).append(row)
    return found


async def _covered(tx: Tx, ids: Sequence[UUID], caller: Caller) -> dict[UUID, list[dict[str, Any]]]:
    query = select(ReviewIncident, Incident).join(Incident, Incident.id == ReviewIncident.incident_id)
    query = query.where(ReviewIncident.review_id.in_(ids)).order_by(ReviewIncident.added_at, Incident.id)
    rows = (await tx.execute(query)).all()
    clocks = await clocks_of(tx, {incident.id for _, incident in rows})
    written = [(incident.id, {"title": incident.title}) for _, incident in rows]
    found: dict[UUID, list[dict[str, Any]]] = {}
    for (row, incident), words in zip(rows, await words_of(tx, written, caller=caller), strict=True):
        due_at = clocks[incident.id].due_at if incident.id in clocks else None
        found.setdefault(row.review_id, []).append(
            {
                "incident_id": incident.id, "number": incident.number, "grade": incident.grade,
                "status": incident.status, "due_at": due_at, "left_at": row.left_at,
            } | words
        )  # fmt: skip
    return found


async def get_decision_shown(tx: Tx, review_id: UUID, kind: ReviewDecisionKind, *, caller: Caller) -> dict[str, Any]:
    """One of a review's decisions as the API shows it."""
    await get_review(tx, review_id)
    return await decision_shown(tx, await get_decision(tx, review_id, kind), caller=caller)


async def decision_shown(tx: Tx, decision: ReviewDecision, *, caller: Caller) -> dict[str, Any]:
    """The decision with what it changed."""
    await tx.flush()
    review = await get_review(tx, decision.review_id)
    query = select(ReviewChange).where(ReviewChange.decision_id == decision.id).order_by(ReviewChange.id)
    rows = (await tx.scalars(query)).all()
    people = await people_of(tx, [decision.decided_by], caller=caller)
    [words] = await words_of(tx, [(review.born_of, {"reason": decision.reason})], caller=caller)
    told: dict[str, Any] = {"change": decision.change or None, "changes": [columns_of(row) for row in rows]}
    told = await as_seen(tx, review.born_of, told, caller=caller)
    return columns_of(decision) | words | told | {"decided_by": people.get(decision.decided_by)}
