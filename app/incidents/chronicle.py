"""An incident's whole timeline for files and archives: as JSON, and as Markdown for people."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, cast, func, inspect, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict
from app.domain import chronicle
from app.domain.chronicle import Entry
from app.domain.grades import grade_of
from app.incidents import act_queries, act_schemas, note_queries
from app.incidents.queries import get_incident, shown_events
from app.models import (
    Acknowledgement,
    Act,
    Commitment,
    Decision,
    Event,
    FactCheck,
    Incident,
    Meeting,
    Note,
    Publication,
    Task,
)
from app.people.masks import words_of

# Of an incident of weeks there are some hundreds.
MOST: int = act_schemas.MOST_EXPORTED
MOST_WRITTEN = 4_000_000
"""Bytes of UTF-8 that all of it may have: a document of so many is made within a second."""
_ACTS: dict[str, type[Act]] = {
    "acknowledgements": Acknowledgement,
    "meetings": Meeting,
    "fact_checks": FactCheck,
    "publications": Publication,
    "decisions": Decision,
}


class TimelineTooLong(Conflict):
    """More than fits into one answer."""

    code, title = "timeline_too_long", ("The timeline is too long for one answer", "时间线过长，无法一次导出")


async def whole(tx: Tx, incident_id: UUID, *, caller: Caller) -> tuple[Incident, dict[str, Any]]:
    """The incident, and everything on its timeline with what people put on record; TimelineTooLong above the most."""
    incident = await get_incident(tx, incident_id)
    await _must_fit(tx, incident_id)
    events = (await tx.scalars(select(Event).where(Event.incident_id == incident_id).order_by(Event.seq))).all()
    acts: list[Act] = []
    for kind in _ACTS.values():
        acts += (await tx.scalars(select(kind).where(kind.incident_id == incident_id).order_by(kind.id))).all()
    answers = dict(zip(acts, await act_queries.shown(tx, acts, caller=caller), strict=True))
    notes = (await tx.scalars(select(Note).where(Note.incident_id == incident_id).order_by(Note.id))).all()
    tasks = (await tx.execute(_tasks(incident_id).order_by(Task.id))).all()
    titles = [(incident.id, {"title": title}) for title in (incident.title, *(task.title for task in tasks))]
    promises = (await tx.execute(_promises(incident_id).order_by(Commitment.id))).all()
    words, *titled = await words_of(tx, titles, caller=caller)
    return incident, {
        "incident_id": incident.id, "number": incident.number, "title": words["title"], "status": incident.status,
        "grade": incident.grade, "exported_at": await tx.now(),
        "events": await shown_events(tx, incident.id, events, caller=caller),
        "notes": await note_queries.shown(tx, notes, caller=caller),
        "tasks": [{"id": task.id} | title for task, title in zip(tasks, titled, strict=True)],
        "commitments": [{"id": id_, "text": text} for id_, text in promises],
    } | {
        name: [answer for act, answer in answers.items() if isinstance(act, kind)] for name, kind in _ACTS.items()
    }  # fmt: skip


def _tasks(incident_id: UUID) -> Select[UUID, str]:
    """The tasks that it tells of, wherever a merge has taken them since."""
    return select(Task.id, Task.title).where(Task.id.in_(_told(incident_id, "task_id")))


def _promises(incident_id: UUID) -> Select[UUID, str]:
    """The promises that it tells of, likewise."""
    return select(Commitment.id, Commitment.text).where(Commitment.id.in_(_told(incident_id, "commitment_id")))


def _told(incident_id: UUID, member: str) -> Select[UUID]:
    """The ids of one kind that its events name."""
    told = select(Event.data[member].astext).where(Event.incident_id == incident_id, Event.data.has_key(member))
    return select(cast(told.subquery().c[0], Uuid))


async def _must_fit(tx: Tx, incident_id: UUID) -> None:
    """Asked before anything is loaded. Both are counted: few entries may be long, and many short."""
    some = select(Event.seq).where(Event.incident_id == incident_id).limit(MOST + 1).subquery()
    if (await tx.scalar(select(func.count()).select_from(some)) or 0) > MOST:
        raise TimelineTooLong(f"It has more than {MOST:,} events; read it page by page from /timeline instead.")
    kinds: tuple[type[Event | Act | Note], ...] = (Event, Note, *_ACTS.values())
    titles, promises = _tasks(incident_id).subquery(), _promises(incident_id).subquery()
    named = [
        select(func.coalesce(func.sum(func.octet_length(words)), 0)) for words in (titles.c.title, promises.c.text)
    ]
    sums = [counted.scalar_subquery() for counted in (*(_bytes(kind, incident_id) for kind in kinds), *named)]
    if sum((await tx.execute(select(*sums))).one()) > MOST_WRITTEN:
        raise TimelineTooLong(
            f"More than {MOST_WRITTEN // 1_000_000} MB are written on it; read it page by page from /timeline instead, "
            "and from /decisions, /notes and the like what people put on record."
        )


def _bytes(kind: type[Event | Act | Note], incident_id: UUID) -> Select[tuple[int]]:
    """How long all is that stands in the columns of text of an incident's rows."""
    written = [column for column in inspect(kind).columns if isinstance(column.type, Text | ARRAY | JSONB)]
    long = sum((func.coalesce(func.octet_length(cast(column, Text)), 0) for column in written), start=literal(0))
    return select(func.coalesce(func.sum(long), 0)).where(kind.incident_id == incident_id)


def markdown(incident: Incident, exported: dict[str, Any]) -> str:
    """The timeline for people. It takes up to a second: nothing for a loop, nor for a transaction."""
    grade = grade_of(incident.grade)
    facts = [
        ("状态", chronicle.word("incident_status", incident.status)),
        ("等级", grade.label if grade else "未定级"),
        ("传播量", f"{incident.total:,}"),
        ("开启时间", chronicle.local(incident.opened_at)),
        ("导出时间", f"{chronicle.local(exported['exported_at'])}（北京时间，下同）"),
    ]
    drill = "【演练】" if incident.is_drill else ""
    return chronicle.markdown(f"{drill}{incident.number} {exported['title']}", facts, entries(exported))


def entries(exported: dict[str, Any]) -> Iterator[Entry]:
    """The lines of the timeline, each with what people put on record with it."""
    acts = {str(act["id"]): act for name in (*_ACTS, "notes", "commitments") for act in exported[name]}
    tasks = {str(task["id"]): task for task in exported["tasks"]}
    for event in exported["events"]:
        # A task's own events may name the act as well that it is on record as.
        known = tasks if event["type"].startswith("task.") else acts
        told = (known[value] for name, value in event["data"].items() if name.endswith("_id") and value in known)
        name = event["person"]["name"] if event["person"] else None
        who = chronicle.who_of(event["actor"], name)
        yield Entry(event["seq"], event["type"], event["at"], who, event["data"], next(told, None))
