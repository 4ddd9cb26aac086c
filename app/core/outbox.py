"""The outbox: what happened is recorded in the transaction in which it happened, and consequences follow in it.

Rooms record; :mod:`app.reactions` says, in one table, which rooms above hear of it. Nothing imports upward.

Ids are drawn in another order than transactions commit in, so "everything after id 7" would miss an 8 that commits
after a 9 was read. So each transaction announces, before it draws its first id, the lowest one it can draw: by a
shared advisory lock, which conflicts with nobody and ends with the transaction, after its rows can be seen.
:func:`settled` reads what is announced; up to there the order of ids is final and without a gap that could still
be filled. Transaction ids (xmin of a snapshot) would do too, but any stranger's long transaction in the same server
would hold them back, and they begin anew when a dump is restored elsewhere.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import orjson

from app.core.auth import Caller
from app.core.db import Tx
from app.core.doorbell import EVENTS
from app.core.tracing import trace
from app.domain.events import Event


class Stored(NamedTuple):
    """An event, the id of its row, and who did it."""

    id: int
    event: Event
    caller: Caller


class Horizon(NamedTuple):
    """Events up to ``id`` are all there will ever be; the next to be drawn gets ``next_id``."""

    id: int
    next_id: int

    @property
    def pending(self) -> bool:
        """Whether transactions are under way that may yet add an event before the next id."""
        return self.id < self.next_id - 1


Reaction = Callable[[Tx, Sequence[Stored]], Awaitable[None]]
_reactions: list[tuple[type[Event], Reaction]] = []

# Far from the keys of other advisory locks: those are small, or hashes of 64 bits.
_ANNOUNCED = 1 << 62

# Ids are drawn first, so that each row is known by its own id and not by the order rows come back in. Before the
# first is drawn it is announced; a value of the sequence is computed last, for the rows of the join.
_INSERT = f"""
with announced as materialized (
  select case when $7 then pg_advisory_xact_lock_shared({_ANNOUNCED} + last_value + is_called::int) end
  from events_id_seq),
 drawn as materialized (
  select nextval('events_id_seq') as id, e.* from announced cross join unnest(
    $1::text[], $2::uuid[], $3::bigint[], $4::text[], $9::bool[])
    with ordinality as e(type, incident_id, seq, data, is_drill, place)),
 kept as (
  insert into events(id, type, at, incident_id, seq, is_drill, actor, via, trace, data) overriding system value
  select id, type, $10, incident_id, seq, is_drill, $5, $6, $8, data::jsonb from drawn order by place)
select id from drawn order by place"""

_NEXT_ID = "select last_value + is_called::int from events_id_seq"
_LOWEST_ANNOUNCED = f"""
select min((classid::bigint << 32 | objid::bigint) - {_ANNOUNCED}) from pg_locks
where locktype = 'advisory' and mode = 'ShareLock' and objsubid = 1 and classid::bigint >= {_ANNOUNCED >> 32}
  and classid::bigint < {_ANNOUNCED >> 31} and database = (select oid from pg_database where datname = current_database())"""


def react(to: type[Event], reaction: Reaction) -> None:
    """Registers a consequence of one kind of event, or of every kind (``Event`` itself). Idempotent."""
    if (to, reaction) not in _reactions:
        _reactions.append((to, reaction))


async def record(tx: Tx, *events: Event, caller: Caller) -> list[Stored]:
    """Writes the events and runs their reactions in this transaction. Incident events carry their ``seq``."""
    if not events:
        return []
    await tx.flush()
    driver = await tx.driver()
    places = [event.incident or (None, None) for event in events]
    rows = await driver.fetch(
        _INSERT,
        [event.kind for event in events],
        [incident_id for incident_id, _ in places],
        [seq for _, seq in places],
        [orjson.dumps(event.data(), default=str, option=orjson.OPT_UTC_Z).decode() for event in events],
        caller.actor,
        caller.via,
        not tx.info.get("announced"),
        trace.get(),
        [event.of_drill for event in events],
        await tx.now(),
    )
    tx.info["announced"] = True
    stored = [Stored(row["id"], event, caller) for row, event in zip(rows, events, strict=True)]
    for kind, reaction in _reactions:
        concerned = [entry for entry in stored if isinstance(entry.event, kind)]
        if concerned:
            await reaction(tx, concerned)
    if any(event.public for event in events):
        tx.ring(EVENTS)
    return stored


async def settled(tx: Tx) -> Horizon:
    """Up to where the order of ids is final for the transaction's next statement.

    In this order: an id below the next one was announced before it was drawn, so its lock is held still, or its
    transaction has ended, and then a statement that begins later sees it.
    """
    driver = await tx.driver()
    next_id: int = await driver.fetchval(_NEXT_ID)
    announced: int | None = await driver.fetchval(_LOWEST_ANNOUNCED)
    return Horizon(next_id - 1 if announced is None else min(next_id, announced) - 1, next_id)
