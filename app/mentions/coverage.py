"""Platform coverage by the hour (方案 一: 核心平台监测覆盖率 100%, R04): core platforms with fresh data / core platforms.

A platform is covered in an hour in which anything about it was received, or a source said that it looked at it: the beats
of :mod:`app.mentions.source_beats`. Which platforms were core is read as of the hour's beginning, from the list's history,
so that past hours don't change with today's list.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from app.core.db import Tx
from app.domain.vocabulary import Platform

HOUR: Final = timedelta(hours=1)

# Each hour and platform is one look into the index, however much was heard.
_HOURS = """
select hour, array_agg(platform) filter (where fresh) as covered, array_agg(platform) filter (where not fresh) as dark
from (
  select h.hour, c.platform, exists(
    select from source_beats b
    where b.platform = c.platform and b.at >= h.hour and b.at < h.hour + interval '1 hour') as fresh
  from generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') as h(hour)
  join core_platform_periods c on c.starts_at <= h.hour and (c.ends_at is null or c.ends_at > h.hour)) listed
group by hour order by hour"""
# Hours that were heard in are looked through once; hours of core platforms are reckoned.
_EACH = """
with spans as (
  select * from unnest($1::timestamptz[], $2::timestamptz[]) with ordinality as s(starts_at, ends_at, place)
  where starts_at < ends_at),
 listed as (
  select s.place, s.starts_at, s.ends_at, c.platform, c.starts_at as since, c.ends_at as until
  from spans s join core_platform_periods c on c.starts_at < s.ends_at and (c.ends_at is null or c.ends_at > s.starts_at)),
 fresh as (
  select width_bucket(b.at, $1::timestamptz[]) as place, b.platform, count(distinct date_trunc('hour', b.at)) as hours
  from source_beats b join core_platform_periods c on c.platform = b.platform and c.starts_at <= date_trunc('hour', b.at)
    and (c.ends_at is null or c.ends_at > date_trunc('hour', b.at))
  where b.at >= $3 and b.at < $4 group by 1, 2)
select l.place, l.platform, coalesce(max(f.hours), 0) as covered, sum(extract(epoch from
  date_trunc('hour', least(l.until, l.ends_at) + interval '00:59:59.999999')
  - date_trunc('hour', greatest(l.since, l.starts_at) + interval '00:59:59.999999')) / 3600)::bigint as core
from listed l left join fresh f on f.place = l.place and f.platform = l.platform
group by l.place, l.platform"""


class Hour(NamedTuple):
    """One hour: the core platforms with fresh data, and those without."""

    start: datetime
    covered: Sequence[Platform]
    dark: Sequence[Platform]


class Covered(NamedTuple):
    """Over some hours: each core platform counts once an hour."""

    covered: int
    core: int

    @property
    def percent(self) -> float | None:
        """None where no platform was core."""
        return percent_of(self.covered, self.core)


def percent_of(part: int, whole: int) -> float | None:
    """Rounded to hundredths, and 100 only where nothing is missing; None of nothing."""
    if not whole:
        return None
    return 100.0 if part == whole else min(round(100 * part / whole, 2), 99.99)


def whole_hours(start: datetime, end: datetime, now: datetime) -> tuple[datetime, datetime]:
    """The whole hours of a period that are over: an hour that runs may yet be covered."""
    first = _hour(start) if _hour(start) == start else _hour(start) + HOUR
    return first, max(first, min(_hour(end), _hour(now)))


async def coverage_by_hour(tx: Tx, start: datetime, end: datetime) -> list[Hour]:
    """Each hour from one whole hour to another. Hours in which nothing was core have neither."""
    rows = await (await tx.driver()).fetch(_HOURS, start, end)
    known = {row["hour"].astimezone(UTC): (row["covered"] or (), row["dark"] or ()) for row in rows}
    hours = [start + HOUR * place for place in range((end - start) // HOUR)]
    return [Hour(hour, *(_in_order(names) for names in known.get(hour, ((), ())))) for hour in hours]


async def coverage_of_each(
    tx: Tx, spans: Sequence[tuple[datetime, datetime]]
) -> list[dict[Platform, Covered]]:  # fmt: skip
    """Over the whole hours of each of these spans, which follow each other, by platform: one look, however many they are."""
    found: list[dict[Platform, Covered]] = [{} for _ in spans]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    for row in await (await tx.driver()).fetch(_EACH, starts, ends, starts[0], max(ends)):
        found[row["place"] - 1][Platform(row["platform"])] = Covered(row["covered"], row["core"])
    return found


def _hour(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _in_order(names: Sequence[str]) -> list[Platform]:
    return [platform for platform in Platform if platform in names]
