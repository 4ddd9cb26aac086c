"""Who has acknowledged a document and who has not yet, on any day as that day was; and what oneself has to (R14)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid, NotFound
from app.domain.documents import moment_of
from app.domain.worktime import day_of
from app.models import Department, DocumentVersion
from app.people.masks import people_of
from app.trainings.acknowledging_schemas import DocumentReaderQuery, MyDocumentQuery
from app.trainings.documents_queries import ASKED, counted, figures, get_document, version_in_force

_STATE: Final = "case when k.id is null then 'waiting' else 'acknowledged' end"
_READERS: Final = text(f"""
with {ASKED}
select a.person_id, a.department_id, k.acknowledged_at, {_STATE} as state
from asked a left join document_acknowledgements k
  on k.version_id = a.version_id and k.person_id = a.person_id and k.acknowledged_at <= :at
where a.person_id > :after and (cast(:state as text) is null or {_STATE} = :state)
  and (cardinality(cast(:departments as uuid[])) = 0 or a.department_id = any(:departments))
order by a.person_id limit :most""")
# Of all that is in force and for somebody now; the last version before it that they acknowledged.
_MINE: Final = f"""
select d.id as document_id, d.kind, d.title, v.number, v.sha256, v.published_at, v.note, v.file_id, v.text, {_STATE} as state,
  k.acknowledged_at, (select max(o.number) from document_acknowledgements e join document_versions o on o.id = e.version_id
    where e.person_id = :me and o.document_id = d.id and o.id <> v.id) as acknowledged_before
from document_versions v
join documents d on d.id = v.document_id
cross join lateral (select u.department_ids from document_audiences u where u.document_id = d.id
  order by u.starts_at desc, u.id desc limit 1) u
join roster_periods r on r.person_id = :me and r.ends_at is null
  and (u.department_ids is null or r.department_id = any(u.department_ids))
left join document_acknowledgements k on k.version_id = v.id and k.person_id = :me
where v.published_at is not null and v.superseded_at is null"""
_MY_LIST: Final = text(f"""{_MINE}
  and (cast(:before as uuid) is null or d.id < :before) and (cast(:waiting as boolean) is null or (k.id is null) = :waiting)
order by d.id desc limit :most""")
_MY_ONE: Final = text(f"{_MINE} and d.id = :document_id")


async def list_readers(tx: Tx, document_id: UUID, query: DocumentReaderQuery, *, caller: Caller) -> dict[str, Any]:
    """Those whom the document is for, on that day, in the order of their ids."""
    await get_document(tx, document_id)
    bound = ["document-readers", document_id, query.filters()]
    after = paging.decode(query.cursor, bound)
    rows = await tx.execute(_READERS, {
        "ids": [document_id], "at": moment(query.on, await tx.now()), "after": UUID(after[0]) if after else UUID(int=0),
        "state": query.state, "departments": query.department_id, "most": query.limit + 1,
    })  # fmt: skip
    page = paging.page(rows.all(), query.limit, bound, lambda row: [row.person_id])
    people = await people_of(tx, [row.person_id for row in page["data"]], caller=caller)
    data = [
        {
            "person": people[row.person_id], "department_id": row.department_id, "state": row.state,
            "acknowledged_at": row.acknowledged_at,
        }
        for row in page["data"]
    ]  # fmt: skip
    return page | {"data": data}


async def coverage(tx: Tx, document_id: UUID, on: date | None) -> dict[str, Any]:
    """The figures of that day, of the company and by department."""
    await get_document(tx, document_id)
    at = moment(on, await tx.now())
    counts = (await counted(tx, [document_id], at)).get(document_id, {})
    query = select(Department.id, Department.name).where(Department.id.in_([id_ for id_ in counts if id_]))
    names = {row.id: row.name for row in await tx.execute(query)}
    departments = [
        figures([pair]) | {"department_id": id_, "name": names.get(id_) if id_ else None}
        for id_, pair in counts.items()
    ]
    departments.sort(key=lambda row: (-row["waiting"], row["name"] or "", str(row["department_id"])))
    version = await version_in_force(tx, document_id, at)
    return {
        "document_id": document_id, "on": on or day_of(at), "current": version and _in_force(version),
        "company": figures(counts.values()), "departments": departments,
    }  # fmt: skip


async def list_mine(tx: Tx, query: MyDocumentQuery, *, caller: Caller) -> dict[str, Any]:
    """What is in force and for the caller, the newest document first; PersonNeeded where it is a machine."""
    bound = ["my-documents", caller.person and caller.person.id, query.filters()]
    after = paging.decode(query.cursor, bound)
    me = caller.require_person().id
    rows = await tx.execute(
        _MY_LIST,
        {"me": me, "before": UUID(after[0]) if after else None, "waiting": query.waiting, "most": query.limit + 1},
    )
    page = paging.page(rows.all(), query.limit, bound, lambda row: [row.document_id])
    return page | {"data": [row._mapping for row in page["data"]]}


async def my_document(tx: Tx, document_id: UUID, *, caller: Caller) -> Any:
    """One of them, with its text; NotFound where it is not in force, or for others."""
    await get_document(tx, document_id)
    me = caller.require_person().id
    found: Sequence[Row[Any]] = (await tx.execute(_MY_ONE, {"me": me, "document_id": document_id})).all()
    if not found:
        raise NotFound(f"There is no document {document_id} in force that is for you.")
    return found[0]._mapping


def moment(on: date | None, now: datetime) -> datetime:
    """The instant as of which a query's day is told; Invalid for a day to come."""
    try:
        return moment_of(on, now)
    except ValueError as error:
        raise Invalid.at("?on", str(error), "in_the_future") from None


def _in_force(version: DocumentVersion) -> dict[str, Any]:
    return {"number": version.number, "sha256": version.sha256, "published_at": version.published_at}
