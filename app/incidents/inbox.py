"""The inbox 待办: what waits for a person, read from where it stands; nothing is kept of it but how far they have read.

Kinds follow each other as :class:`InboxKind` has them, what must be answered soonest first; within a kind what is due
first, and of mentions the newest. Each kind is a query of its own that an index ends early, and a page is made of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Row,
    Select,
    Uuid,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.instants import not_ahead
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.lifecycle import ACCEPTING, RECORDING
from app.domain.vocabulary import DeadlineKind, DeadlineState, Drills, InboxKind, NoteSubject, StatementKind
from app.incidents.inbox_schemas import InboxQuery
from app.models import (
    Deadline,
    InboxRead,
    Incident,
    IncidentMember,
    Note,
    NoteMention,
    Statement,
    StatementVersion,
    Task,
)
from app.models.tasks import OVER_SQL
from app.people.approvers import Authority, authorities, awaits
from app.people.masks import words_of

MOST = 1_000
"""A badge counts so many, and one more for what is beyond."""
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_OF_TASK: Final = ("id", "kind", "title", "state")
_OF_STATEMENT: Final = ("id", "kind", "name", "status")
_OF_INCIDENT: Final = ("number", "title", "status", "grade", "is_drill")


class Reader(NamedTuple):
    """Whose inbox it is, up to when they have read what calls them, and as what they may approve statements. Looked up
    first: the planner then knows how little is left to count."""

    id: UUID
    read_up_to: datetime
    may: tuple[Authority, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of what waits. ``rows`` are all of a person's, by ``key`` and then ``id``; what has no key comes last."""

    kind: InboxKind
    rows: Callable[[Reader], Select[Any]]
    key: Any
    id: Any
    newest_first: bool = False
    # What of it counts in the badge; None: all.
    counts: Callable[[Reader], ColumnElement[bool]] | None = None
    # Who lacks this scope is not asked for it.
    scope: str | None = None
    # Nor of whom this is not so.
    asks: Callable[[Reader], bool] = lambda _: True


# By when it has to be said: what runs of the clocks that a publication of it would meet.
_SPEAK_BY: Final = (
    select(func.min(Deadline.due_at))
    .where(
        Deadline.incident_id == Statement.incident_id, Deadline.state == DeadlineState.RUNNING,
        or_(
            Deadline.kind == DeadlineKind.FIRST_WORD,
            (Deadline.kind == DeadlineKind.FIRST_STATEMENT) & (Statement.kind != StatementKind.HOLDING),
        ),
    )
    .correlate(Statement)
    .scalar_subquery()
)  # fmt: skip


def _row(kind: InboxKind, **columns: Any) -> tuple[Any, ...]:
    """The columns of an entry, the same for every kind and in one order."""
    columns = {"due_at": cast(null(), DateTime(True)), "read": false(), "note_id": cast(null(), Uuid)} | columns
    of_incident = (getattr(Incident, name).label(f"of_{name}") for name in _OF_INCIDENT)
    of_task = (getattr(Task, name).label(f"task_{name}") for name in _OF_TASK)
    of_statement = (getattr(Statement, name).label(f"statement_{name}") for name in _OF_STATEMENT)
    return (literal(kind.value).label("kind"), Incident.id.label("incident_id"), *of_incident, *of_task, *of_statement,
            StatementVersion.number.label("version_number"),
            *(columns[name].label(name) for name in sorted(columns)))  # fmt: skip


def _of_no_statement(rows: Select[Any]) -> Select[Any]:
    return rows.outerjoin(StatementVersion, false()).outerjoin(Statement, false())


def _acknowledge(me: Reader) -> Select[Any]:
    """Incidents whose team the person is in, and has not answered for. Of what has ended nobody is called."""
    columns = _row(
        InboxKind.ACKNOWLEDGE, key=IncidentMember.due_at, id=IncidentMember.id, at=IncidentMember.called_at,
        due_at=IncidentMember.due_at, subject=literal(NoteSubject.INCIDENT.value), subject_id=Incident.id,
    )  # fmt: skip
    rows = select(*columns).select_from(IncidentMember).join(Incident, Incident.id == IncidentMember.incident_id)
    rows = _of_no_statement(rows.outerjoin(Task, false()))
    silent = IncidentMember.acknowledged_at.is_(None) & IncidentMember.left_at.is_(None)
    return rows.where(IncidentMember.person_id == me.id, silent, Incident.status.in_(ACCEPTING))


def _approve(me: Reader) -> Select[Any]:
    """Takedown reports that are with legal, and that the person may approve: who had a hand in one does not."""
    others = [column.is_distinct_from(me.id) for column in (Task.creator_id, Task.owner_id)]
    rows = _tasks(InboxKind.APPROVE, Task.updated_at).where(
        text("tasks.state = 'legal_review'"), *others, ~Task.stated_by.contains([me.id])
    )
    return rows.where(Incident.status.in_(RECORDING))


def _approve_statement(me: Reader) -> Select[Any]:
    """Statements whose newest version waits for an approval that the person can give, by themselves or for who delegated it
    to them; what they had a hand in waits for others."""
    columns = _row(
        InboxKind.APPROVE, key=_SPEAK_BY, id=StatementVersion.id, at=StatementVersion.submitted_at, due_at=_SPEAK_BY,
        subject=literal(NoteSubject.STATEMENT_VERSION.value), subject_id=StatementVersion.id,
    )  # fmt: skip
    newest = (StatementVersion.statement_id == Statement.id) & (StatementVersion.number == Statement.latest_number)
    rows = select(*columns).select_from(Statement).join(StatementVersion, newest)
    rows = rows.join(Incident, Incident.id == Statement.incident_id).outerjoin(Task, false())
    return rows.where(awaits(me.id, me.may), Incident.status.in_(RECORDING))


def _due(me: Reader) -> Select[Any]:
    """The person's own tasks that are neither done nor waived, also of incidents that have ended: these are to be waived."""
    rows = _tasks(InboxKind.DUE, Task.created_at)
    return rows.where(Task.owner_id == me.id, text(f"not (tasks.{OVER_SQL})"))


def _tasks(kind: InboxKind, at: Any) -> Select[Any]:
    columns = _row(
        kind, key=Task.due_at, id=Task.id, at=at, due_at=Task.due_at, subject=literal(NoteSubject.TASK.value),
        subject_id=Task.id,
    )  # fmt: skip
    return _of_no_statement(select(*columns).select_from(Task).join(Incident, Incident.id == Task.incident_id))


def _mentioned(me: Reader) -> Select[Any]:
    """Notes that call the person."""
    columns = _row(
        InboxKind.MENTIONED, key=NoteMention.at, id=NoteMention.note_id, at=NoteMention.at,
        read=~_unread(me), subject=Note.subject, subject_id=Note.subject_id, note_id=Note.id,
    )  # fmt: skip
    rows = select(*columns).select_from(NoteMention).join(Note, Note.id == NoteMention.note_id)
    rows = rows.join(Incident, Incident.id == Note.incident_id)
    rows = rows.outerjoin(Task, (Note.subject == NoteSubject.TASK) & (Task.id == Note.subject_id))
    on_words = (Note.subject == NoteSubject.STATEMENT_VERSION) & (StatementVersion.id == Note.subject_id)
    rows = rows.outerjoin(StatementVersion, on_words)
    rows = rows.outerjoin(Statement, Statement.id == StatementVersion.statement_id)
    return rows.where(NoteMention.person_id == me.id)


def _unread(me: Reader) -> ColumnElement[bool]:
    return NoteMention.at > me.read_up_to


_SOURCES: Final[tuple[Source, ...]] = (
    Source(InboxKind.ACKNOWLEDGE, _acknowledge, IncidentMember.due_at, IncidentMember.id),
    Source(InboxKind.APPROVE, _approve, Task.due_at, Task.id, scope="legal:approve"),
    Source(InboxKind.APPROVE, _approve_statement, _SPEAK_BY, StatementVersion.id, asks=lambda me: bool(me.may)),
    Source(InboxKind.DUE, _due, Task.due_at, Task.id),
    Source(InboxKind.MENTIONED, _mentioned, NoteMention.at, NoteMention.note_id, newest_first=True, counts=_unread),
)
"""In the order of :class:`InboxKind`."""


async def read_inbox(tx: Tx, query: InboxQuery, *, caller: Caller) -> dict[str, Any]:
    """A page of what waits for the caller, with how much waits in all; PersonNeeded where it is a machine."""
    me = await _reader(tx, caller)
    bound = ["inbox", me.id, query.filters()]
    after = paging.decode(query.cursor, bound)
    parts = [_part(source, me, query, after) for source in _asked(query, after, me, caller)]
    found = _in_order((await tx.execute(union_all(*parts))).all()) if parts else []
    page = paging.page(found, query.limit, bound, lambda row: [row.kind, row.key and row.key.isoformat(), row.id])
    titles = [
        (row.incident_id, {"title": row.of_title, "task": row.task_title, "statement": row.statement_name})
        for row in page["data"]
    ]
    shown = zip(page["data"], await words_of(tx, titles, caller=caller), strict=True)
    entries = [_entry(row, words) for row, words in shown]
    return page | {"data": entries, "badges": await _badges(tx, me, query.drills, caller)}


async def _reader(tx: Tx, caller: Caller) -> Reader:
    person_id = caller.require_person().id
    read_up_to = await tx.scalar(select(InboxRead.read_up_to).where(InboxRead.person_id == person_id))
    # Whoever may not read statements approves none.
    may = await authorities(tx, caller, await tx.now()) if "statements:read" in caller.scopes else ()
    return Reader(person_id, read_up_to or _EVER, may)


def _asked(query: InboxQuery, after: list[Any] | None, me: Reader, caller: Caller) -> Iterator[Source]:
    """The sources that may have something for this page: of kinds before the cursor's all is told."""
    told = list(InboxKind).index(InboxKind(after[0])) if after else 0
    for source in _open_to(me, caller):
        wanted = not query.kind or source.kind in query.kind
        if wanted and list(InboxKind).index(source.kind) >= told:
            yield source


def _open_to(me: Reader, caller: Caller) -> Iterator[Source]:
    return (
        source for source in _SOURCES if (source.scope is None or source.scope in caller.scopes) and source.asks(me)
    )


def _part(source: Source, me: Reader, query: InboxQuery, after: list[Any] | None) -> Any:
    """As much of a source as the page may need."""
    rows = _of_drills(source.rows(me), query.drills)
    if after and after[0] == source.kind:
        rows = rows.where(_beyond(source, after[1] and datetime.fromisoformat(after[1]), UUID(after[2])))
    if source.newest_first:
        rows = rows.order_by(source.key.desc(), source.id.desc())
    else:
        rows = rows.order_by(source.key, source.id)
    return select(rows.limit(query.limit + 1).subquery())


def _beyond(source: Source, key: datetime | None, id_: UUID) -> ColumnElement[bool]:
    """What comes after a row of the source."""
    place = tuple_(source.key, source.id)
    if source.newest_first:
        return place < tuple_(literal(key), literal(id_))
    if key is None:
        return source.key.is_(None) & (source.id > id_)  # type: ignore[no-any-return]
    return or_(place > tuple_(literal(key), literal(id_)), source.key.is_(None))


def _of_drills(rows: Select[Any], drills: Drills) -> Select[Any]:
    """A task's own word counts before its incident's: what a drill taught is real work."""
    is_drill = func.coalesce(Task.is_drill, Incident.is_drill)
    return rows if drills is Drills.INCLUDE else rows.where(is_drill.is_(drills is Drills.ONLY))


def _in_order(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The rows of all parts, kind by kind; a union has no order."""
    ordered = []
    for kind, newest_first in {source.kind: source.newest_first for source in _SOURCES}.items():
        of_kind = [row for row in rows if row.kind == kind]
        ordered += sorted(of_kind, key=lambda row: (row.key is None, row.key or _NEVER, row.id), reverse=newest_first)
    return ordered


def _entry(row: Row[Any], words: dict[str, Any]) -> dict[str, Any]:
    incident = {name: getattr(row, f"of_{name}") for name in _OF_INCIDENT}
    task = {name: getattr(row, f"task_{name}") for name in _OF_TASK} | {"title": words["task"]}
    statement = {name: getattr(row, f"statement_{name}") for name in _OF_STATEMENT}
    statement |= {"name": words["statement"], "version_number": row.version_number}
    named = ("kind", "at", "due_at", "read", "subject", "subject_id", "note_id")
    return {name: getattr(row, name) for name in named} | {
        "incident": {"id": row.incident_id} | incident | {"title": words["title"]},
        "task": None if row.task_id is None else task,
        "statement": None if row.statement_id is None else statement,
    }


async def _badges(tx: Tx, me: Reader, drills: Drills, caller: Caller) -> dict[str, int]:
    """How much waits of each kind, all in one statement; each is counted only so far."""
    sources = list(_open_to(me, caller))
    counted: list[ColumnElement[int]] = []
    for source in sources:
        rows = _of_drills(source.rows(me), drills)
        rows = rows.where(source.counts(me)) if source.counts else rows
        some = rows.limit(MOST + 1).subquery()
        counted.append(select(func.count()).select_from(some).scalar_subquery().label(f"of_{len(counted)}"))
    counts: dict[str, int] = dict.fromkeys(InboxKind, 0)
    for source, count in zip(sources, (await tx.execute(select(*counted))).one(), strict=True):
        counts[source.kind] = min(counts[source.kind] + count, MOST + 1)
    return counts


async def mark_read(tx: Tx, up_to: datetime, *, caller: Caller, now: datetime) -> datetime:
    """What calls the caller up to an instant is read; it only moves on. PersonNeeded where it is a machine."""
    me = caller.require_person().id
    read = insert(InboxRead).values(person_id=me, read_up_to=not_ahead(up_to, now, "/up_to"))
    moved = read.on_conflict_do_update(
        index_elements=[InboxRead.person_id], set_={"read_up_to": read.excluded.read_up_to},
        where=read.excluded.read_up_to > InboxRead.read_up_to,
    )  # fmt: skip
    there: datetime | None = await tx.scalar(moved.returning(InboxRead.read_up_to))
    if there is None:
        return (await tx.scalars(select(InboxRead.read_up_to).where(InboxRead.person_id == me))).one()
    event = Changed(subject="inbox", subject_id=str(me), action="read", fields=["read_up_to"])
    await record(tx, event, caller=caller)
    return there
