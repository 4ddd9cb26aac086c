"""The outbox: what happened is recorded in the transaction in which it happened, and consequences follow in it.

Rooms record; :mod:`app.reactions` says, in one table, which rooms above hear of it. Nothing imports upward.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import orjson

from app.core.auth import Caller
from app.core.db import Tx
from app.domain.events import Event


class Stored(NamedTuple):
    """An event and the id of its row."""

    id: int
    event: Event


Reaction = Callable[[Tx, Sequence[Stored]], Awaitable[None]]
_reactions: list[tuple[type[Event], Reaction]] = []

# Ids are drawn first, so that each row is known by its own id and not by the order rows come back in.
_INSERT = """
with drawn as materialized (
  select nextval('events_id_seq') as id, e.* from unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[])
    with ordinality as e(type, incident_id, seq, data, place)),
 kept as (
  insert into events(id, type, incident_id, seq, actor, via, data) overriding system value
  select id, type, incident_id, seq, $5, $6, data::jsonb from drawn order by place)
select id from drawn order by place"""


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
        [orjson.dumps(event.data(), default=str).decode() for event in events],
        caller.actor,
        caller.via,
    )
    stored = [Stored(row["id"], event) for row, event in zip(rows, events, strict=True)]
    for kind, reaction in _reactions:
        concerned = [entry for entry in stored if isinstance(entry.event, kind)]
        if concerned:
            await reaction(tx, concerned)
    return stored
