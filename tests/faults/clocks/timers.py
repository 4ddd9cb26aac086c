"""Laying timers, as a grade would have set them, and reading back what became of every threshold."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.domain.deadlines import next_ring, rings_at, rings_of
from app.domain.vocabulary import DeadlineKind
from app.models.base import new_id

KINDS = (
    DeadlineKind.FIRST_RESPONSE, DeadlineKind.EMERGENCY_MEETING, DeadlineKind.FACT_CHECK,
    DeadlineKind.FIRST_STATEMENT, DeadlineKind.CLOSING,
)  # fmt: skip
GRADES = ("major", "serious", "general")
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

_INCIDENTS = """
insert into incidents(id, number, title, status, grade, grade_source, policy_id, opened_by)
select i.id, i.id::text, $1, 'responding', i.grade, 'person', p.id, 'test'
from unnest($2::uuid[], $3::text[]) as i(id, grade) cross join grading_policies p where p.active"""
_DEADLINES = """
insert into deadlines(id, kind, incident_id, level, policy_id, started_at, due_at, set_at, next_at)
select d.id, d.kind, d.incident_id, d.level, p.id, d.started_at, d.due_at, $1, d.next_at
from unnest($2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
  as d(id, kind, incident_id, level, started_at, due_at, next_at)
cross join sla_policies p where p.active"""
_RUNG = """
insert into deadline_firings(deadline_id, threshold, at, late_by_seconds)
select *, 0 from unnest($1::uuid[], $2::int[], $3::timestamptz[])"""

# A row for each threshold of each timer, with how often it rang and by how much it was late until it could be seen.
_FATES = """
with mine as (select d.* from deadlines d join incidents i on i.id = d.incident_id where i.title = $1),
 said as (
  select (data->>'deadline_id')::uuid as deadline_id, coalesce((data->>'threshold')::int, 100) as threshold,
    count(*) as events, min(id) as event_id, min(seq) as seq, min(at) as told_at,
    min((data->>'late_by_seconds')::int) as told_late
  from events where type in ('sla.warning', 'sla.breached') and incident_id in (select incident_id from mine)
  group by 1, 2),
 rang as (
  select deadline_id, threshold, count(*) as firings, min(at) as at, min(late_by_seconds) as late,
    min(case when $2 then pg_xact_commit_timestamp(xmin) end) as seen_at
  from deadline_firings where deadline_id in (select id from mine) group by 1, 2)
select m.id, m.incident_id, m.level, m.state, m.started_at, m.due_at, m.set_at, m.ended_at, t.threshold,
  coalesce(r.firings, 0) as firings, r.at, r.late, r.seen_at, coalesce(s.events, 0) as events, s.event_id, s.seq,
  s.told_at, s.told_late
from mine m cross join unnest(array[50, 80, 100]) as t(threshold)
left join rang r on r.deadline_id = m.id and r.threshold = t.threshold
left join said s on s.deadline_id = m.id and s.threshold = t.threshold"""


@dataclass(frozen=True, slots=True)
class Timer:
    """One clock: its incident, and when it is over."""

    id: UUID
    incident_id: UUID
    due_at: datetime


async def lay(
    connection: asyncpg.Connection, title: str, count: int, *, spread: float, lead: float = 1.5, each: int = len(KINDS),
    chance: random.Random,
) -> list[Timer]:  # fmt: skip
    """``count`` timers, ``each`` of an incident, over within ``spread`` seconds that begin in ``lead`` seconds.

    Every third is short, so that its warnings ring too; of the others they rang long ago.
    """
    now: datetime = await connection.fetchval("select clock_timestamp()")
    incidents = [(new_id(), GRADES[n % len(GRADES)]) for n in range(-(-count // each))]
    rows: list[tuple[Any, ...]] = []
    for n in range(count):
        incident_id, grade = incidents[n // each]
        due_at = now + SECOND * (lead + chance.uniform(0, spread))
        started_at = due_at - (SECOND * chance.uniform(0.5, 2 * lead) if n % 3 == 0 else DAY)
        kind = KINDS[n % each]
        passed = [p for p in rings_of(kind) if rings_at(started_at, due_at, p) <= now]
        level = GRADES.index(grade) + 1
        rows.append(
            (new_id(), kind, incident_id, level, started_at, due_at, next_ring(kind, started_at, due_at, passed))
        )
    rung = [
        (id_, p, rings_at(started_at, due_at, p))
        for id_, kind, _, _, started_at, due_at, _ in rows for p in rings_of(kind)
        if rings_at(started_at, due_at, p) <= now
    ]  # fmt: skip
    async with connection.transaction():
        await connection.execute(_INCIDENTS, title, *_columns(incidents))
        await connection.execute(_DEADLINES, now, *_columns(rows))
        if rung:
            await connection.execute(_RUNG, *_columns(rung))
    return [Timer(row[0], row[2], row[5]) for row in rows]


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one threshold of one timer."""

    row: asyncpg.Record

    @property
    def instant(self) -> datetime:
        """When it has to ring: exact, rounded up to a microsecond; reckoned here, not by the product."""
        started_at = self.row["started_at"]
        hundredths = (self.row["due_at"] - started_at) // timedelta(microseconds=1) * self.row["threshold"]
        whole, rest = divmod(hundredths, 100)
        return started_at + timedelta(microseconds=whole + (rest > 0))

    @property
    def passed(self) -> bool:
        """Whether it was over before the timer was laid: then nothing may be told of it."""
        return self.instant <= self.row["set_at"]

    @property
    def twice(self) -> bool:
        return self.row["events"] > (0 if self.passed else 1) or self.row["firings"] > 1

    @property
    def early(self) -> bool:
        return not self.passed and any(at and at < self.instant for at in (self.row["at"], self.row["told_at"]))

    @property
    def lost(self) -> bool:
        """Nothing rang, or half of it: the row without the event, the event without the row, the state without both."""
        if self.passed:
            return False
        settled = self.row["threshold"] < 100 or self.row["state"] == "breached"
        return not (self.row["firings"] and self.row["events"] and settled)

    def lag(self, away: Sequence[tuple[datetime, datetime]] = ()) -> float:
        """Seconds from its instant until everybody could see it, without those in which the database was ``away``."""
        seen_at = self.row["seen_at"]
        gone = sum((max(min(to, seen_at) - max(since, self.instant), timedelta()) for since, to in away), timedelta())
        return float((seen_at - self.instant - gone).total_seconds())


async def fates(connection: asyncpg.Connection, title: str) -> list[Fate]:
    """Every threshold of every timer that was laid under a title."""
    timed = await connection.fetchval("show track_commit_timestamp") == "on"
    return [Fate(row) for row in await connection.fetch(_FATES, title, timed)]
