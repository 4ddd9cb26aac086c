"""Everything that is read of documents 制度文件. What they say is for everybody they are for: it is not masked, or its hash
would not be that of what people read."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.documents import percent
from app.models import Document, DocumentAcknowledgement, DocumentAudience, DocumentVersion
from app.models.base import columns_of
from app.trainings.documents_schemas import DocumentQuery

IN_FORCE: Final = DocumentVersion.published_at.is_not(None) & DocumentVersion.superseded_at.is_(None)
# The documents of which something was in force at an instant, for whom they were, and who was on the roster then.
ASKED: Final = """
asked as (
  select d.id as document_id, v.id as version_id, r.person_id, r.department_id
  from documents d
  join document_versions v on v.document_id = d.id and v.published_at <= :at
    and (v.superseded_at is null or v.superseded_at > :at)
  cross join lateral (select u.department_ids from document_audiences u where u.document_id = d.id and u.starts_at <= :at
    order by u.starts_at desc, u.id desc limit 1) u
  join roster_periods r on r.starts_at <= :at and (r.ends_at is null or r.ends_at > :at)
    and (u.department_ids is null or r.department_id = any(u.department_ids))
  where d.id = any(:ids))"""
_FIGURES: Final = text(f"""
with {ASKED}
select a.document_id, a.department_id, count(*) as audience, count(k.id) as acknowledged
from asked a left join document_acknowledgements k
  on k.version_id = a.version_id and k.person_id = a.person_id and k.acknowledged_at <= :at
group by a.document_id, a.department_id""")


async def get_document(tx: Tx, document_id: UUID, *, lock: str = "") -> Document:
    """The document; NotFound otherwise. ``lock``: "stay", so that another version comes in force only after this
    transaction, or "alone"."""
    query = select(Document).where(Document.id == document_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(read=lock == "stay", key_share=lock != "stay")
    document = (await tx.scalars(query)).one_or_none()
    if document is None:
        raise NotFound(f"There is no document {document_id}.")
    return document


async def get_version(tx: Tx, document_id: UUID, number: int, *, lock: bool = False) -> DocumentVersion:
    """One version of a document, a draft too; NotFound otherwise."""
    table = DocumentVersion
    query = select(table).where(table.document_id == document_id, table.number == number)
    query = query.execution_options(populate_existing=True)
    version = (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()
    if version is None:
        await get_document(tx, document_id)
        raise NotFound(f"The document {document_id} has no version {number}.")
    return version


async def version_in_force(tx: Tx, document_id: UUID, at: datetime | None = None) -> DocumentVersion | None:
    """The version that is in force, or was at an instant; None where there was none."""
    table = DocumentVersion
    query = select(table).where(table.document_id == document_id).execution_options(populate_existing=True)
    if at is None:
        query = query.where(IN_FORCE)
    else:
        query = query.where(table.published_at <= at, (table.superseded_at > at) | table.superseded_at.is_(None))
    return (await tx.scalars(query)).one_or_none()


async def last_moment(tx: Tx, document_id: UUID, now: datetime) -> datetime:
    """When something happens to the locked document: now, or just after all that happened to it already. Whoever waited for
    the lock began before those whom they waited for, and comes after them all the same."""
    version, audience, read = DocumentVersion, DocumentAudience, DocumentAcknowledgement
    acknowledged = select(func.max(read.acknowledged_at)).join(version, version.id == read.version_id)
    last = select(func.greatest(
        func.max(version.published_at), func.max(version.superseded_at),
        select(func.max(audience.starts_at)).where(audience.document_id == document_id).scalar_subquery(),
        acknowledged.where(version.document_id == document_id, IN_FORCE).correlate(None).scalar_subquery(),
    )).where(version.document_id == document_id)  # fmt: skip
    at: datetime | None = await tx.scalar(last)
    return now if at is None or at <= now else at + timedelta(microseconds=1)


async def audience_of(tx: Tx, document_ids: Sequence[UUID]) -> dict[UUID, list[UUID] | None]:
    """Whom the documents are for now: departments by id, or None for everybody."""
    table = DocumentAudience
    query = select(table.document_id, table.department_ids).ext(distinct_on(table.document_id))
    query = query.where(table.document_id.in_(document_ids))
    rows = await tx.execute(query.order_by(table.document_id, table.starts_at.desc(), table.id.desc()))
    return {row.document_id: row.department_ids for row in rows}


async def list_documents(tx: Tx, query: DocumentQuery) -> dict[str, Any]:
    """Documents, the newest first."""
    table, bound = Document, ["documents", query.filters()]
    rows = select(table).order_by(table.id.desc()).limit(query.limit + 1)
    if query.kind:
        rows = rows.where(table.kind.in_(query.kind))
    if query.in_force is not None:
        found = exists().where(DocumentVersion.document_id == table.id, IN_FORCE)
        rows = rows.where(found if query.in_force else ~found)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(table.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda document: [document.id])
    return page | {"data": await shown(tx, page["data"])}


async def shown(tx: Tx, documents: Sequence[Document]) -> list[dict[str, Any]]:
    """The documents as the API shows them, with how many have acknowledged what is in force."""
    ids = [document.id for document in documents]
    if not ids:
        return []
    audiences = await audience_of(tx, ids)
    rows = select(DocumentVersion.document_id, DocumentVersion.number, DocumentVersion.sha256,
                  DocumentVersion.published_at).where(DocumentVersion.document_id.in_(ids))  # fmt: skip
    in_force = {row.document_id: row._mapping for row in await tx.execute(rows.where(IN_FORCE))}
    drafts = {
        row.document_id: row.number for row in await tx.execute(rows.where(DocumentVersion.published_at.is_(None)))
    }
    # Who waited for the lock put in force what begins after them.
    by_department = await counted(tx, ids, max([await tx.now(), *(row["published_at"] for row in in_force.values())]))
    answers = []
    for document in documents:
        current = in_force.get(document.id)
        counts = by_department.get(document.id, {}).values()
        answers.append(
            columns_of(document) | {
                "department_ids": audiences[document.id], "draft_number": drafts.get(document.id), "current": current,
                "acknowledgements": current and figures(counts),
            }
        )  # fmt: skip
    return answers


async def shown_one(tx: Tx, document: Document) -> dict[str, Any]:
    """One document as the API shows it."""
    await tx.flush()
    [answer] = await shown(tx, [document])
    return answer


async def list_versions(tx: Tx, document_id: UUID, query: PageQuery) -> dict[str, Any]:
    """A document's versions, the newest first."""
    await get_document(tx, document_id)
    table, bound = DocumentVersion, ["document-versions", document_id]
    rows = select(table).where(table.document_id == document_id).order_by(table.number.desc()).limit(query.limit + 1)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(table.number < after[0])
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda version: [version.number])
    return page | {"data": [columns_of(version) for version in page["data"]]}


Counts = Mapping[UUID | None, tuple[int, int]]
"""Department -> for how many of it the document is, and how many of these acknowledged it."""


async def counted(tx: Tx, document_ids: Sequence[UUID], at: datetime) -> dict[UUID, Counts]:
    """Document -> its figures by department, as they were at an instant. Of what was not in force then there are none."""
    found: dict[UUID, dict[UUID | None, tuple[int, int]]] = {}
    for row in await tx.execute(_FIGURES, {"ids": list(document_ids), "at": at}):
        found.setdefault(row.document_id, {})[row.department_id] = (row.audience, row.acknowledged)
    return dict(found)


def figures(counts: Any) -> dict[str, Any]:
    """The sum of (audience, acknowledged) pairs, as answers have it."""
    pairs = list(counts)
    audience, acknowledged = (sum(pair[place] for pair in pairs) for place in (0, 1))
    return {
        "audience": audience, "acknowledged": acknowledged, "waiting": audience - acknowledged,
        "percent": percent(acknowledged, audience),
    }  # fmt: skip


async def in_force(tx: Tx) -> list[tuple[Document, DocumentVersion]]:
    """Every document of which a version is in force, with that version: for the handbook."""
    query = select(Document, DocumentVersion).join(DocumentVersion, DocumentVersion.document_id == Document.id)
    rows = await tx.execute(query.where(IN_FORCE).order_by(Document.kind, Document.title, Document.id))
    return [(row[0], row[1]) for row in rows]


async def first_of_kind(tx: Tx, kind: str) -> Document | None:
    """The oldest document of a kind; None where there is none."""
    return (
        await tx.scalars(select(Document).where(Document.kind == kind).order_by(Document.id).limit(1))
    ).one_or_none()


async def audience_count(tx: Tx, document_id: UUID, at: datetime) -> int:
    """For how many people the document is at an instant."""
    return sum(audience for audience, _ in (await counted(tx, [document_id], at)).get(document_id, {}).values())


async def next_number(tx: Tx, document: Document) -> int:
    """The number of the locked document's next version."""
    last = select(func.max(DocumentVersion.number)).where(DocumentVersion.document_id == document.id)
    return ((await tx.scalar(last)) or 0) + 1
