"""Everything that is read of the risk register, with names and words as the caller may see them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select, text

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.bigrams import needles, terms
from app.domain.events import Event, RegisterUnmasked
from app.domain.risks import is_overdue, level_of, score, scores_of
from app.domain.vocabulary.risks import RiskStatus
from app.domain.worktime import day_of
from app.models import Risk, RiskIncident, RiskMeasure, RiskVersion
from app.models.base import columns_of
from app.people.masks import people_of, words_of
from app.reviews.risks_schemas import RiskQuery

# What a version says of a risk.
CONTENT: Final = (
    "title", "category", "description", "words", "likelihood", "impact", "owner_id", "review_every_days",
    "next_review_on", "status", "reviewed_at",
)  # fmt: skip
_WRITTEN: Final = ("title", "description", "words")
_HIDDEN: Final = ("owner_id", "told_on", "plain", "grams")
_score = Risk.likelihood * Risk.impact

# Of each risk the fifty that were linked last, and how many there are.
_INCIDENTS = text("""
select r.id as risk_id, l.incident_id, l.review_id, l.linked_at, l.linked_by, i.number, i.title, i.status, i.grade
from unnest(cast(:ids as uuid[])) as r(id) cross join lateral (
  select * from risk_incidents where risk_id = r.id order by linked_at desc, incident_id desc limit 50) l
join incidents i on i.id = l.incident_id
order by l.linked_at desc, l.incident_id desc""")


def unmasked(ids: list[UUID]) -> Event:
    """That what was written in the register was seen unmasked."""
    return RegisterUnmasked(subject_ids=ids)


async def get_risk(tx: Tx, risk_id: UUID, *, lock: bool = False) -> Risk:
    """The risk as it is now; NotFound otherwise."""
    query = select(Risk).where(Risk.id == risk_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    risk = (await tx.scalars(query)).one_or_none()
    if risk is None:
        raise NotFound(f"There is no risk {risk_id}.")
    return risk


async def list_risks(tx: Tx, query: RiskQuery, *, caller: Caller) -> dict[str, Any]:
    """Risks, the greatest first."""
    await tx.plan_anew()
    rows = _chosen(query, day_of(await tx.now()))
    bound = ["risks", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(or_(_score < after[0], and_(_score == after[0], Risk.id > UUID(after[1]))))
    found = (await tx.scalars(rows.order_by(_score.desc(), Risk.id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda risk: [score(risk.likelihood, risk.impact), risk.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


def _chosen(query: RiskQuery, today: date) -> Select[Risk]:
    rows = select(Risk)
    for column, values in (
        (Risk.category, query.category), (Risk.status, query.status), (Risk.owner_id, query.owner_id),
    ):  # fmt: skip
        if values:
            rows = rows.where(column.in_(values))
    if query.level:
        rows = rows.where(or_(*(_score.between(*scores_of(level)) for level in query.level)))
    if query.incident_id:
        linked = exists().where(RiskIncident.risk_id == Risk.id, RiskIncident.incident_id.in_(query.incident_id))
        rows = rows.where(linked)
    if query.review_id:
        changed = exists().where(RiskVersion.risk_id == Risk.id, RiskVersion.review_id.in_(query.review_id))
        asked = exists().where(RiskMeasure.risk_id == Risk.id, RiskMeasure.review_id.in_(query.review_id))
        rows = rows.where(or_(changed, asked))
    if query.overdue:
        rows = rows.where(Risk.status == RiskStatus.OPEN, Risk.next_review_on < today)
    for term in terms(query.q) if query.q is not None else ():
        rows = rows.where(Risk.grams.contains(needles(term)))
        if len(term) > 2:
            rows = rows.where(Risk.plain.contains(term, autoescape=True))
    return rows


async def shown(tx: Tx, risks: Sequence[Risk], *, caller: Caller) -> list[dict[str, Any]]:
    """The risks as the API shows them to the caller."""
    ids, now = [risk.id for risk in risks], await tx.now()
    people = await people_of(tx, [risk.owner_id for risk in risks], caller=caller)
    measures: dict[UUID, list[dict[str, Any]]] = {id_: [] for id_ in ids}
    rows = await tx.scalars(
        select(RiskMeasure).where(RiskMeasure.risk_id.in_(ids)).order_by(RiskMeasure.due_on, RiskMeasure.id)
    )
    for measure in await shown_measures(tx, rows.all(), caller=caller):
        measures[measure["risk_id"]].append(measure)
    counts, incidents = await _incidents(tx, ids, caller=caller)
    written = [(risk.id, {name: getattr(risk, name) for name in _WRITTEN}) for risk in risks]
    words = await words_of(tx, written, caller=caller, told=unmasked)
    return [
        {name: value for name, value in columns_of(risk).items() if name not in _HIDDEN}
        | told | graded(risk.likelihood, risk.impact)
        | {
            "owner": people.get(risk.owner_id), "measures": measures[risk.id], "incidents": incidents[risk.id],
            "incident_count": counts.get(risk.id, 0),
            "overdue": risk.status == RiskStatus.OPEN and is_overdue(risk.next_review_on, now),
        }
        for risk, told in zip(risks, words, strict=True)
    ]  # fmt: skip


def graded(likelihood: int, impact: int) -> dict[str, Any]:
    """A risk's score and level."""
    value = score(likelihood, impact)
    return {"score": value, "level": level_of(value)}


async def shown_one(tx: Tx, risk: Risk, *, caller: Caller) -> dict[str, Any]:
    """One risk as the API shows it to the caller."""
    [answer] = await shown(tx, [risk], caller=caller)
    return answer


async def _incidents(
    tx: Tx, ids: Sequence[UUID], *, caller: Caller
) -> tuple[dict[UUID, int], dict[UUID, list[dict[str, Any]]]]:
    """Risk -> in how many incidents it came true, and the last of them."""
    links: dict[UUID, list[dict[str, Any]]] = {id_: [] for id_ in ids}
    counting = select(RiskIncident.risk_id, func.count()).where(RiskIncident.risk_id.in_(ids))
    rows = await tx.execute(counting.group_by(RiskIncident.risk_id))
    counts = {row[0]: row[1] for row in rows}
    if counts:
        found = (await tx.execute(_INCIDENTS, {"ids": list(ids)})).mappings().all()
        titles = await words_of(tx, [(row["incident_id"], {"title": row["title"]}) for row in found], caller=caller)
        for row, title in zip(found, titles, strict=True):
            links[row["risk_id"]].append({**row, **title})
    return counts, links


async def shown_measures(tx: Tx, measures: Sequence[RiskMeasure], *, caller: Caller) -> list[dict[str, Any]]:
    """The measures as the API shows them to the caller."""
    if not measures:
        return []
    now = await tx.now()
    people = await people_of(tx, [measure.owner_id for measure in measures], caller=caller)
    of = select(Risk.id, Risk.number, Risk.status).where(Risk.id.in_({measure.risk_id for measure in measures}))
    risks = {id_: (number, status) for id_, number, status in await tx.execute(of)}
    written = [(measure.risk_id, {"title": measure.title, "outcome": measure.outcome}) for measure in measures]
    words = await words_of(tx, written, caller=caller, told=unmasked)
    return [
        {name: value for name, value in columns_of(measure).items() if name not in ("owner_id", "told_on")}
        | told
        | {
            "owner": people.get(measure.owner_id), "risk_number": risks[measure.risk_id][0],
            "overdue": _late(measure, risks[measure.risk_id][1], now),
        }
        for measure, told in zip(measures, words, strict=True)
    ]  # fmt: skip


def _late(measure: RiskMeasure, status: str, now: datetime) -> bool:
    return status == RiskStatus.OPEN and measure.done_at is None and is_overdue(measure.due_on, now)


async def list_versions(tx: Tx, risk_id: UUID, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """The risk's versions, the newest first."""
    await get_risk(tx, risk_id)
    bound = ["risk-versions", risk_id]
    rows = select(RiskVersion).where(RiskVersion.risk_id == risk_id)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(RiskVersion.number < after[0])
    found = (await tx.scalars(rows.order_by(RiskVersion.number.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda version: [version.number])
    people = await people_of(tx, [version.person_id for version in page["data"]], caller=caller)
    written = [
        (risk_id, {name: version.content[name] for name in _WRITTEN} | {"reason": version.reason})
        for version in page["data"]
    ]
    words = await words_of(tx, written, caller=caller, told=unmasked)
    return page | {"data": [_version(*both, people) for both in zip(page["data"], words, strict=True)]}


def _version(version: RiskVersion, words: dict[str, Any], people: Any) -> dict[str, Any]:
    stated = {name: words[name] for name in _WRITTEN}
    content = version.content | stated | graded(version.content["likelihood"], version.content["impact"])
    return columns_of(version) | {
        "content": content, "reason": words["reason"], "person": people.get(version.person_id)
    }  # fmt: skip
