"""Figures that other rooms reckon: platform coverage (R04), training coverage (R07), the mechanisms (R08), patrols (R22).

Each is asked of the room that knows its rule, and asked for a past day it answers as of that day. What lies ahead says
nothing: of a period that runs, the days until now count.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from app.core.db import Tx
from app.domain.kpi import NOTHING, Figure, Span
from app.domain.trainings import Share, judged_at
from app.domain.vocabulary.kpis import Kpi, KpiBy, KpiSubject
from app.domain.vocabulary.quality import Light
from app.domain.worktime import day_of
from app.mentions.coverage import HOUR, Covered, coverage_by_hour, coverage_of_each, whole_hours
from app.metrics.kpi_clocks import instants
from app.metrics.mechanisms import mechanisms_at
from app.trainings.coverage import coverage_on, standings_at

MOMENT: Final = timedelta(microseconds=1)
_PATROLS: Final = """
select width_bucket(slot_at, $1::timestamptz[]) as place, count(*) filter (where happened_at <= due_by) as walked,
  count(*) filter (where happened_at <= due_by and missed_at is null) as in_time,
  count(*) filter (where happened_at is not null or due_by <= $4) as over,
  count(*) filter (where happened_at is null and due_by > $4) as ahead
from patrols where slot_at >= $2 and slot_at < $3 group by 1"""
_PATROL_ITEMS: Final = """
select id, slot_at, extract(epoch from happened_at - slot_at)::float8 as took, happened_at <= due_by as walked,
  missed_at is null as in_time, happened_at is not null or due_by <= $6 as over
from patrols
where slot_at >= $1 and slot_at < $2 and ($3::timestamptz is null or (slot_at, id) > ($3, $4::text::uuid))
order by slot_at, id limit $5"""


async def totals(tx: Tx, spans: Sequence[Span], wanted: Sequence[Kpi]) -> dict[Kpi, list[Figure]]:
    """The figures of each span, in their order. The mechanisms are asked about one span only: it takes a look at each room."""
    found: dict[Kpi, list[Figure]] = {}
    if Kpi.PLATFORM_COVERAGE in wanted:
        hours = await _covered(tx, spans)
        found[Kpi.PLATFORM_COVERAGE] = [_summed(list(parts.values())) for parts in hours]
    if Kpi.TRAINING_COVERAGE in wanted:
        found[Kpi.TRAINING_COVERAGE] = await _trained(tx, spans)
    if Kpi.MECHANISMS in wanted and len(spans) == 1:
        found[Kpi.MECHANISMS] = [await _mechanisms(tx, spans[0])]
    if Kpi.PATROLS in wanted:
        found[Kpi.PATROLS] = await _patrols(tx, spans)
    return found


async def groups(tx: Tx, span: Span, by: KpiBy, wanted: Sequence[Kpi]) -> dict[Kpi, dict[str | None, Figure]]:
    """Platform coverage by platform, training coverage by department."""
    if by is KpiBy.PLATFORM and Kpi.PLATFORM_COVERAGE in wanted:
        [parts] = await _covered(tx, [span])
        return {Kpi.PLATFORM_COVERAGE: {platform: _summed([part]) for platform, part in parts.items()}}
    if by is KpiBy.DEPARTMENT and Kpi.TRAINING_COVERAGE in wanted:
        now = await tx.now()
        if (day := min(span.last, day_of(now))) < span.first:
            return {Kpi.TRAINING_COVERAGE: {}}
        [coverage] = await coverage_on(tx, [day], now=now)
        parts_ = {str(id_) if id_ else None: _share(share) for id_, share in coverage.departments.items()}
        return {Kpi.TRAINING_COVERAGE: parts_}
    return {}


async def items(
    tx: Tx, kpi: Kpi, span: Span, *, after: tuple[datetime, str] | None, limit: int
) -> list[dict[str, Any]]:
    """What is behind one of these figures."""
    match kpi:
        case Kpi.PLATFORM_COVERAGE:
            found = await _hours(tx, span, after, limit)
        case Kpi.TRAINING_COVERAGE:
            found = await _people(tx, span)
        case Kpi.MECHANISMS:
            found = await _lights(tx, span)
        case Kpi.PATROLS:
            found = await _walks(tx, span, after, limit)
        case _:
            found = []
    return [one for one in found if after is None or (one["at"], one["id"]) > after][:limit]


def _item(subject: KpiSubject, id_: object, at: datetime, counts: bool | None, **more: Any) -> dict[str, Any]:
    return {
        "subject": subject, "id": str(id_), "incident_id": None, "incident_number": None, "at": at, "value": None,
        "counts": counts, "counts_as_recorded": None,
    } | more  # fmt: skip


async def _covered(tx: Tx, spans: Sequence[Span]) -> list[dict[Any, Covered]]:
    now = await tx.now()
    return [*await coverage_of_each(tx, [whole_hours(span.start, span.end, now) for span in spans])]


def _summed(parts: Sequence[Covered]) -> Figure:
    return Figure(sum(part.covered for part in parts), sum(part.core for part in parts))


async def _hours(tx: Tx, span: Span, after: tuple[datetime, str] | None, limit: int) -> list[dict[str, Any]]:
    start, end = whole_hours(span.start, span.end, await tx.now())
    first = max(start, after[0]) if after else start
    # Each hour has one core platform at least, or there is nothing to tell of it.
    found: list[dict[str, Any]] = []
    while first < end and len(found) <= limit:
        last = min(end, first + limit * HOUR)
        for hour in await coverage_by_hour(tx, first, last):
            both = sorted([*((one, True) for one in hour.covered), *((one, False) for one in hour.dark)])
            at = hour.start
            found += [_item(KpiSubject.PLATFORM, name, at, fresh) for name, fresh in both
                      if after is None or (at, str(name)) > after]  # fmt: skip
        first = last
    return found


async def _trained(tx: Tx, spans: Sequence[Span]) -> list[Figure]:
    now = await tx.now()
    days = {place: min(span.last, day_of(now)) for place, span in enumerate(spans) if span.first <= day_of(now)}
    found = [NOTHING] * len(spans)
    for place, coverage in zip(days, await coverage_on(tx, days.values(), now=now), strict=True):
        found[place] = _share(coverage.company)
    return found


def _share(share: Share) -> Figure:
    return Figure(share.covered, share.roster)


async def _people(tx: Tx, span: Span) -> list[dict[str, Any]]:
    now = await tx.now()
    if span.first > day_of(now):
        return []
    found = await standings_at(tx, judged_at(min(span.last, day_of(now)), now))
    people = {str(one.person_id): one.covered for one in found}
    return [_item(KpiSubject.PERSON, id_, span.end - MOMENT, people[id_]) for id_ in sorted(people)]


async def _lights(tx: Tx, span: Span) -> list[dict[str, Any]]:
    """The mechanisms at the end of the span, or now while it runs; none where it lies ahead."""
    now = await tx.now()
    if span.start > now:
        return []
    # Known by the period's end, also while it runs: from page to page "now" moves on.
    at = span.end - MOMENT
    standings = await mechanisms_at(tx, min(at, now))
    found = [_item(KpiSubject.MECHANISM, one.mechanism, at, one.light is Light.GREEN) for one in standings]
    return sorted(found, key=lambda one: str(one["id"]))


async def _mechanisms(tx: Tx, span: Span) -> Figure:
    lights = [one["counts"] for one in await _lights(tx, span)]
    return Figure(lights.count(True), len(lights))


async def _patrols(tx: Tx, spans: Sequence[Span]) -> list[Figure]:
    found = [NOTHING._replace(as_recorded=0)] * len(spans)
    for row in await (await tx.driver()).fetch(_PATROLS, *instants(spans), await tx.now()):
        found[row["place"] - 1] = Figure(row["walked"], row["over"], row["in_time"], row["ahead"])
    return found


async def _walks(tx: Tx, span: Span, after: tuple[datetime, str] | None, limit: int) -> list[dict[str, Any]]:
    said = (span.start, span.end, *(after or (None, None)), limit, await tx.now())
    return [
        _item(
            KpiSubject.PATROL, row["id"], row["slot_at"], bool(row["walked"]) if row["over"] else None,
            value=row["took"],
            counts_as_recorded=bool(row["walked"] and row["in_time"]) if row["over"] else None,
        )
        for row in await (await tx.driver()).fetch(_PATROL_ITEMS, *said)
    ]  # fmt: skip
