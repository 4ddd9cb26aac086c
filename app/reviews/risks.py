"""What people and reviews do with the risk register 风险清单 (方案 二(一)1, 二(三): R12, R60, R63).

Every change is a version of its own, with who made it, why, and the review whose decision it was. Risks are locked after
incidents and reviews. A risk is never deleted: it is closed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, Invalid, NotFound, naming
from app.core.outbox import record
from app.domain.bigrams import grams, searchable
from app.domain.events import RiskChanged, RiskLinked
from app.domain.risks import is_overdue, next_number, next_review
from app.domain.vocabulary.risks import RiskStatus
from app.domain.wording import mask_text
from app.domain.worktime import day_of
from app.incidents.queries import get_incident
from app.incidents.service import DrillsStayApart
from app.models import Incident, ReviewIncident, Risk, RiskIncident, RiskVersion
from app.models.base import new_id
from app.people.persons import active_person
from app.reviews.risks_measures import add_measures
from app.reviews.risks_queries import CONTENT, get_risk, graded

# What a new risk is where nobody says otherwise.
_UNSAID: Mapping[str, Any] = {
    "description": "", "words": [], "owner_id": None, "review_every_days": 90, "next_review_on": None,
}  # fmt: skip


class RiskClosed(Conflict):
    """What is closed is not looked after."""

    code, title = "risk_closed", ("The risk is closed", "该风险已关闭")


def content_of(risk: Risk) -> dict[str, Any]:
    """What a version says of the risk: enough to show what a change would make other."""
    return {name: getattr(risk, name) for name in CONTENT}


async def create_risk(
    tx: Tx, fields: Mapping[str, Any], review_id: UUID | None = None, *, reason: str = "", caller: Caller, now: datetime
) -> Risk:
    """A new risk, with the ``measures`` against it and the incidents (``incident_ids``) in which it came true; of a
    review's, all that the review covers."""
    stated = dict(_UNSAID) | {name: value for name, value in fields.items() if name in CONTENT}
    await _check(tx, stated, now)
    stated["next_review_on"] = stated["next_review_on"] or next_review(now, stated["review_every_days"])
    risk = Risk(
        id=new_id(), number=await _number(tx), status=RiskStatus.OPEN, created_by=caller.actor, created_at=now,
        updated_at=now, version=1, **stated,
    )  # fmt: skip
    tx.add(risk)
    await _keep(tx, risk, sorted(set(CONTENT) - {"reviewed_at"}), reason, review_id, caller=caller, now=now)
    await add_measures(tx, risk, fields.get("measures", ()), review_id, caller=caller, now=now)
    await link_incidents(tx, risk, fields.get("incident_ids", ()), review_id, caller=caller, now=now)
    return risk


async def change_risk(
    tx: Tx, risk_id: UUID, fields: Mapping[str, Any], review_id: UUID | None = None, *, reason: str = "",
    expected: Expected = ANY, caller: Caller, now: datetime,
) -> Risk:  # fmt: skip
    """Sets what ``fields`` names, as the risk's next version; adds ``measures``. A review's incidents are linked to it."""
    risk = await get_risk(tx, risk_id, lock=True)
    expected.meet(risk.version)
    changes = {n: value for n, value in fields.items() if n in CONTENT and getattr(risk, n) != value}
    if changes:
        await _check(tx, changes, now)
        _must_say_why(changes, reason)
        await _change(tx, risk, changes, reason, review_id, caller=caller, now=now)
    await add_measures(tx, risk, fields.get("measures", ()), review_id, caller=caller, now=now)
    await link_incidents(tx, risk, (), review_id, caller=caller, now=now)
    return risk


async def record_review(
    tx: Tx, risk_id: UUID, note: str, next_review_on: date | None, *, expected: Expected = ANY, caller: Caller,
    now: datetime,
) -> Risk:  # fmt: skip
    """Somebody looked at the risk again (方案 二(一)1: 定期梳理): it is due the next time, and what they found is why."""
    risk = await get_risk(tx, risk_id, lock=True)
    expected.meet(risk.version)
    if risk.status == RiskStatus.CLOSED:
        raise RiskClosed(f"The risk {risk.number} is closed: open it again (`status`) before it is reviewed.")
    _must_lie_ahead(next_review_on, now)
    on = next_review_on or next_review(now, risk.review_every_days)
    await _change(tx, risk, {"reviewed_at": now, "next_review_on": on}, note, None, caller=caller, now=now)
    return risk


async def link_incident(
    tx: Tx, risk_id: UUID, incident_id: UUID, *, caller: Caller, now: datetime
) -> Risk:  # fmt: skip
    """Somebody says that the risk came true in the incident. DrillsStayApart for an exercise. Once more changes nothing."""
    risk = await get_risk(tx, risk_id, lock=True)
    await link_incidents(tx, risk, [incident_id], None, at="/incident_id", caller=caller, now=now)
    return risk


async def link_incidents(
    tx: Tx, risk: Risk, incident_ids: Sequence[UUID], review_id: UUID | None, *, at: str = "/incident_ids",
    caller: Caller, now: datetime,
) -> None:  # fmt: skip
    """Links the locked risk to incidents, and to those of the review that are real."""
    for place, id_ in enumerate(incident_ids):
        with naming(at if at == "/incident_id" else f"{at}/{place}"):
            incident = await get_incident(tx, id_)
        if incident.is_drill:
            raise DrillsStayApart(
                f"The incident {incident.number} is an exercise 演练: nothing came true in it. Change the risk by the "
                "exercise's review instead."
            )
    covered = await _covered(tx, review_id)
    rows = [
        {"risk_id": risk.id, "incident_id": id_, "review_id": review_id, "linked_at": now, "linked_by": caller.actor}
        for id_ in sorted({*incident_ids, *covered})
    ]
    if not rows:
        return
    new = insert(RiskIncident).values(rows).on_conflict_do_nothing().returning(RiskIncident.incident_id)
    linked = sorted(await tx.scalars(new))
    if linked:
        event = RiskLinked(risk_id=risk.id, incident_ids=linked, action="linked", review_id=review_id)
        await record(tx, event, caller=caller)


async def _covered(tx: Tx, review_id: UUID | None) -> Sequence[UUID]:
    if review_id is None:
        return ()
    query = select(ReviewIncident.incident_id).join(Incident, Incident.id == ReviewIncident.incident_id)
    here = ReviewIncident.review_id == review_id, ReviewIncident.left_at.is_(None)
    return (await tx.scalars(query.where(*here, ~Incident.is_drill))).all()


async def unlink_incident(tx: Tx, risk_id: UUID, incident_id: UUID, *, caller: Caller) -> None:
    """They don't belong together after all. NotFound where they did not."""
    risk = await get_risk(tx, risk_id, lock=True)
    gone = delete(RiskIncident).where(RiskIncident.risk_id == risk_id, RiskIncident.incident_id == incident_id)
    found = (await tx.execute(gone.returning(RiskIncident.review_id))).all()
    if not found:
        raise NotFound(f"The risk {risk.number} is not linked to the incident {incident_id}.")
    event = RiskLinked(risk_id=risk_id, incident_ids=[incident_id], action="unlinked", review_id=found[0].review_id)
    await record(tx, event, caller=caller)


async def _change(
    tx: Tx,
    risk: Risk,
    changes: Mapping[str, Any],
    reason: str,
    review_id: UUID | None,
    *,
    caller: Caller,
    now: datetime,
) -> None:
    before = content_of(risk)
    for name, value in changes.items():
        setattr(risk, name, value)
    if risk.status != before["status"]:
        risk.closed_at = now if risk.status == RiskStatus.CLOSED else None
        if risk.status == RiskStatus.OPEN and is_overdue(risk.next_review_on, now):
            risk.next_review_on = next_review(now, risk.review_every_days)
    touch(risk, now)
    fields = sorted(name for name, value in content_of(risk).items() if value != before[name])
    await _keep(tx, risk, fields, reason, review_id, caller=caller, now=now)


async def _check(tx: Tx, fields: Mapping[str, Any], now: datetime) -> None:
    if fields.get("owner_id") is not None:
        await active_person(tx, fields["owner_id"], "/owner_id")
    _must_lie_ahead(fields.get("next_review_on"), now)


def _must_lie_ahead(on: date | None, now: datetime) -> None:
    if on is not None and on < day_of(now):
        raise Invalid.at("/next_review_on", "lies in the past; name today or a later day", "in_the_past")


def _must_say_why(changes: Mapping[str, Any], reason: str) -> None:
    if changes.get("status") == RiskStatus.CLOSED and not reason.strip():
        raise Invalid.at("/reason", "is needed to close a risk: say why it need not be looked after", "reason_needed")


async def _number(tx: Tx) -> str:
    """The next number; whoever asks at the same moment waits for this transaction's end."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("risks", 0))))
    last = select(Risk.number).order_by(func.length(Risk.number).desc(), Risk.number.desc()).limit(1)
    return next_number(await tx.scalar(last))


async def _keep(
    tx: Tx, risk: Risk, fields: list[str], reason: str, review_id: UUID | None, *, caller: Caller, now: datetime
) -> None:
    """The version that the risk has now, what of it is searched, and the event that says so."""
    risk.plain = searchable(map(mask_text, (risk.number, risk.title, risk.description, *risk.words)))
    risk.grams = grams(risk.plain)
    await tx.flush()
    content = orjson.loads(orjson.dumps(content_of(risk), option=orjson.OPT_UTC_Z))
    tx.add(
        RiskVersion(
            risk_id=risk.id, number=risk.version, content=content, fields=fields, reason=reason, review_id=review_id, at=now,
            by=caller.actor, person_id=caller.person_id,
        )
    )  # fmt: skip
    event = RiskChanged(
        risk_id=risk.id, risk_number=risk.number, risk_category=risk.category,
        risk_level=graded(risk.likelihood, risk.impact)["level"], owner_id=risk.owner_id, risk_version=risk.version,
        fields=fields, review_id=review_id, status=risk.status, next_review_on=risk.next_review_on,
    )  # fmt: skip
    await record(tx, event, caller=caller)
