"""Plays what is due in the runs of drills 演练, once each, and ends those that are over.

A step is one transaction: it takes a run that nobody else has at this moment, stores what is due at the next instant of its
scenario as the ingest path stores it, counts and grades it, and marks it played. So a scenario reaches the same grades in
the same order however fast it goes, whoever is killed in between, and however late its worker comes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.domain.drills import Pace
from app.domain.lifecycle import ACCEPTING
from app.domain.vocabulary.drills import DrillState
from app.domain.wording import platform_of
from app.incidents import calm, fading
from app.incidents.runs import pace_from
from app.incidents.spread import Ledger
from app.mentions.ingest import Row, play
from app.mentions.processing import count_readings
from app.mentions.rulebook import Rules
from app.models import Drill, DrillInject, Incident
from app.models.base import new_id
from app.trainings.drills import end_drill, incident_ids

# How often calm and the end of watching are looked for: each minute of the scenario's time, and no more often than this.
LOOK: Final = timedelta(minutes=1)
SHORTEST_LOOK: Final = timedelta(seconds=0.5)

_NEXT_IN = "select extract(epoch from min(next_at) - clock_timestamp())::float8 from drills where next_at is not null"


class Step(NamedTuple):
    """What one transaction did."""

    drill_id: UUID
    played: int


async def seconds_to_next(tx: Tx) -> float | None:
    """How long until there is something to do in any run, by the database's clock; None where there is nothing."""
    seconds: float | None = await (await tx.driver()).fetchval(_NEXT_IN)
    return seconds


async def step(tx: Tx, rules: Rules) -> Step | None:
    """Does what is due next of one run that nobody else has; None where there is none."""
    drill = await take(tx)
    return None if drill is None else await play_on(tx, rules, drill)


async def take(tx: Tx) -> Drill | None:
    """The run in which something is due longest and that nobody else has; None where there is none."""
    query = select(Drill).where(Drill.next_at <= await tx.now()).order_by(Drill.next_at)
    return await tx.scalar(query.limit(1).with_for_update(key_share=True, skip_locked=True))


async def play_on(tx: Tx, rules: Rules, drill: Drill) -> Step:
    """Does what is due next of the run, which is taken."""
    now, pace = await tx.now(), pace_from(drill)
    drill.tries, drill.problem = 0, None
    due = await _due(tx, drill, pace, now)
    if due:
        await _play(tx, rules, drill, pace, due, now)
        # There may be more of it.
        drill.next_at = now
        return Step(drill.id, len(due))
    ids = await incident_ids(tx, drill.id)
    for incident_id in ids:
        # Both ask what the incident's state is.
        await calm.check(tx, incident_id)
        await fading.subside(tx, incident_id)
    if why := await _over(tx, drill, pace, ids, now):
        await end_drill(tx, drill, DrillState.FINISHED, reason=why, caller=SYSTEM, now=now)
    else:
        drill.next_at = await _next_at(tx, drill, pace, bool(ids), now)
    return Step(drill.id, 0)


async def _due(tx: Tx, drill: Drill, pace: Pace, now: datetime) -> Sequence[DrillInject]:
    """What is due at the earliest instant of which something was not played."""
    waiting = (DrillInject.drill_id == drill.id, DrillInject.played_at.is_(None))
    query = select(DrillInject).where(*waiting, DrillInject.at_seconds <= pace.elapsed(now))
    injects = (await tx.scalars(query.order_by(DrillInject.at_seconds, DrillInject.position))).all()
    return [inject for inject in injects if inject.at_seconds == injects[0].at_seconds]


async def _play(
    tx: Tx, rules: Rules, drill: Drill, pace: Pace, injects: Sequence[DrillInject], now: datetime
) -> None:  # fmt: skip
    # Before any mention, as whoever counts takes hold of the rules.
    book = await rules.of(tx, drill.id)
    posts = await _posts(tx, drill, injects)
    at = pace.zero + timedelta(seconds=injects[0].at_seconds)
    rows = {inject.id: _row(drill, posts[inject.ref], inject.content, at) for inject in injects}
    readings = await play(tx, list(rows.values()), drill_id=drill.id)
    await count_readings(tx, book, Ledger(), readings)
    mentions = {reading["id"]: reading["mention_id"] for reading in readings}
    for inject in injects:
        inject.played_at, inject.mention_id = now, mentions[rows[inject.id].id]
        inject.late_by_seconds = max((now - pace.after(injects[0].at_seconds)).total_seconds(), 0.0)


async def _posts(tx: Tx, drill: Drill, injects: Sequence[DrillInject]) -> dict[str, DrillInject]:
    """The posts that the injects make or are later readings of, by their names."""
    query = select(DrillInject).where(
        DrillInject.drill_id == drill.id, DrillInject.ref.in_({inject.ref for inject in injects}),
        DrillInject.kind != "reading",
    )  # fmt: skip
    return {post.ref: post for post in await tx.scalars(query)}


def _row(drill: Drill, post: DrillInject, reading: dict[str, Any], at: datetime) -> Row:
    """A reading of a post as a source would report it, words and all. Whatever reports it, it has a namespace of the run's own:
    names of real ones are folded and have no capitals."""
    words = post.content
    platform, raw = platform_of(words["platform"])
    outlet = (words.get("outlet") or {}).get("name")
    return Row(
        new_id(), platform, f"DRILL:{drill.number}", raw, f"{drill.number}:{post.ref}", words["url"],
        words["author"] or outlet, words["title"], words["text"], at if reading is words else None, words["sentiment"],
        drill.number, at, reading["reposts"], reading["comments"], reading["likes"], reading["views"], False,
    )  # fmt: skip


async def _over(tx: Tx, drill: Drill, pace: Pace, ids: Sequence[UUID], now: datetime) -> str | None:
    """Why the run is over; None while it goes on. Everything that is due was played."""
    if pace.elapsed(now) >= drill.duration_seconds:
        return "The scenario is over."
    waiting = select(DrillInject.id).where(DrillInject.drill_id == drill.id, DrillInject.played_at.is_(None)).limit(1)
    if not ids or await tx.scalar(waiting) is not None:
        return None
    handled = select(Incident.id).where(Incident.drill_id == drill.id, Incident.status.in_(ACCEPTING)).limit(1)
    return None if await tx.scalar(handled) is not None else "Everything was played, and all that came of it has ended."


async def _next_at(tx: Tx, drill: Drill, pace: Pace, looks: bool, now: datetime) -> datetime:
    query = select(DrillInject.at_seconds).where(DrillInject.drill_id == drill.id, DrillInject.played_at.is_(None))
    following = await tx.scalar(query.order_by(DrillInject.at_seconds).limit(1))
    seconds = drill.duration_seconds if following is None else min(following, drill.duration_seconds)
    then = pace.after(seconds)
    return min(then, now + max(pace.span(LOOK), SHORTEST_LOOK)) if looks else then
