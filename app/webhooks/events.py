"""Events as they are read: pages, a stream's past, and what happened since, all in the one order of their ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.core import paging
from app.core.db import Tx
from app.core.outbox import settled
from app.domain.events import PUBLIC_TYPES
from app.domain.vocabulary import Drills
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
        return shown(self.id, self.type, self.at, orjson.loads(self.data))

    def json(self) -> str:
        """The same as text."""
        return orjson.dumps(shown(self.id, self.type, self.at, orjson.Fragment(self.data))).decode()


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


async def read(
    tx: Tx, choice: Choice, *, after: int, upto: int, limit: int, at_after: datetime | None = None,
    at_before: datetime | None = None,
) -> Sequence[Told]:  # fmt: skip
    """At most ``limit`` chosen events, ``after`` excluded and ``upto`` included, which must be settled."""
    arguments: list[object] = [after, upto, sorted(choice.types or PUBLIC_TYPES), at_after, at_before, limit]
    statement = _BY_TYPE[choice.drills]
    if choice.incident_ids:
        statement = _BY_INCIDENT[choice.drills]
        arguments.append(list(choice.incident_ids))
    return [Told(*row) for row in await (await tx.driver()).fetch(statement, *arguments)]


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
