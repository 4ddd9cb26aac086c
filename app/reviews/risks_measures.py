"""Preventive measures 预防措施 against risks: added, changed, done (方案 二(一)1: R12)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select, tuple_

from app.core import paging
from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, Invalid, NotFound
from app.core.instants import not_ahead
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.vocabulary.risks import RiskStatus
from app.domain.worktime import day_of
from app.models import Risk, RiskMeasure
from app.models.base import new_id
from app.people.persons import active_person
from app.reviews.risks_measure_schemas import RiskMeasureQuery
from app.reviews.risks_queries import get_risk, shown_measures

MOST = 100
"""Measures against one risk."""


class TooManyMeasures(Conflict):
    """Nobody looks after more."""

    code, title = "too_many_measures", ("The risk has too many measures", "该风险的措施过多")


async def add_measure(
    tx: Tx, risk_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> RiskMeasure:  # fmt: skip
    """One more measure against a risk."""
    risk = await get_risk(tx, risk_id, lock=True)
    [measure] = await add_measures(tx, risk, [fields], None, at="", caller=caller, now=now)
    return measure


async def add_measures(
    tx: Tx, risk: Risk, many: Sequence[Mapping[str, Any]], review_id: UUID | None, *, at: str = "/measures",
    caller: Caller, now: datetime,
) -> list[RiskMeasure]:  # fmt: skip
    """More measures against the locked risk, as somebody or a review asks for them. ``at``: where the body names them."""
    if not many:
        return []
    there = await tx.scalar(select(func.count()).select_from(RiskMeasure).where(RiskMeasure.risk_id == risk.id))
    if (there or 0) + len(many) > MOST:
        raise TooManyMeasures(f"The risk {risk.number} has {there} measures, and {MOST} are the most.")
    measures = []
    for place, fields in enumerate(many):
        await _check(tx, fields, f"{at}/{place}" if at else "", now)
        measure = RiskMeasure(
            id=new_id(), risk_id=risk.id, title=fields["title"], owner_id=fields.get("owner_id"),
            due_on=fields["due_on"], outcome="", review_id=review_id, created_at=now, created_by=caller.actor,
            updated_at=now, version=1,
        )  # fmt: skip
        measures.append(measure)
    tx.add_all(measures)
    await record(tx, *(_said(measure, "created", sorted(fields)) for measure, fields in zip(measures, many, strict=True)),
                 caller=caller)  # fmt: skip
    return measures


async def change_measure(
    tx: Tx, measure_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> RiskMeasure:
    """Sets what ``fields`` names. ``done_at`` finishes it; null says that it is not done after all."""
    await get_risk(tx, (await get_measure(tx, measure_id)).risk_id, lock=True)
    measure = await get_measure(tx, measure_id)
    expected.meet(measure.version)
    changes = {name: value for name, value in fields.items() if getattr(measure, name) != value}
    if not changes:
        return measure
    await _check(tx, changes, "", now)
    if changes.get("done_at") is not None:
        changes["done_at"] = not_ahead(changes["done_at"], now, "/done_at")
    for name, value in changes.items():
        setattr(measure, name, value)
    touch(measure, now)
    await record(tx, _said(measure, "updated", sorted(changes)), caller=caller)
    return measure


async def _check(tx: Tx, fields: Mapping[str, Any], at: str, now: datetime) -> None:
    if fields.get("owner_id") is not None:
        await active_person(tx, fields["owner_id"], f"{at}/owner_id")
    if "due_on" in fields and fields["due_on"] < day_of(now):
        raise Invalid.at(f"{at}/due_on", "lies in the past; name today or a later day", "in_the_past")


def _said(measure: RiskMeasure, action: str, fields: list[str]) -> Changed:
    return Changed(subject="risk_measure", subject_id=str(measure.id), action=action, fields=fields)


async def get_measure(tx: Tx, measure_id: UUID) -> RiskMeasure:
    """The measure as it is now; NotFound otherwise."""
    query = select(RiskMeasure).where(RiskMeasure.id == measure_id).execution_options(populate_existing=True)
    measure = (await tx.scalars(query)).one_or_none()
    if measure is None:
        raise NotFound(f"There is no measure {measure_id}.")
    return measure


async def list_measures(tx: Tx, query: RiskMeasureQuery, *, caller: Caller) -> dict[str, Any]:
    """Measures, the first due first."""
    await tx.plan_anew()
    rows = _chosen(query, day_of(await tx.now()))
    bound = ["risk-measures", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(tuple_(RiskMeasure.due_on, RiskMeasure.id) > (date.fromisoformat(after[0]), UUID(after[1])))
    found = (await tx.scalars(rows.order_by(RiskMeasure.due_on, RiskMeasure.id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda measure: [measure.due_on.isoformat(), measure.id])
    return page | {"data": await shown_measures(tx, page["data"], caller=caller)}


def _chosen(query: RiskMeasureQuery, today: date) -> Select[RiskMeasure]:
    rows = select(RiskMeasure)
    for column, values in (
        (RiskMeasure.risk_id, query.risk_id), (RiskMeasure.owner_id, query.owner_id),
        (RiskMeasure.review_id, query.review_id),
    ):  # fmt: skip
        if values:
            rows = rows.where(column.in_(values))
    if query.done is not None:
        rows = rows.where(RiskMeasure.done_at.is_not(None) if query.done else RiskMeasure.done_at.is_(None))
    if query.overdue:
        open_ = exists().where(Risk.id == RiskMeasure.risk_id, Risk.status == RiskStatus.OPEN)
        rows = rows.where(RiskMeasure.done_at.is_(None), RiskMeasure.due_on < today, open_)
    return rows
