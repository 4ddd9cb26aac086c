"""What a briefing 舆情快报 is made of: read in one transaction, as the API shows it to the caller."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.auth import Caller
from app.core.db import Tx
from app.domain.briefing import MOST_ACTS, MOST_POSTS, MOST_SILENT, Briefing, Known, compose
from app.domain.tasks import UNFINISHED
from app.domain.vocabulary import IncidentInclude
from app.domain.wording import mask_text, mask_url
from app.incidents import act_queries, care, guards, team_queries
from app.incidents.queries import get_incident, shown_events
from app.models import (
    Acknowledgement,
    Act,
    Deadline,
    Event,
    FactCheck,
    Incident,
    Meeting,
    Mention,
    MentionState,
    Publication,
    Task,
)

# By the last step of their path.
_ACTS: Final[Mapping[str, type[Act]]] = {
    "acknowledgements": Acknowledgement, "meetings": Meeting, "fact-checks": FactCheck, "publications": Publication,
}  # fmt: skip


async def briefing_of(tx: Tx, incident_id: UUID, *, caller: Caller) -> Briefing:
    """The page about the incident, as it is now."""
    incident = await get_incident(tx, incident_id)
    include = [IncidentInclude.WINDOWS, IncidentInclude.FORECAST]
    [shown] = await guards.shown(tx, [incident], caller=caller, include=include)
    whole = shown.model_dump()
    return compose(Known(
        path=f"/v1/incidents/{incident.id}", as_of=await tx.now(), incident=whole, windows=whole["live"]["windows"],
        forecast=whole["live"]["forecast"], graded=await _graded(tx, incident, caller), posts=await _posts(tx, incident),
        counts=await _counts(tx, incident), acts=await _acts(tx, incident, caller), clocks=await _clocks(tx, incident),
        affected=await care.figures(tx, incident.id), tasks=await _tasks(tx, incident), **await _team(tx, incident, caller),
    ))  # fmt: skip


async def _graded(tx: Tx, incident: Incident, caller: Caller) -> dict[str, Any] | None:
    query = select(Event).where(Event.incident_id == incident.id, Event.type == "incident.grade_changed")
    last = (await tx.scalars(query.order_by(Event.seq.desc()).limit(1))).all()
    events = await shown_events(tx, incident.id, last, caller=caller)
    return events[0] if events else None


async def _posts(tx: Tx, incident: Incident) -> list[dict[str, Any]]:
    """Those with the greatest spread, with people's data masked as in the ledger; authors are not told of."""
    counters = (MentionState.reposts, MentionState.comments, MentionState.likes)
    spread = sum((func.coalesce(counter, 0) for counter in counters[1:]), start=func.coalesce(counters[0], 0))
    query = (
        select(Mention, spread.label("spread")).join(MentionState, MentionState.mention_id == Mention.id)
        .where(MentionState.incident_id == incident.id).order_by(spread.desc(), Mention.id).limit(MOST_POSTS)
    )  # fmt: skip
    return [
        {
            "id": mention.id, "platform": mention.platform, "spread": total, "text": mask_text(mention.text),
            "title": mask_text(mention.title) if mention.title else None,
            "url": mask_url(mention.url) if mention.url else None,
        }
        for mention, total in await tx.execute(query)
    ]  # fmt: skip


async def _counts(tx: Tx, incident: Incident) -> dict[str, int]:
    counts = [
        select(func.count()).select_from(kind).where(kind.incident_id == incident.id).scalar_subquery()
        for kind in _ACTS.values()
    ]
    return dict(zip(_ACTS, (await tx.execute(select(*counts))).one(), strict=True))


async def _acts(tx: Tx, incident: Incident, caller: Caller) -> dict[str, Sequence[dict[str, Any]]]:
    """Who took it on first, the direction that stands, what is known of the facts, and what was said last."""
    return {name: await act_queries.shown(tx, await _told(tx, incident, kind), caller=caller)
            for name, kind in _ACTS.items()}  # fmt: skip


async def _told(tx: Tx, incident: Incident, kind: type[Act]) -> Sequence[Act]:
    query = select(kind).where(kind.incident_id == incident.id)
    if kind is Acknowledgement:
        # Each person once, and as they did it first.
        first = select(kind.id).where(kind.incident_id == incident.id).ext(distinct_on(kind.person_id))
        first = first.order_by(kind.person_id, kind.happened_at, kind.id)
        query = query.where(kind.id.in_(first)).order_by(kind.happened_at, kind.id).limit(MOST_ACTS)
    elif kind is Meeting:
        query = query.order_by(Meeting.direction.is_(None), kind.id.desc()).limit(1)
    else:
        query = query.order_by(kind.id.desc()).limit(MOST_ACTS if kind is Publication else 1)
    return (await tx.scalars(query)).all()


async def _team(tx: Tx, incident: Incident, caller: Caller) -> dict[str, Any]:
    """How many there are, and who has not acknowledged with their places in the list; those that are told of by name."""
    members = await team_queries.members_of(tx, incident.id)
    silent = [(place, member) for place, member in enumerate(members) if member.acknowledged_at is None]
    named = await team_queries.shown(tx, [member for _, member in silent[:MOST_SILENT]], caller=caller)
    places = [place for place, _ in silent]
    return {"team": len(members), "silent": list(zip_longest(places, named))}


async def _tasks(tx: Tx, incident: Incident) -> dict[str, int]:
    unfinished = Task.state.in_(UNFINISHED)
    query = select(
        func.count().filter(unfinished).label("unfinished"),
        func.count().filter(unfinished, Task.due_at < await tx.now()).label("overdue"),
    ).select_from(Task).where(Task.incident_id == incident.id)  # fmt: skip
    return dict((await tx.execute(query)).one()._mapping)


async def _clocks(tx: Tx, incident: Incident) -> list[dict[str, Any]]:
    columns = (Deadline.id, Deadline.kind, Deadline.state, Deadline.due_at, Deadline.met_at)
    query = select(*columns).where(Deadline.incident_id == incident.id, Deadline.kind != "alert")
    # Those of tasks may be hundreds; the tasks are counted by themselves.
    query = query.where(Deadline.task_id.is_(None), Deadline.state.in_(("running", "breached")))
    query = query.order_by(Deadline.due_at, Deadline.id)
    return [dict(row._mapping) for row in await tx.execute(query)]
