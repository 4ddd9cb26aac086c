"""What is late in the risk register is told when its day is over in Shanghai, once a due date (R12).

The due date that was told stands in the row, and is written in the transaction of the event: so it is told exactly once,
however many workers look, and late rather than never after an outage, which the event says.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import Event, RiskMeasureOverdue, RiskReviewOverdue
from app.domain.risks import late_by
from app.domain.vocabulary.risks import RiskStatus
from app.domain.worktime import day_of
from app.models import Risk, RiskMeasure
from app.reviews.risks_queries import graded

PORTION = 100


async def tell_overdue(tx: Tx) -> int:
    """Tells of the reviews and measures that became late, some at a time; how many it told. What somebody else tells at
    this moment is passed over."""
    now = await tx.now()
    events: list[Event] = []
    for risk in (await tx.scalars(_reviews(now))).all():
        risk.told_on = risk.next_review_on
        events.append(
            RiskReviewOverdue(**_of(risk), due_on=risk.next_review_on, late_by_seconds=_late(risk.told_on, now))
        )
    # Before rows are read again, or what was set would be read over.
    await tx.flush()
    for measure, risk in (await tx.execute(_measures(now))).all():
        measure.told_on = measure.due_on
        whose = _of(risk) | {"owner_id": measure.owner_id or risk.owner_id}
        late = _late(measure.due_on, now)
        events.append(RiskMeasureOverdue(**whose, measure_id=measure.id, due_on=measure.due_on, late_by_seconds=late))
    await record(tx, *events, caller=SYSTEM)
    return len(events)


def _late(due_on: date, now: datetime) -> int:
    return int(late_by(due_on, now).total_seconds())


def _of(risk: Risk) -> dict[str, Any]:
    return {
        "risk_id": risk.id, "risk_number": risk.number, "risk_category": risk.category,
        "risk_level": graded(risk.likelihood, risk.impact)["level"], "owner_id": risk.owner_id,
    }  # fmt: skip


def _reviews(now: datetime) -> Select[Risk]:
    late = (Risk.status == RiskStatus.OPEN, Risk.next_review_on < day_of(now))
    untold = or_(Risk.told_on.is_(None), Risk.told_on != Risk.next_review_on)
    query = select(Risk).where(*late, untold).order_by(Risk.next_review_on, Risk.id).limit(PORTION)
    return query.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)


def _measures(now: datetime) -> Select[RiskMeasure, Risk]:
    late = (RiskMeasure.done_at.is_(None), RiskMeasure.due_on < day_of(now), Risk.status == RiskStatus.OPEN)
    untold = or_(RiskMeasure.told_on.is_(None), RiskMeasure.told_on != RiskMeasure.due_on)
    query = select(RiskMeasure, Risk).join(Risk, Risk.id == RiskMeasure.risk_id).where(*late, untold)
    query = query.order_by(RiskMeasure.due_on, RiskMeasure.id).limit(PORTION)
    # Both: whoever changes a measure holds its risk.
    return query.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
