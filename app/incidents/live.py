"""What a wall shows of each incident beside what people and the grade change 大屏: windows, forecast, what is due next.

A page costs three queries, however long it is and whatever is asked for. Nothing of it counts as a version.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, func, select, text

from app.core.db import Tx
from app.domain.grading import Policy, policy_from
from app.domain.spread import SLOPE_MINUTES, Series, minute_of, minute_start
from app.domain.vocabulary import IncidentInclude
from app.incidents.queries import forecasts_of, windows_of
from app.incidents.recent import recent
from app.incidents.runs import run_pace
from app.incidents.spread import peaks_of
from app.models import GradingPolicy, Incident

POINTS: Final = 24
_HOUR = 60
_COUNTED = {IncidentInclude.WINDOWS, IncidentInclude.FORECAST, IncidentInclude.SPARKLINE}

# A soft clock, that of the first word, runs on when its time is over: what comes next may not stand behind it for ever.
_FACTS = text("""
select i.id, d.id as deadline_id, d.kind, d.state, d.started_at, d.due_at, d.estimated, (
  select count(*) from incident_members
  where incident_id = i.id and left_at is null and acknowledged_at is null) as silent
from unnest(cast(:ids as uuid[])) as i(id)
left join lateral (
  select * from deadlines
  where incident_id = i.id and state = 'running' and kind <> 'alert'
  order by kind = 'first_word' and due_at < now(), due_at, id limit 1) d on true""")


class _Wanted(NamedTuple):
    """What is asked for, at which minute, and under which policies."""

    include: Collection[IncidentInclude]
    now: datetime
    policies: Mapping[UUID, Policy]
    # What is now in the runs of drills that are among them.
    played: Mapping[UUID, datetime]

    @property
    def first(self) -> int:
        """The oldest minute that anything needs."""
        widest = max((policy.windows[-1] for policy in self.policies.values() if policy.windows), default=0)
        now = min((self.now, *self.played.values()))
        return min(minute_of(now) - max(widest, SLOPE_MINUTES) + 1, _first_hour(now))

    def now_of(self, incident: Incident) -> datetime:
        """Now, on the line of time on which the incident's spread lies."""
        return self.now if incident.drill_id is None else self.played[incident.drill_id]


async def live_of(
    tx: Tx, incidents: Sequence[Incident], include: Collection[IncidentInclude]
) -> dict[UUID, dict[str, Any]]:
    """What is included of each of them; nothing at all where nothing is asked for."""
    if not include or not incidents:
        return {}
    wanted = await _wanted(tx, incidents, include)
    ids = [incident.id for incident in incidents]
    series = await recent.series(tx, incidents, wanted.first) if _COUNTED & set(include) else {}
    facts = await _facts(tx, ids) if set(include) - _COUNTED else {}
    found = {}
    for incident in incidents:
        # Two hundred that burn take a tenth of a second; others have their turn in between.
        await asyncio.sleep(0)
        figures = _figures(incident, series.get(incident.id) or Series(), wanted) | facts.get(incident.id, {})
        found[incident.id] = {"as_of": minute_start(minute_of(wanted.now_of(incident)))} | {
            name.value: figures[name] if name in include else None for name in IncidentInclude
        }
    return found


async def _wanted(tx: Tx, incidents: Sequence[Incident], include: Collection[IncidentInclude]) -> _Wanted:
    """The policies, and the time with them."""
    ids = {incident.policy_id for incident in incidents}
    query = select(GradingPolicy.id, GradingPolicy.rules, func.now().label("now")).where(GradingPolicy.id.in_(ids))
    rows = (await tx.execute(query)).all()
    runs = {incident.drill_id for incident in incidents if incident.drill_id is not None}
    played = {run: (await run_pace(tx, run)).scenario(rows[0].now) for run in runs}
    return _Wanted(include, rows[0].now, {row.id: policy_from(row.rules) for row in rows}, played)


async def _facts(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = (await tx.execute(_FACTS, {"ids": list(ids)})).mappings()
    return {row["id"]: {"next_deadline": _deadline(row), "unacknowledged_count": row["silent"]} for row in rows}


def _deadline(row: RowMapping) -> dict[str, Any] | None:
    if row["deadline_id"] is None:
        return None
    shown = {name: row[name] for name in ("kind", "state", "started_at", "due_at", "estimated")}
    return shown | {"id": row["deadline_id"]}


def _figures(incident: Incident, series: Series, wanted: _Wanted) -> dict[str, Any]:
    at, policy = wanted.now_of(incident), wanted.policies[incident.policy_id]
    now = minute_of(at)
    figures: dict[str, Any] = {}
    if IncidentInclude.WINDOWS in wanted.include:
        figures["windows"] = windows_of(policy, series, peaks_of(incident, policy), now)
    if IncidentInclude.FORECAST in wanted.include:
        figures["forecast"] = forecasts_of(policy, series, now)
    if IncidentInclude.SPARKLINE in wanted.include:
        figures["sparkline"] = _sparkline(series, _first_hour(at), now)
    return figures


def _first_hour(now: datetime) -> int:
    """The minute the oldest of the points begins with: a whole hour, in Shanghai as in UTC."""
    return (minute_of(now) // _HOUR - POINTS + 1) * _HOUR


def _sparkline(series: Series, first: int, now: int) -> list[int]:
    borders = [bisect_left(series.minutes, min(first + hour * _HOUR, now + 1)) for hour in range(POINTS + 1)]
    return [sum(series.totals[borders[hour] : borders[hour + 1]]) for hour in range(POINTS)]
