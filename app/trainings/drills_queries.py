"""Everything that is read of drills."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, tuple_

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.vocabulary.drills import DrillState
from app.domain.wording import mask_name, mask_text, mask_url
from app.incidents.runs import pace_from
from app.models import Drill, DrillInject, Incident, Scenario, ScenarioVersion
from app.models.base import columns_of
from app.people.masks import people_of
from app.trainings.drills_schemas import DrillQuery

_SAID: Final = (
    "id", "number", "name", "scale", "state", "rule_id", "own_rule", "brand", "word", "duration_seconds", "started_at",
    "ended_at", "created_at", "created_by", "updated_at", "version",
)  # fmt: skip
_POSTED: Final = (
    "platform", "author", "title", "url", "text", "sentiment", "reposts", "comments", "likes", "views",
)  # fmt: skip


async def get_drill(tx: Tx, drill_id: UUID, *, lock: bool = False) -> Drill:
    """One drill; NotFound otherwise. Locked, nobody plays, pauses or ends it before this transaction's end."""
    query = select(Drill).where(Drill.id == drill_id).execution_options(populate_existing=True)
    drill = await tx.scalar(query.with_for_update(key_share=True) if lock else query)
    if drill is None:
        raise NotFound(f"There is no drill {drill_id}.")
    return drill


async def list_drills(tx: Tx, query: DrillQuery, *, caller: Caller) -> dict[str, Any]:
    """Drills, the newest first."""
    bound = ["drills", query.filters()]
    rows = select(Drill).order_by(Drill.id.desc()).limit(query.limit + 1)
    if query.state:
        rows = rows.where(Drill.state.in_(query.state))
    if query.scenario:
        versions = select(ScenarioVersion.id).join(Scenario, Scenario.id == ScenarioVersion.scenario_id)
        rows = rows.where(Drill.scenario_version_id.in_(versions.where(Scenario.key.in_(query.scenario))))
    if after := paging.decode(query.cursor, bound):
        rows = rows.where(Drill.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda drill: [drill.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def shown_one(tx: Tx, drill: Drill, *, caller: Caller) -> dict[str, Any]:
    """A drill as it is answered with."""
    return (await shown(tx, [drill], caller=caller))[0]


async def shown(tx: Tx, drills: Sequence[Drill], *, caller: Caller) -> list[dict[str, Any]]:
    """Drills as they are answered with."""
    await tx.flush()
    people = await people_of(tx, {id_ for drill in drills for id_ in drill.participants}, caller=caller)
    query = select(ScenarioVersion.id, ScenarioVersion.number, Scenario.key, Scenario.name)
    query = query.join(Scenario, Scenario.id == ScenarioVersion.scenario_id)
    rows = await tx.execute(query.where(ScenarioVersion.id.in_({drill.scenario_version_id for drill in drills})))
    scenarios = {
        row.id: {"key": row.key, "name": row.name, "version_id": row.id, "version": row.number} for row in rows
    }
    incidents: dict[UUID, list[UUID]] = {drill.id: [] for drill in drills}
    found = select(Incident.drill_id, Incident.id).where(Incident.drill_id.in_(incidents)).order_by(Incident.id)
    for drill_id, incident_id in await tx.execute(found):
        if drill_id is not None:
            incidents[drill_id].append(incident_id)
    return [
        {name: getattr(drill, name) for name in _SAID}
        | {
            "scenario": scenarios[drill.scenario_version_id], "scenario_started_at": drill.zero_at,
            "pauses": [
                {"paused_at": began, "resumed_at": over}
                for began, over in zip_longest(drill.paused_ats, drill.resumed_ats)
            ],
            "participants": [people[id_] for id_ in drill.participants if id_ in people],
            "incident_ids": incidents[drill.id], "problem": problem_of(drill),
        }
        for drill in drills
    ]  # fmt: skip


def problem_of(drill: Drill) -> dict[str, Any] | None:
    """Why it can't be played; None where it can."""
    return {"detail": drill.problem, "tries": drill.tries, "next_try_at": drill.next_at} if drill.problem else None


async def clock_of(tx: Tx, drill_id: UUID, now: datetime) -> dict[str, Any]:
    """How far the drill is at this moment."""
    drill = await get_drill(tx, drill_id)
    waits = DrillInject.played_at.is_(None)
    query = select(func.count(), func.count(DrillInject.played_at), func.min(DrillInject.at_seconds).filter(waits))
    count, played, following = (await tx.execute(query.where(DrillInject.drill_id == drill_id))).one()
    clock = {
        "drill_id": drill.id, "state": drill.state, "as_of": now, "scenario_at": None, "elapsed_seconds": 0.0,
        "duration_seconds": drill.duration_seconds, "ends_at": None, "inject_count": count, "played_count": played,
        "next_inject_at": None,
    }  # fmt: skip
    if drill.started_at is None:
        return clock
    pace = pace_from(drill)
    clock |= {"scenario_at": pace.scenario(now), "elapsed_seconds": pace.elapsed(now)}
    if drill.state == DrillState.RUNNING:
        clock["ends_at"] = pace.after(drill.duration_seconds)
        clock["next_inject_at"] = None if following is None else pace.after(following)
    return clock


async def get_inject(tx: Tx, drill_id: UUID, inject_id: UUID) -> dict[str, Any]:
    """One thing that a drill plays."""
    await get_drill(tx, drill_id)
    inject = await tx.scalar(select(DrillInject).where(DrillInject.id == inject_id, DrillInject.drill_id == drill_id))
    if inject is None:
        raise NotFound(f"The drill plays nothing with the id {inject_id}.")
    return shown_inject(inject)


async def list_injects(tx: Tx, drill_id: UUID, query: PageQuery) -> dict[str, Any]:
    """What a drill plays, by its time."""
    await get_drill(tx, drill_id)
    bound, place = ["drill_injects", drill_id], tuple_(DrillInject.at_seconds, DrillInject.position)
    rows = select(DrillInject).where(DrillInject.drill_id == drill_id)
    if after := paging.decode(query.cursor, bound):
        rows = rows.where(place > (after[0], after[1]))
    rows = rows.order_by(DrillInject.at_seconds, DrillInject.position).limit(query.limit + 1)
    found = (await tx.scalars(rows)).all()
    page = paging.page(found, query.limit, bound, lambda inject: [inject.at_seconds, inject.position])
    return page | {"data": [shown_inject(inject) for inject in page["data"]]}


def shown_inject(inject: DrillInject) -> dict[str, Any]:
    """Something that is played, as people may see it: whoever put it in may have copied a real post."""
    masks = {"author": mask_name, "title": mask_text, "url": mask_url, "text": mask_text}
    said: dict[str, Any] = {name: inject.content.get(name) for name in _POSTED}
    masked = {name: mask(said[name]) for name, mask in masks.items() if said[name]}
    return columns_of(inject) | said | masked
