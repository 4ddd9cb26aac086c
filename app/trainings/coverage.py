"""Who is covered on any date 培训覆盖率 (R07), reckoned where the rows are; :mod:`app.domain.trainings` has the rule.

A past date is read from who was on the roster then, in which department, and from what each course asked for then: what people
or courses become today changes none of it. Results count on the day they were reached, also where they are entered later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select, text

from app.core.db import Tx
from app.domain.trainings import Share, judged_at
from app.domain.vocabulary.trainings import CoverageGap
from app.domain.worktime import day_of
from app.models import TrainingSettings

# c: a result, v: what the course asks for. Each as app.domain.trainings.Rule has it.
PASSES: Final = """(c.id is not null and c.passed is not false
  and (v.pass_mark is null or c.score >= v.pass_mark or (c.score is null and c.passed)))"""
UNTIL: Final = """case when num_nonnulls(v.validity_months, v.validity_days) > 0 then (c.completed_on + make_interval(
  months => coalesce(v.validity_months, 0), days => coalesce(v.validity_days, 0)))::date end"""
_MIDNIGHT: Final = "timezone('Asia/Shanghai', ({})::timestamp)"
_ASKS: Final = """v.mandatory and not v.retired
  and (v.department_ids is null or p.department_id = any(v.department_ids))"""

# Of each stay on the roster: when it lacked something, over all the time that is asked about; then each instant is looked up.
_SHARES: Final = text(f"""
with asked as (select place, at from unnest(cast(:instants as timestamptz[])) with ordinality as a(at, place)),
ends as (select min(at) as first, max(at) as last from asked),
stays as materialized (
  select p.id, p.person_id, p.department_id, p.starts_at, p.ends_at from roster_periods p, ends
  where p.starts_at <= ends.last and (p.ends_at is null or p.ends_at > ends.first)),
duties as materialized (
  select p.id, p.person_id, v.training_id, v.pass_mark, v.validity_months, v.validity_days,
    tstzrange(greatest(p.starts_at, v.starts_at), least(p.ends_at, v.ends_at)) as span
  from stays p join training_versions v on {_ASKS}, ends
  where v.starts_at <= ends.last and (v.ends_at is null or v.ends_at > ends.first)
    and v.starts_at < coalesce(p.ends_at, 'infinity') and p.starts_at < coalesce(v.ends_at, 'infinity')),
lacks as (
  select v.id, multirange(v.span) - coalesce(range_agg(tstzrange(
    {_MIDNIGHT.format("c.completed_on")}, {_MIDNIGHT.format(f"{UNTIL} + 1")})) filter (where c.id is not null), '{{}}') as spans
  from duties v left join training_completions c on c.training_id = v.training_id and c.person_id = v.person_id
    and c.withdrawn_at is null and {PASSES}
  group by v.id, v.training_id, v.span),
lacking as (select id, range_agg(spans) as spans from lacks group by id)
select a.place, s.department_id, count(*) as roster,
  count(*) filter (where l.spans is null or not l.spans @> a.at) as covered
from asked a join stays s on s.starts_at <= a.at and (s.ends_at is null or s.ends_at > a.at)
left join lacking l on l.id = s.id
group by a.place, s.department_id""")

_DUTIES: Final = f"""
with duties as materialized (
  select p.person_id, p.department_id, v.training_id, v.pass_mark, v.validity_months, v.validity_days
  from roster_periods p left join training_versions v on {_ASKS}
    and v.starts_at <= :at and (v.ends_at is null or v.ends_at > :at)
  where p.starts_at <= :at and (p.ends_at is null or p.ends_at > :at)),
held as (
  select v.person_id, v.department_id, v.training_id, count(c.id) as results, max(c.completed_on) as last_on,
    coalesce(bool_or({PASSES}), false) as ever, max({UNTIL}) filter (where {PASSES}) as ended_on,
    coalesce(bool_or({PASSES} and coalesce({UNTIL} >= cast(:day as date), true)), false) as holds
  from duties v left join training_completions c on c.training_id = v.training_id and c.person_id = v.person_id
    and c.withdrawn_at is null and c.completed_on <= cast(:day as date)
  group by v.person_id, v.department_id, v.training_id)"""
_STANDINGS: Final = text(f"""{_DUTIES}
select person_id, department_id, bool_and(training_id is null or holds) as covered
from held group by person_id, department_id order by person_id""")
_MISSING: Final = f"""{_DUTIES}
select person_id, department_id, training_id, last_on, ended_on,
  case when results = 0 then 'never' when ever then 'expired' else 'failed' end as gap
from held where training_id is not null and not holds"""


class Standing(NamedTuple):
    """Somebody who was on the roster, where, and whether they were covered."""

    person_id: UUID
    department_id: UUID | None
    covered: bool


class Missing(NamedTuple):
    """A course that somebody on the roster holds no valid completion of, and why."""

    person_id: UUID
    department_id: UUID | None
    training_id: UUID
    last_on: date | None
    ended_on: date | None
    gap: CoverageGap


@dataclass(frozen=True, slots=True)
class Coverage:
    """The company and its departments at one moment. Whoever is in no department stands under None."""

    at: datetime
    departments: Mapping[UUID | None, Share]

    @property
    def company(self) -> Share:
        shares = self.departments.values()
        return Share(sum(share.covered for share in shares), sum(share.roster for share in shares))


async def coverage_at(tx: Tx, instants: Sequence[datetime]) -> list[Coverage]:
    """Coverage at each of these moments, in their order: one look at the tables, however many they are."""
    found: list[dict[UUID | None, Share]] = [{} for _ in instants]
    if instants:
        await tx.plan_anew()
        for place, department_id, roster, covered in await tx.execute(_SHARES, {"instants": list(instants)}):
            found[place - 1][department_id] = Share(covered, roster)
    return [Coverage(at, shares) for at, shares in zip(instants, found, strict=True)]


async def coverage_on(tx: Tx, days: Iterable[date], *, now: datetime) -> list[Coverage]:
    """Coverage at the end of each of these days, and now for today. ValueError for a day to come."""
    return await coverage_at(tx, [judged_at(day, now) for day in days])


async def standings_at(tx: Tx, at: datetime) -> list[Standing]:
    """Everybody who was on the roster at a moment, and whether they were covered: the ids behind the figures."""
    await tx.plan_anew()
    rows = await tx.execute(_STANDINGS, {"at": at, "day": day_of(at)})
    return [Standing(*row) for row in rows]


async def missing_at(
    tx: Tx, at: datetime, *, department_ids: Sequence[UUID] = (), training_ids: Sequence[UUID] = (),
    gaps: Sequence[CoverageGap] = (), after: tuple[UUID, UUID] | None = None, limit: int,
) -> list[Missing]:  # fmt: skip
    """Who lacked which course at a moment, by person and course; those after ``after`` only."""
    wanted, said = [], dict[str, Any](at=at, day=day_of(at), limit=limit)
    for column, values in (("department_id", department_ids), ("training_id", training_ids)):
        if values:
            wanted.append(f"and {column} = any(cast(:{column} as uuid[]))")
            said[column] = list(values)
    if after is not None:
        wanted.append("and (person_id, training_id) > (:after_person, :after_training)")
        said |= {"after_person": after[0], "after_training": after[1]}
    chosen = f"select * from ({_MISSING} {' '.join(wanted)}) as found"
    if gaps:
        chosen += " where gap = any(cast(:gaps as text[]))"
        said["gaps"] = list(gaps)
    await tx.plan_anew()
    rows = await tx.execute(text(f"{chosen} order by person_id, training_id limit :limit"), said)
    return [Missing(**{**row, "gap": CoverageGap(row["gap"])}) for row in rows.mappings()]


async def settings_at(tx: Tx, at: datetime) -> TrainingSettings:
    """The target, and how long before its end a completion is told of, as they were at a moment."""
    query = select(TrainingSettings).where(TrainingSettings.starts_at <= at)
    newest = query.order_by(TrainingSettings.starts_at.desc(), TrainingSettings.version.desc()).limit(1)
    return (await tx.scalars(newest.execution_options(populate_existing=True))).one()
