"""Incidents that are an earlier one again 复发 (R63): the same watch rule or business unit, within 90 days after that one was
closed. Found once, when an incident is opened or its business unit is told; what did not hold is told with it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from app.core import paging
from app.core.auth import SYSTEM, Caller
from app.core.db import Tx
from app.core.outbox import Stored, record
from app.domain.events import IncidentChanged, IncidentEvent, IncidentRecurred
from app.domain.vocabulary.risks import RecurrenceReason
from app.incidents.queries import told_of
from app.incidents.timeline import on_timeline
from app.models import Incident, ReviewDecision, RiskIncident, RiskMeasure
from app.people.masks import words_of
from app.reviews.risks_queries import shown_measures, unmasked
from app.reviews.similar import reviews_of
from app.reviews.similar_schemas import RecurrenceFilters, RecurrenceQuery

WITHIN: Final = timedelta(days=90)
# A false alarm was nothing again, and what was merged is told of the one it went into.
_NOT_COUNTED: Final = ("dismissed", "merged")


async def opened(tx: Tx, stored: Sequence[Stored]) -> None:
    """Looks for each incident that was opened whether it is an earlier one again."""
    for entry in stored:
        assert isinstance(entry.event, IncidentEvent)
        await _look(tx, await told_of(tx, entry.event))


async def changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """The same of each that was told its business unit only now."""
    for entry in stored:
        assert isinstance(entry.event, IncidentChanged)
        if "business_unit" in entry.event.fields:
            incident = await told_of(tx, entry.event)
            if incident.recurrence_of is None:
                await _look(tx, incident)


async def _look(tx: Tx, incident: Incident) -> None:
    """Whoever recorded the event holds the incident's lock."""
    past = await _past(tx, incident)
    if past is None or past.ended_at is None:
        return
    same_rule = incident.rule_id is not None and past.rule_id == incident.rule_id
    reason = RecurrenceReason.RULE if same_rule else RecurrenceReason.BUSINESS_UNIT
    incident.recurrence_of, incident.recurrence_reason = past.id, reason
    incident.recurred_after = past.ended_at
    event = IncidentRecurred(
        **on_timeline(incident), past_incident_id=past.id, past_number=past.number, recurrence_reason=reason,
        closed_at=past.ended_at, days_between=max((incident.opened_at - past.ended_at).days, 0),
    )  # fmt: skip
    await record(tx, event, caller=SYSTEM)


async def _past(tx: Tx, incident: Incident) -> Incident | None:
    """What it is again: one of its own rule before one of its unit, and the one that was closed last."""
    same: list[Any] = []
    if incident.rule_id is not None:
        same.append(Incident.rule_id == incident.rule_id)
    if incident.business_unit is not None:
        same.append(Incident.business_unit == incident.business_unit)
    if not same:
        return None
    closed = (
        Incident.status == "closed", Incident.ended_at.between(incident.opened_at - WITHIN, incident.opened_at),
        Incident.is_drill == incident.is_drill, Incident.drill_id.is_not_distinct_from(incident.drill_id),
        Incident.id != incident.id,
    )  # fmt: skip
    query = select(Incident).where(*closed, or_(*same)).limit(1)
    if incident.rule_id is not None:
        query = query.order_by((Incident.rule_id == incident.rule_id).desc().nulls_last())
    return (await tx.scalars(query.order_by(Incident.ended_at.desc(), Incident.id))).one_or_none()


def _chosen(query: RecurrenceFilters) -> Select[Incident]:
    rows = select(Incident).where(Incident.is_drill == query.is_drill, Incident.status.not_in(_NOT_COUNTED))
    if query.opened_after is not None:
        rows = rows.where(Incident.opened_at > query.opened_after)
    if query.opened_before is not None:
        rows = rows.where(Incident.opened_at < query.opened_before)
    if query.business_unit:
        rows = rows.where(Incident.business_unit.in_(query.business_unit))
    if query.rule_id:
        rows = rows.where(Incident.rule_id.in_(query.rule_id))
    return rows


async def list_recurrences(tx: Tx, query: RecurrenceQuery, *, caller: Caller) -> dict[str, Any]:
    """Incidents that were an earlier one again, the newest first."""
    rows = _chosen(query).where(Incident.recurrence_of.is_not(None))
    if query.past_incident_id:
        rows = rows.where(Incident.recurrence_of.in_(query.past_incident_id))
    bound = ["recurrences", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Incident.id < UUID(after[0]))
    found = (await tx.scalars(rows.order_by(Incident.id.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda incident: [incident.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def count(tx: Tx, query: RecurrenceFilters) -> dict[str, Any]:
    """How many incidents were opened, and how many of them were an earlier one again; by what, and of which unit."""
    rows = _chosen(query).subquery()
    grouped = select(rows.c.business_unit, rows.c.recurrence_reason, func.count().label("many"))
    found = (await tx.execute(grouped.group_by(rows.c.business_unit, rows.c.recurrence_reason))).all()
    units: dict[str | None, list[int]] = {}
    for unit, reason, many in found:
        kept = units.setdefault(unit, [0, 0])
        kept[0] += many
        kept[1] += many if reason else 0
    by_unit = sorted(units.items(), key=lambda row: (-row[1][1], row[0] or ""))
    return {
        "opened": sum(many for _, _, many in found), "recurred": sum(many for _, reason, many in found if reason),
        "by_reason": [
            {"reason": reason, "count": sum(many for _, of, many in found if of == reason)} for reason in RecurrenceReason
        ],
        "by_business_unit": [
            {"business_unit": unit, "opened": opened, "recurred": recurred} for unit, (opened, recurred) in by_unit
        ],
    }  # fmt: skip


async def shown(tx: Tx, incidents: Sequence[Incident], *, caller: Caller) -> list[dict[str, Any]]:
    """The recurrences as the API shows them to the caller, each with what was done after the earlier one."""
    past_ids = [incident.recurrence_of for incident in incidents if incident.recurrence_of is not None]
    past = {one.id: one for one in await tx.scalars(select(Incident).where(Incident.id.in_(past_ids)))}
    reviews = await reviews_of(tx, past_ids)
    measures = await _measures(tx, past_ids, caller=caller)
    decisions = await _decisions(tx, list(reviews.values()), caller=caller)
    written = [(one.id, {"title": one.title}) for one in (*incidents, *past.values())]
    titles = {id_: words["title"] for (id_, _), words in
              zip(written, await words_of(tx, written, caller=caller), strict=True)}  # fmt: skip
    answers = []
    for incident in incidents:
        assert incident.recurrence_of is not None
        assert incident.recurred_after is not None
        before, review_id = past[incident.recurrence_of], reviews.get(incident.recurrence_of)
        answers.append({
            "incident": _named(incident, titles), "past_incident": _named(before, titles),
            "reason": incident.recurrence_reason, "closed_at": incident.recurred_after,
            "days_between": max((incident.opened_at - incident.recurred_after).days, 0), "review_id": review_id,
            "measures": _before(measures.get(before.id, []), incident.opened_at),
            "decisions": decisions.get(review_id, []) if review_id else [],
        })  # fmt: skip
    return answers


async def of_incident(tx: Tx, incident: Incident, *, caller: Caller) -> dict[str, Any] | None:
    """What the incident is again; None: nothing that we know of."""
    if incident.recurrence_of is None:
        return None
    [answer] = await shown(tx, [incident], caller=caller)
    return answer


def _named(incident: Incident, titles: dict[UUID, str]) -> dict[str, Any]:
    shown = {name: getattr(incident, name) for name in ("number", "status", "grade", "opened_at", "ended_at")}
    return shown | {"incident_id": incident.id, "title": titles[incident.id]}


def _before(measures: list[dict[str, Any]], opened_at: datetime) -> list[dict[str, Any]]:
    """Those that were asked for before it came again: what is done since is no fault of theirs."""
    return [measure for measure in measures if measure["created_at"] <= opened_at]


async def _measures(tx: Tx, past_ids: Sequence[UUID], *, caller: Caller) -> dict[UUID, list[dict[str, Any]]]:
    """Incident -> the measures against the risks that came true in it."""
    query = select(RiskIncident.incident_id, RiskMeasure).join(RiskMeasure, RiskMeasure.risk_id == RiskIncident.risk_id)
    query = query.where(RiskIncident.incident_id.in_(past_ids)).order_by(RiskMeasure.due_on, RiskMeasure.id)
    rows = (await tx.execute(query)).all()
    answers = await shown_measures(
        tx, list({row.RiskMeasure.id: row.RiskMeasure for row in rows}.values()), caller=caller
    )
    by_id = {measure["id"]: measure for measure in answers}
    found: dict[UUID, list[dict[str, Any]]] = {}
    for incident_id, measure in rows:
        found.setdefault(incident_id, []).append(by_id[measure.id])
    return found


async def _decisions(tx: Tx, review_ids: Sequence[UUID], *, caller: Caller) -> dict[UUID, list[dict[str, Any]]]:
    """Review -> what it decided."""
    query = select(ReviewDecision).where(ReviewDecision.review_id.in_(review_ids)).order_by(ReviewDecision.kind)
    rows = (await tx.scalars(query)).all()
    words = await words_of(tx, [(row.review_id, {"reason": row.reason}) for row in rows], caller=caller, told=unmasked)
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row, told in zip(rows, words, strict=True):
        shown = {"kind": row.kind, "state": row.state, "decided_at": row.decided_at} | told
        found.setdefault(row.review_id, []).append(shown)
    return found
