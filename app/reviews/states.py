"""What may be done about a review as it stands, and how a refusal is told. The rules are :mod:`app.domain.reviews`."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.core.errors import Conflict, FieldError
from app.domain.reviews import GAPS, SAYS, ReviewFacts, gaps, refusal
from app.domain.vocabulary.reviews import (
    ReviewAction,
    ReviewDecisionKind,
    ReviewDecisionState,
    ReviewQuestion,
    ReviewStatus,
)
from app.models import Review, ReviewDecision
from app.reviews.reports import rendered_of


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
    return facts_with(review, await tx.scalars(query), rendered=await rendered_of(tx, review) is not None)


def facts_with(review: Review, decided: Iterable[str], *, rendered: bool) -> ReviewFacts:
    """The same, where it is known which of its decisions are made, and whether its report is rendered."""
    return ReviewFacts(
        status=ReviewStatus(review.status), since=review.since, meeting_at=review.meeting_at, answers=review.answers,
        rendered=rendered, decided=[ReviewDecisionKind(kind) for kind in decided],
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


async def get_decision(tx: Tx, review_id: UUID, kind: ReviewDecisionKind) -> ReviewDecision:
    """One of the review's three decisions, as it is now."""
    await tx.flush()
    query = select(ReviewDecision).where(ReviewDecision.review_id == review_id, ReviewDecision.kind == kind)
    return (await tx.scalars(query.execution_options(populate_existing=True))).one()


def answered(answers: Mapping[str, str]) -> dict[str, str]:
    """All four answers, empty where there is none."""
    return {question: answers.get(question, "") for question in ReviewQuestion}
