"""Runs of drills 演练 that can't be played on: tried again, later each time, and failed after the last try.

How often, and why, stands in the run's row, so that it survives whoever plays it; a run that waits for its next try is not
due, so it holds no other up.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM
from app.core.db import Database, Tx
from app.domain.drill_report import span
from app.domain.drills import has_failed, wait_after
from app.domain.vocabulary.drills import DrillState
from app.models import Drill, DrillInject
from app.trainings.drills import end_drill
from app.trainings.drills_queries import get_drill

LONGEST: Final = 300


async def tried_in_vain(database: Database, drill_id: UUID, error: Exception) -> None:
    """Notes it of a run; ends the run where that was the last try, outright where it can't even be wound up."""
    if not await database.run(lambda tx: _note(tx, drill_id, error)):
        return
    try:
        await database.run(lambda tx: _give_up(tx, drill_id, outright=False))
    except Exception:  # noqa: BLE001 - whatever it is, it must not go on for ever
        await database.run(lambda tx: _give_up(tx, drill_id, outright=True))


async def _note(tx: Tx, drill_id: UUID, error: Exception) -> bool:
    """When it is tried again, and why it has to be; True where it has failed. Whoever is killed before its end tries again."""
    drill = await get_drill(tx, drill_id, lock=True)
    if drill.state != DrillState.RUNNING:
        # Paused or stopped meanwhile.
        return False
    drill.tries += 1
    drill.problem = (await _told(tx, drill, error))[:LONGEST]
    drill.next_at = await tx.now() + wait_after(drill.tries)
    return has_failed(drill.tries)


async def _give_up(tx: Tx, drill_id: UUID, *, outright: bool) -> None:
    drill = await get_drill(tx, drill_id, lock=True)
    if drill.state == DrillState.RUNNING:
        reason = f"It was tried {drill.tries} times. {drill.problem}"
        now = await tx.now()
        await end_drill(tx, drill, DrillState.FAILED, reason=reason, caller=SYSTEM, now=now, outright=outright)


async def _told(tx: Tx, drill: Drill, error: Exception) -> str:
    """What can't be done. Of the error only its kind: its words may hold those of posts, and stand in the log."""
    kind = type(getattr(error, "orig", None) or error).__name__
    waiting = select(DrillInject).where(DrillInject.drill_id == drill.id, DrillInject.played_at.is_(None))
    inject = await tx.scalar(waiting.order_by(DrillInject.at_seconds, DrillInject.position).limit(1))
    if inject is None:
        return f"演练无法继续 It can't go on, though everything was played ({kind})."
    at = span(inject.at_seconds)
    return f"剧情 {at} 起无法继续 It can't go on to {at} of its time: {inject.kind} {inject.ref} ({kind})."
