"""Everything that is read of incidents, their spread and timeline, and the grading policies."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.core.search import matching
from app.domain.events import IncidentEvent
from app.domain.grading import Peaks, Policy, policy_from
from app.domain.spread import Series, forecast, minute_of, minute_start
from app.incidents.gaps import gaps_of
from app.incidents.runs import pace_of
from app.incidents.screen_schemas import IncidentFilters, IncidentQuery
from app.incidents.spread import peaks_of
from app.incidents.spread_schemas import SpreadQuery
from app.incidents.versions import get_version
from app.models import Event, GradingPolicy, Incident, SpreadBucket
from app.people.masks import people_of, words_of


async def get_incident(tx: Tx, incident_id: UUID, *, lock: bool = False) -> Incident:
    """The incident as it is now; NotFound otherwise."""
    query = select(Incident).where(Incident.id == incident_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    incident = (await tx.scalars(query)).one_or_none()
    if incident is None:
        raise NotFound(f"There is no incident {incident_id}.")
    return incident


async def told_of(tx: Tx, event: IncidentEvent) -> Incident:
    """The incident an event is of: whoever recorded it holds its lock, so this asks nobody."""
    incident = await tx.get(Incident, event.incident_id)
    assert incident is not None, "events cite incidents that exist: a foreign key"
    return incident


async def list_incidents(tx: Tx, query: IncidentQuery) -> dict[str, Any]:
    """Incidents, newest first."""
    rows = select(Incident).where(*chosen(query)).order_by(Incident.id.desc()).limit(query.limit + 1)
    filters = query.filters()
    after = paging.decode(query.cursor, filters)
    if after:
        rows = rows.where(Incident.id < UUID(after[0]))
    if query.q is not None:
        await tx.plan_anew()
    return paging.page((await tx.scalars(rows)).all(), query.limit, filters, lambda incident: [incident.id])


def chosen(query: IncidentFilters) -> Iterator[ColumnElement[bool]]:
    """What the filters ask for."""
    if query.drill_id is not None:
        yield Incident.drill_id == query.drill_id
    else:
        yield Incident.is_drill.is_(query.is_drill)
    if query.status:
        yield Incident.status.in_(query.status)
    if query.grade:
        yield Incident.grade.in_(query.grade)
    if query.rule_id is not None:
        yield Incident.rule_id == query.rule_id
    if query.opened_after is not None:
        yield Incident.opened_at > query.opened_after
    if query.opened_before is not None:
        yield Incident.opened_at < query.opened_before
    yield from matching(query.q, Incident.id)


async def list_timeline(tx: Tx, incident_id: UUID, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """The incident's events in order, with the names of those who acted as the caller may see them."""
    await get_incident(tx, incident_id)
    bound = ["timeline", incident_id]
    rows = select(Event).where(Event.incident_id == incident_id).order_by(Event.seq).limit(query.limit + 1)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Event.seq > after[0])
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda event: [event.seq])
    return page | {"data": await shown_events(tx, incident_id, page["data"], caller=caller)}


async def shown_events(tx: Tx, incident_id: UUID, events: Sequence[Event], *, caller: Caller) -> list[dict[str, Any]]:
    """An incident's events as its timeline shows them, with names and reasons as the caller may see them."""
    who = {event.actor: UUID(event.actor[7:]) for event in events if event.actor.startswith("person:")}
    people = await people_of(tx, who.values(), caller=caller)
    reasons = [
        (incident_id, {name: event.data[name] for name in ("reason",) if name in event.data}) for event in events
    ]
    return [
        {
            "id": event.id, "seq": event.seq, "type": event.type, "at": event.at, "actor": event.actor,
            "via": event.via, "data": event.data | words,
            "person": people.get(who.get(event.actor)),
        }
        for event, words in zip(events, await words_of(tx, reasons, caller=caller), strict=True)
    ]  # fmt: skip


async def get_spread(tx: Tx, incident_id: UUID, query: SpreadQuery) -> dict[str, Any]:
    """The buckets, and every volume rule's window: enough for anyone to recount the grade (方案 二(二)1)."""
    incident = await get_incident(tx, incident_id)
    rows = (await tx.execute(
        select(SpreadBucket.minute, SpreadBucket.reposts, SpreadBucket.comments, SpreadBucket.likes)
        .where(SpreadBucket.incident_id == incident_id).order_by(SpreadBucket.minute)
    )).all()  # fmt: skip
    series = Series([row.minute for row in rows], [row.reposts + row.comments + row.likes for row in rows])
    policy = policy_from((await get_version(tx, GradingPolicy, incident.policy_id)).rules)
    now = minute_of((await pace_of(tx, incident)).scenario(await tx.now()))
    first = minute_start(min([minute_of(incident.opened_at), *series.minutes[:1]]))
    start, end = max(query.from_ or first, first), min(query.to or await tx.now(), incident.ended_at or await tx.now())
    return {
        "incident_id": incident.id, "grade": incident.grade, "total": incident.total, "baseline": incident.baseline,
        "as_of": minute_start(now), "buckets": _buckets(rows, query), "forecast": forecasts_of(policy, series, now),
        "windows": windows_of(policy, series, peaks_of(incident, policy), now),
        "gaps": [gap.shown() for gap in await gaps_of(tx, incident, start, end)],
    }  # fmt: skip


def forecasts_of(policy: Policy, series: Series, now: int) -> list[dict[str, Any]]:
    """When each volume rule would hold if the last 30 minutes went on."""
    return [
        {
            "rule": rule.id, "grade": rule.grade,
            "minutes": forecast(series, now, rule.volume.window_minutes, rule.volume.threshold),
        }
        for rule in policy.rules if rule.volume
    ]  # fmt: skip


def windows_of(policy: Policy, series: Series, peaks: Peaks, now: int) -> list[dict[str, Any]]:
    """Each volume rule's window, as it is with the minute ``now`` and as it was at its greatest."""
    windows = []
    for rule in policy.rules:
        if rule.volume is None:
            continue
        width, peak = rule.volume.window_minutes, peaks[rule.volume.window_minutes]
        windows.append(
            {
                "rule": rule.id, "window_seconds": width * 60, "threshold": rule.volume.threshold, "grade": rule.grade,
                "current": series.window(now, width), "peak": peak.total,
                "peak_at": minute_start(peak.at) if peak.at is not None else None,
            }
        )  # fmt: skip
    return windows


def _buckets(rows: Any, query: SpreadQuery) -> list[dict[str, Any]]:
    step = query.resolution_seconds // 60
    first = minute_of(query.from_) if query.from_ else None
    last = minute_of(query.to) if query.to else None
    merged: dict[int, list[int]] = {}
    for minute, *counters in rows:
        if (first is not None and minute < first) or (last is not None and minute >= last) or not any(counters):
            continue
        kept = merged.setdefault(minute - minute % step, [0, 0, 0])
        for place, value in enumerate(counters):
            kept[place] += value
    return [
        {"minute": minute_start(minute), "reposts": kept[0], "comments": kept[1], "likes": kept[2]}
        for minute, kept in merged.items()
    ]
