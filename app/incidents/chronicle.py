"""An incident's whole timeline for files and archives: as JSON, and as Markdown for people."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict
from app.domain import chronicle
from app.domain.chronicle import Entry
from app.domain.grades import grade_of
from app.incidents import act_queries, act_schemas
from app.incidents.queries import get_incident, shown_events
from app.models import Acknowledgement, Act, Decision, Event, FactCheck, Incident, Meeting, Publication
from app.people.masks import words_of

# Of an incident of weeks there are some hundreds.
MOST: int = act_schemas.MOST_EXPORTED
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
    query = select(Event).where(Event.incident_id == incident_id).order_by(Event.seq).limit(MOST + 1)
    events = (await tx.scalars(query)).all()
    if len(events) > MOST:
        raise TimelineTooLong(f"It has more than {MOST:,} events; read it page by page from /timeline instead.")
    acts: list[Act] = []
    for kind in _ACTS.values():
        acts += (await tx.scalars(select(kind).where(kind.incident_id == incident_id).order_by(kind.id))).all()
    answers = dict(zip(acts, await act_queries.shown(tx, acts, caller=caller), strict=True))
    [words] = await words_of(tx, [(incident.id, {"title": incident.title})], caller=caller)
    return incident, {
        "incident_id": incident.id, "number": incident.number, "title": words["title"], "status": incident.status,
        "grade": incident.grade, "exported_at": await tx.now(),
        "events": await shown_events(tx, incident.id, events, caller=caller),
    } | {
        name: [answer for act, answer in answers.items() if isinstance(act, kind)] for name, kind in _ACTS.items()
    }  # fmt: skip


async def markdown(tx: Tx, incident_id: UUID, *, caller: Caller) -> str:
    """The timeline for people."""
    incident, exported = await whole(tx, incident_id, caller=caller)
    grade = grade_of(incident.grade)
    facts = [
        ("状态", chronicle.word("incident_status", incident.status)),
        ("等级", grade.label if grade else "未定级"),
        ("传播量", f"{incident.total:,}"),
        ("开启时间", chronicle.local(incident.opened_at)),
        ("导出时间", f"{chronicle.local(exported['exported_at'])}（北京时间，下同）"),
    ]
    drill = "【演练】" if incident.is_drill else ""
    return chronicle.markdown(f"{drill}{incident.number} {exported['title']}", facts, _entries(exported))


def _entries(exported: dict[str, Any]) -> Iterator[Entry]:
    acts = {str(act["id"]): act for name in _ACTS for act in exported[name]}
    for event in exported["events"]:
        told = (acts[value] for name, value in event["data"].items() if name.endswith("_id") and value in acts)
        name = event["person"]["name"] if event["person"] else None
        who = chronicle.who_of(event["actor"], name)
        yield Entry(event["seq"], event["type"], event["at"], who, event["data"], next(told, None))
