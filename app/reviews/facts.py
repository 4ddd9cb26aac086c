"""The facts of a review 复盘事实 (方案 二(三), R58), and what the machine makes of them for each of the four questions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM, Caller
from app.core.db import Tx
from app.domain.review_facts import Column, Fact, Facts, Row, Section, Table, counted, number, words
from app.domain.review_found import found as find
from app.domain.review_known import Known
from app.domain.review_sections import chapter
from app.domain.vocabulary.reports import FactSource
from app.domain.vocabulary.reviews import ReviewQuestion
from app.models import Department, Incident, Review, ReviewEffort, ReviewIncident
from app.people.masks import people_of
from app.reviews.fact_queries import known_of


async def incidents_of(tx: Tx, review_id: UUID) -> Sequence[Incident]:
    """The incidents that a review covers, the first that it covered first."""
    query = select(Incident).join(ReviewIncident, ReviewIncident.incident_id == Incident.id)
    query = query.where(ReviewIncident.review_id == review_id, ReviewIncident.left_at.is_(None))
    return (await tx.scalars(query.order_by(ReviewIncident.added_at, Incident.id))).all()


async def facts_of(tx: Tx, review: Review, *, caller: Caller = SYSTEM) -> tuple[Facts, dict[ReviewQuestion, list[Any]]]:
    """The facts, and what was found: sentences with what they rest on. Words and names as the caller may see them."""
    known = [await known_of(tx, incident, caller=caller) for incident in await incidents_of(tx, review.id)]
    chapters = tuple(chapter(each) for each in known)
    facts = Facts(review.id, await tx.now(), chapters, await _effort(tx, review, caller))
    answers: dict[ReviewQuestion, list[Any]] = {question: [] for question in ReviewQuestion}
    for each, told in zip(known, chapters, strict=True):
        for question, sentences in find(each, told).items():
            answers[question] += [_shown(each, sentence, several=len(known) > 1) for sentence in sentences]
    return facts, answers


async def found_of(tx: Tx, review: Review) -> dict[str, Any]:
    """What a review keeps as its machine's answers: question -> sentences, each with the ids of the events it rests on and
    the answers of this API that it was counted from. There is nothing in it that people wrote."""
    _, found = await facts_of(tx, review)
    return {question.value: sentences for question, sentences in found.items()}


def _shown(known: Known, sentence: Any, *, several: bool) -> dict[str, Any]:
    return {
        "incident_id": str(known.incident_id),
        "text": f"{known.number}：{sentence.text}" if several else sentence.text,
        "event_ids": list(sentence.cited.event_ids),
        "sources": [source.value for source in sentence.cited.sources],
    }


async def _effort(tx: Tx, review: Review, caller: Caller) -> Section:
    """The hours, where somebody entered any."""
    query = select(ReviewEffort).where(ReviewEffort.review_id == review.id).order_by(ReviewEffort.id)
    rows = (await tx.scalars(query)).all()
    cited = counted(FactSource.REVIEW)
    people = await people_of(tx, [row.person_id for row in rows], caller=caller)
    named = select(Department.id, Department.name).where(Department.id.in_([row.department_id for row in rows]))
    departments = {row.id: row.name for row in await tx.execute(named)} if rows else {}
    lines = tuple(
        Row((words(_name(row, people, departments)), number(row.hours, " 小时")), cited) for row in rows
    )  # fmt: skip
    if not rows:
        return Section("effort", "投入工时", ())
    total = Fact("hours", "投入工时", number(sum(row.hours for row in rows), " 小时"), cited)
    heads = (Column("who", "人员或部门"), Column("hours", "工时"))
    return Section("effort", "投入工时", (total,), (Table("effort", "投入工时", heads, lines),))


def _name(row: ReviewEffort, people: Any, departments: Any) -> str:
    person = people.get(row.person_id)
    return str(person["name"] if person else departments.get(row.department_id, ""))
