"""The time that an incident lives in: that of the run of a drill 演练 it belongs to, else the world's.

A run's row is locked by whoever plays, pauses or ends it, before any incident. Here it is only read: once an incident is
locked nobody pauses its run, because whoever does so locks its incidents too.
"""

from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.core.errors import Conflict
from app.domain.drills import REAL, Pace
from app.models import Drill, Incident

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""When the end of a clock is set that stands still in a pause, or that its drill does not reach: it is late by nothing, however
long that lasts."""


class DrillOver(Conflict):
    """What came of a drill stays as it was at its end, as its scoreboard tells it."""

    code, title = "drill_over", ("The drill is over", "演练已结束")


async def pace_of(tx: Tx, incident: Incident) -> Pace:
    """How the incident's time passes."""
    return REAL if incident.drill_id is None else await run_pace(tx, incident.drill_id)


async def run_pace(tx: Tx, drill_id: UUID) -> Pace:
    """How time passes in a run."""
    drill = await tx.get(Drill, drill_id)
    assert drill is not None, "incidents cite runs that exist: a foreign key"
    return pace_from(drill)


async def must_go_on(tx: Tx, drill_id: UUID | None) -> None:
    """DrillOver where it is a run that has ended."""
    if drill_id is not None and (await run_pace(tx, drill_id)).ended_at is not None:
        raise DrillOver("The drill 演练 that it was made up for is over: what came of it stays as it is.")


async def hold_run(tx: Tx, drill_id: UUID | None) -> None:
    """Has whoever plays, pauses or ends the run wait for this transaction, which may open incidents in it. DrillOver where it has
    ended. Before mentions and incidents are locked, as they do."""
    if drill_id is not None:
        query = select(Drill).where(Drill.id == drill_id).with_for_update(read=True)
        await tx.scalars(query.execution_options(populate_existing=True))
        await must_go_on(tx, drill_id)


async def participants_of(tx: Tx, incident: Incident) -> list[UUID]:
    """Who takes part, where the incident's run names them; the others are not called."""
    return [] if incident.drill_id is None else (await tx.get_one(Drill, incident.drill_id)).participants


def pace_from(drill: Drill) -> Pace:
    """How time passes in a run that was started."""
    assert drill.zero_at is not None, "only what was started has a time"
    assert drill.started_at is not None, "a check holds that it has both or neither"
    pauses = tuple(zip_longest(drill.paused_ats, drill.resumed_ats))
    lasts = timedelta(seconds=drill.duration_seconds)
    return Pace(drill.zero_at, drill.started_at, drill.scale, pauses, drill.ended_at, lasts)
