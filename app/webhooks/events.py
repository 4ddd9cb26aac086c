"""Events as they are read: pages, a stream's past, and what happened since, all in the one order of their ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.core import paging
from app.core.db import Tx
from app.core.outbox import settled
from app.domain.events import PUBLIC_TYPES
from app.domain.vocabulary import Drills
from app.webhooks.envelope import told
from app.webhooks.event_schemas import EventQuery, shown

_ROW = "select v.id, v.type, v.at, v.incident_id, v.is_drill, v.data::text as data"
# Written out and no parameter: only so the planner sees that the small index of drills will do.
_DRILLS = {Drills.EXCLUDE: "and not v.is_drill", Drills.INCLUDE: "", Drills.ONLY: "and v.is_drill"}


def _within(drills: Drills) -> str:
    return (
        "v.id > $1 and v.id <= $2 and ($4::timestamptz is null or v.at > $4) "
        f"and ($5::timestamptz is null or v.at < $5) {_DRILLS[drills]}"
    )


# Type by type, each from its place in the index: what is private is most of the table.
_BY_TYPE = {
    drills: f"""
{_ROW} from unnest($3::text[]) as wanted(type) cross join lateral (
  select v.* from events v where v.type = wanted.type and {_within(drills)} order by v.id limit $6) v
order by v.id limit $6"""
    for drills in Drills
}
_BY_INCIDENT = {
    drills: f"""
{_ROW} from events v where v.incident_id = any($7::uuid[]) and v.type = any($3::text[]) and {_within(drills)}
order by v.id limit $6"""
    for drills in Drills
}

# Ids are drawn in the order of time and `at` is when the transaction began, so both grow together, but for the length of
# a transaction. A place in time is found by halving the ids: some twenty probes of the primary key, however many events
# there are. By the index of types alone it took seconds at a million; a BRIN index on `at` did no better, because its
# plan was chosen for an hour and not for a day.
MOST_APART = timedelta(minutes=15)
_LAST_BY = """
with recursive halved(lo, hi) as (
  select 0::bigint, $2::bigint + 1
  union all
  select case when early then mid else lo end, case when early then hi else mid end
  from (
    select lo, hi, mid, coalesce((select e.at <= $1 from events e where e.id <= mid order by e.id desc limit 1), true)
      as early
    from (select lo, hi, (lo + hi) / 2 as mid from halved where hi - lo > 1) h) probed)
select max(lo) from halved"""


class Told(NamedTuple):
    """A public event as it is stored."""

    id: int
    type: str
    at: datetime
    incident_id: UUID | None
    is_drill: bool
    data: str

    def shown(self) -> dict[str, Any]:
        """As the wire has it."""
        return shown(self.id, self.type, self.at, told(self.data))

    def json(self) -> str:
        """The same as text."""
        # Most events give no reason: those go out as they lie there.
        data = told(self.data) if '"reason"' in self.data else orjson.Fragment(self.data)
        return orjson.dumps(shown(self.id, self.type, self.at, data)).decode()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which events somebody wants. Nothing named: every public one of what is real."""

    types: frozenset[str] = frozenset()
    incident_ids: frozenset[UUID] = frozenset()
    drills: Drills = Drills.EXCLUDE

    def takes(self, event: Told) -> bool:
        """The same as :func:`read` judges by SQL."""
        return (
            (not self.types or event.type in self.types)
            and (not self.incident_ids or event.incident_id in self.incident_ids)
            and (self.drills is Drills.INCLUDE or event.is_drill is (self.drills is Drills.ONLY))
        )


def id_of(event_id: str | None) -> int | None:
    """The number in ``evt_7001``."""
    return int(event_id.removeprefix("evt_")) if event_id else None


async def last_by(tx: Tx, instant: datetime, *, upto: int) -> int:
    """The id of the last event that happened by ``instant``, of those up to the id ``upto``; 0 where there is none."""
    return int(await (await tx.driver()).fetchval(_LAST_BY, instant, upto))


async def read(
    tx: Tx, choice: Choice, *, after: int, upto: int, limit: int, at_after: datetime | None = None,
    at_before: datetime | None = None,
) -> Sequence[Told]:  # fmt: skip
    """At most ``limit`` chosen events, ``after`` excluded and ``upto`` included, which must be settled."""
    if at_after is not None:
        after = max(after, await last_by(tx, at_after - MOST_APART, upto=upto))
    if at_before is not None:
        upto = await last_by(tx, at_before + MOST_APART, upto=upto)
    arguments: list[object] = [after, upto, sorted(choice.types or PUBLIC_TYPES), at_after, at_before, limit]
    statement = _BY_TYPE[choice.drills]
    if choice.incident_ids:
        statement = _BY_INCIDENT[choice.drills]
        arguments.append(list(choice.incident_ids))
    driver = await tx.driver()
    # From its sixth run on a connection the plan would be one for any span of ids: all of it sorted, 5 s at a million.
    await driver.execute("set local plan_cache_mode = force_custom_plan")
    return [Told(*row) for row in await driver.fetch(statement, *arguments)]


async def list_events(tx: Tx, query: EventQuery) -> dict[str, Any]:
    """Events, the oldest first, up to where their order is final: following the last page misses none."""
    bound = ["events", query.filters()]
    cursor = paging.decode(query.cursor, bound)
    after = cursor[0] if cursor else id_of(query.after) or 0
    horizon = await settled(tx)
    rows = await read(
        tx, Choice(frozenset(query.type), frozenset(query.incident_id), query.drills), after=after, upto=horizon.id,
        limit=query.limit + 1, at_after=query.at_after, at_before=query.at_before,
    )  # fmt: skip
    page = paging.page(rows, query.limit, bound, lambda event: [event.id])
    return page | {"data": [event.shown() for event in page["data"]]}
