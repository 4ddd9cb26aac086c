"""What people do about patrols 人工巡查 (方案 二(一)2, R22): plan them, hand them over, walk them.

What is found on a patrol goes through the same door as whatever tools report, in the transaction of the check-in: mentions
are locked before the patrol.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select

from app.core.auth import SYSTEM, Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, Invalid
from app.core.instants import not_ahead
from app.core.outbox import record
from app.domain import patrols as domain
from app.domain.events import Changed, PatrolCheckedIn
from app.domain.worktime import SHANGHAI
from app.mentions.ingest import Accepted, Intake, row_of
from app.mentions.patrol_queries import get_patrol, newest_plan, state_of
from app.mentions.patrol_slots import active_of, catch_up, give, hold_plan, mark_missed, slots_from, store_slots
from app.mentions.schemas import MentionIn
from app.mentions.source_beats import hear_patrol
from app.models import Patrol, PatrolFinding, PatrolPlan
from app.models.base import new_id
from app.people.persons import active_people, active_person

# What was walked longer ago says nothing of whether anybody looks now.
JUST_NOW: Final = timedelta(hours=1)


class PatrolWalked(Conflict):
    """A patrol is walked once; what is found later is a mention like any other."""

    code, title = "patrol_walked", ("The patrol was walked already", "该次巡查已签到")


class PatrolAhead(Conflict):
    """Nobody has walked what has not begun."""

    code, title = "patrol_ahead", ("The patrol has not begun", "该次巡查尚未开始")


async def set_plan(
    tx: Tx, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> PatrolPlan:
    """The plan's next version, from an instant on. Slots of before stay; of those that were made ahead, the ones it asks for
    too become its own, and the others go."""
    await hold_plan(tx)
    last = await newest_plan(tx)
    expected.meet(last.version)
    effective_at = fields["effective_at"] or now
    if effective_at < now:
        raise Invalid.at(
            "/effective_at", "lies in the past, and slots of the past stay as they were; leave it out for now",
            "in_the_past",
        )  # fmt: skip
    _must_differ([slot["time"] for slot in fields["slots"]])
    await _check_people(tx, fields)
    # What nobody made yet is still the earlier versions'.
    await catch_up(tx, now=now)
    slots = [
        {"time": slot["time"], "assignee_ids": [str(id_) for id_ in dict.fromkeys(slot["assignee_ids"])],
         "rotation": str(slot["rotation"])}
        for slot in sorted(fields["slots"], key=lambda slot: slot["time"])
    ]  # fmt: skip
    plan = PatrolPlan(
        id=new_id(), version=last.version + 1, effective_at=effective_at, slots=slots,
        default_assignee_id=fields["default_assignee_id"], platforms=_words(fields["platforms"]),
        grace_seconds=fields["grace_seconds"], note=fields["note"], created_at=now, created_by=caller.actor,
    )  # fmt: skip
    tx.add(plan)
    await tx.flush()
    await _follow(tx, plan, now=now)
    event = Changed(subject="patrol_plan", subject_id=str(plan.id), action="created", fields=sorted(fields))
    await record(tx, event, caller=caller)
    return plan


def _words(platforms: Collection[str]) -> list[str]:
    return list(dict.fromkeys(map(str, platforms)))


def _must_differ(times: Sequence[str]) -> None:
    for place, at in enumerate(times):
        if at in times[:place]:
            raise Invalid.at(f"/slots/{place}/time", "stands there twice; name each time once", "duplicate")


async def _check_people(tx: Tx, fields: Mapping[str, Any]) -> None:
    named = {
        f"/slots/{place}/assignee_ids/{turn}": person_id
        for place, slot in enumerate(fields["slots"])
        for turn, person_id in enumerate(slot["assignee_ids"])
    }
    if fields["default_assignee_id"] is not None:
        named["/default_assignee_id"] = fields["default_assignee_id"]
    await active_people(tx, named)


async def _follow(tx: Tx, plan: PatrolPlan, *, now: datetime) -> None:
    """Brings the slots that were made ahead in line with the plan. What somebody walked already, or was given by hand,
    keeps who it is of."""
    slots = {slot.at: slot for slot in await slots_from(tx, plan.effective_at, now=now)}
    ahead = select(Patrol).where(Patrol.slot_at >= plan.effective_at, Patrol.happened_at.is_(None))
    rows = (await tx.scalars(ahead.order_by(Patrol.slot_at).with_for_update(key_share=True))).all()
    gone = [row.id for row in rows if row.slot_at not in slots]
    if gone:
        await tx.execute(delete(Patrol).where(Patrol.id.in_(gone)))
    active = await active_of(tx, slots.values(), (row.assignee_id for row in rows))
    for row in rows:
        if (slot := slots.get(row.slot_at)) is None:
            continue
        row.plan_id, row.platforms = plan.id, plan.platforms
        row.due_by = row.slot_at + timedelta(seconds=plan.grace_seconds)
        give(row, slot, active)
        touch(row, now)
    await tx.flush()
    await store_slots(tx, list(slots.values()), now=now)


async def assign_patrol(
    tx: Tx, patrol_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Patrol:
    """Gives the patrol to somebody else, or to nobody. PatrolWalked where somebody has walked it."""
    patrol = await get_patrol(tx, patrol_id, lock=True)
    expected.meet(patrol.version)
    if "assignee_id" not in fields or fields["assignee_id"] == patrol.assignee_id:
        return patrol
    _must_be_open(patrol)
    if fields["assignee_id"] is not None:
        await active_person(tx, fields["assignee_id"], "/assignee_id")
    patrol.assignee_id, patrol.assigned_by_hand = fields["assignee_id"], True
    touch(patrol, now)
    event = Changed(subject="patrol", subject_id=str(patrol.id), action="assigned", fields=["assignee_id"])
    await record(tx, event, caller=caller)
    return patrol


async def check_in(
    tx: Tx, intake: Intake, patrol_id: UUID, fields: Mapping[str, Any], findings: Sequence[MentionIn] = (), *,
    caller: Caller, now: datetime,
) -> Patrol:  # fmt: skip
    """Somebody walked the patrol; what they found becomes mentions in this transaction. PatrolWalked the second time,
    PatrolAhead before its hour. Walked too late, it was missed all the same, and that is told once."""
    _must_be_open(await get_patrol(tx, patrol_id))
    person = caller.require_person()
    rows = [
        row_of(item, key_id=caller.id, now=now, at=f"/findings/{place}") for place, item in enumerate(findings)
    ]  # fmt: skip
    accepted = await intake.accept(rows, tx) if rows else []
    patrol = await get_patrol(tx, patrol_id, lock=True)
    _must_be_open(patrol)
    happened_at = _happened_at(patrol, fields["happened_at"], now)
    if happened_at > patrol.due_by and patrol.missed_at is None:
        await record(tx, mark_missed(patrol, now), caller=SYSTEM)
    patrol.happened_at, patrol.recorded_at, patrol.walked_by = happened_at, now, person.id
    patrol.looked_at, patrol.note = _words(fields["looked_at"]), fields["note"]
    touch(patrol, now)
    await tx.flush()
    mention_ids = await _keep_findings(tx, patrol, accepted)
    event = PatrolCheckedIn(
        patrol_id=patrol.id, slot_at=patrol.slot_at, due_by=patrol.due_by, assignee_id=patrol.assignee_id,
        platforms=patrol.platforms, state=state_of(patrol, now), person_id=person.id, happened_at=happened_at,
        looked_at=patrol.looked_at, mention_ids=mention_ids, new_mention_count=sum(one.created for one in accepted),
    )  # fmt: skip
    await record(tx, event, caller=caller)
    if now - happened_at <= JUST_NOW:
        await hear_patrol(tx, patrol.looked_at, now=now)
    return patrol


def _must_be_open(patrol: Patrol) -> None:
    if patrol.happened_at is not None:
        raise PatrolWalked(
            f"The patrol was walked at {patrol.happened_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} (Shanghai) and is checked in "
            "once. Send what was found since then to POST /v1/mentions."
        )


def _happened_at(patrol: Patrol, stated: datetime | None, now: datetime) -> datetime:
    earliest = patrol.slot_at - domain.EARLY
    if now < earliest:
        raise PatrolAhead(
            f"The patrol begins at {patrol.slot_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} (Shanghai); check in from an hour "
            "before on."
        )
    happened_at = not_ahead(stated, now, "/happened_at") or now
    if happened_at < earliest:
        raise Invalid.at("/happened_at", "lies more than an hour before the patrol's time; check it", "too_early")
    return happened_at


async def _keep_findings(tx: Tx, patrol: Patrol, accepted: Sequence[Accepted]) -> list[UUID]:
    """The mentions that were found, each once."""
    created: dict[UUID, bool] = {}
    for one in accepted:
        created[one.id] = created.get(one.id, False) or one.created
    tx.add_all(
        PatrolFinding(patrol_id=patrol.id, place=place, mention_id=id_, created=new)
        for place, (id_, new) in enumerate(created.items())
    )
    return list(created)
