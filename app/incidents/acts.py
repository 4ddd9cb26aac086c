"""What people do about an incident, put on record (方案 一, 二(二)): acknowledgements, meetings, fact checks, publications.

Entries are only added. A correction, or a meeting's direction that came later, is another entry: the last recorded
fact check is what is known, and any meeting that set a direction will do.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, Invalid
from app.core.instants import not_ahead
from app.core.outbox import record
from app.domain.events import FactChecked, IncidentAcknowledged, MeetingHeld, PublicationRecorded
from app.domain.lifecycle import RECORDING
from app.incidents import guards
from app.incidents.act_queries import origin_platform
from app.incidents.queries import get_incident
from app.incidents.task_ending import end_by_act
from app.incidents.team import mark_answered
from app.incidents.team_queries import member_who_is
from app.incidents.timeline import on_timeline
from app.models import Acknowledgement, Act, FactCheck, Incident, Meeting, Publication, Task
from app.models.base import new_id


class IncidentOver(Conflict):
    """Nothing was done about what was none of ours, or is another incident's now."""

    code = "incident_over"


class Said(TypedDict):
    """What every act says first: see :class:`app.models.Act`."""

    id: UUID
    incident_id: UUID
    happened_at: datetime
    recorded_at: datetime
    actor: str
    person_id: UUID | None


async def acknowledge(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> Acknowledgement:
    """A person takes the incident on; PersonNeeded where a machine says so. Of a member of its team the team's own row
    says so too."""
    incident, said = await start(tx, incident_id, fields["happened_at"], caller=caller, now=now)
    member = await member_who_is(tx, incident.id, caller.require_person().id)
    act = Acknowledgement(**said, note=fields["note"], member_id=member.id if member else None)
    await store(tx, incident, act, now=now)
    if member is not None:
        await mark_answered(tx, incident, member, act)
    event = IncidentAcknowledged(
        **on_timeline(incident), happened_at=act.happened_at, acknowledgement_id=act.id, member_id=act.member_id
    )  # fmt: skip
    await record(tx, event, caller=caller)
    return act


async def record_meeting(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, task: Task | None = None, caller: Caller, now: datetime
) -> Meeting:
    """A meeting took place. With a direction that finishes the incident's task ``task``, or its only open meeting."""
    since = task.created_at if task else None
    incident, said = await start(tx, incident_id, fields["happened_at"], since=since, caller=caller, now=now)
    act = Meeting(**said, direction=fields["direction"], note=fields["note"])
    await store(tx, incident, act, now=now)
    event = MeetingHeld(
        **on_timeline(incident), happened_at=act.happened_at, meeting_id=act.id,
        has_direction=act.direction is not None,
    )  # fmt: skip
    await record(tx, event, caller=caller)
    if act.direction is not None:
        await end_by_act(tx, incident, act, task, caller=caller, now=now)
    return act


async def record_fact_check(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, task: Task | None = None, caller: Caller, now: datetime
) -> FactCheck:
    """The facts were checked. That finishes the incident's task ``task``, or its only open fact check."""
    since = task.created_at if task else None
    incident, said = await start(tx, incident_id, fields["happened_at"], since=since, caller=caller, now=now)
    named = {name: fields[name] for name in ("truth", "responsibility")}
    act = FactCheck(**said, **named, evidence=fields["evidence"], note=fields["note"])
    await store(tx, incident, act, now=now)
    event = FactChecked(**on_timeline(incident), happened_at=act.happened_at, fact_check_id=act.id, **named)
    await record(tx, event, caller=caller)
    await end_by_act(tx, incident, act, task, caller=caller, now=now)
    return act


async def record_publication(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, since: datetime | None = None, caller: Caller,
    now: datetime,
) -> Publication:  # fmt: skip
    """Something was said in public. Whether it was where it began is judged by what is known of that now. ``fields`` may say
    which version of which statement it was, and whether that was approved: see :mod:`app.statements.publishing`."""
    incident, said = await start(tx, incident_id, fields["happened_at"], since=since, caller=caller, now=now)
    origin = await origin_platform(tx, incident_id)
    named = {name: fields[name] for name in ("platform", "statement_kind")} | {
        "on_origin": fields["platform"] == origin
    }
    of = {name: fields.get(name) for name in ("statement_id", "statement_version_id", "approved")}
    act = Publication(**said, **named, **of, url=fields["url"], title=fields["title"], origin_platform=origin)
    await store(tx, incident, act, now=now)
    made = await guards.has_spoken(tx, incident.id)
    event = PublicationRecorded(
        **on_timeline(incident), happened_at=act.happened_at, publication_id=act.id, **named, statement_made=made
    )
    await record(tx, event, caller=caller)
    return act


async def start(
    tx: Tx, incident_id: UUID, happened_at: datetime | None, *, since: datetime | None = None, caller: Caller,
    now: datetime,
) -> tuple[Incident, Said]:  # fmt: skip
    """The incident, locked, and what every act says first. IncidentOver where nothing more is recorded of it."""
    incident = await recording(tx, incident_id)
    happened_at = told_at(incident, happened_at, now, since=since)
    return incident, Said(
        id=new_id(), incident_id=incident.id, happened_at=happened_at, recorded_at=now, actor=caller.actor,
        person_id=caller.person_id,
    )  # fmt: skip


async def recording(tx: Tx, incident_id: UUID, *, lock: bool = True) -> Incident:
    """The incident, locked; IncidentOver where nothing more is recorded of it."""
    incident = await get_incident(tx, incident_id, lock=lock)
    if incident.status not in RECORDING:
        why = "look at the one it was merged into" if incident.status == "merged" else "bring it back first"
        raise IncidentOver(f"The incident {incident.number} is {incident.status}: nothing is recorded of it; {why}.")
    return incident


def told_at(
    incident: Incident, happened_at: datetime | None, now: datetime, *, since: datetime | None = None
) -> datetime:
    """When something happened that people tell of, now unless they say; Invalid before the incident or in the future.

    ``since``: when they were asked for it, or what it is of began, which may be before: of an incident that was merged into
    this younger one.
    """
    happened_at = not_ahead(happened_at, now, "/happened_at") or now
    if happened_at < min(incident.opened_at, since or incident.opened_at):
        raise Invalid.at(
            "/happened_at",
            f"lies before the incident, which was opened at {incident.opened_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "before_the_incident",
        )
    return happened_at


async def store(tx: Tx, incident: Incident, act: Act, *, now: datetime) -> None:
    """Keeps the act. The incident has another version where that opens or closes a way on."""
    async with guards.versioned(tx, incident, now):
        tx.add(act)
