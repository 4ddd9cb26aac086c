"""What people do with the handbook 《危机应对手册》 (方案 三, R65): issue it as it stands, and have people acknowledge what was issued."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid, naming
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.handbook import TITLE, compose, digest
from app.domain.vocabulary.documents import DocumentKind
from app.metrics.handbook_queries import cover_of, get_issued, newest, readable
from app.metrics.handbook_rendering import markdown
from app.models import DocumentVersion, HandbookVersion
from app.models.base import new_id
from app.trainings import documents
from app.trainings.documents_queries import first_of_kind, get_document

_LOCK: Final = select(func.pg_advisory_xact_lock(func.hashtextextended("handbook", 0)))


async def issue(
    tx: Tx, facts: Mapping[str, Any], note: str, *, caller: Caller, now: datetime
) -> tuple[HandbookVersion, bool]:
    """Keeps the state as the next version, and whether it is a new one: the state that was issued last is that version still.

    Whoever issues at the same moment waits for this transaction's end.
    """
    await tx.execute(_LOCK)
    last, sha256 = await newest(tx), digest(facts)
    if last is not None and last.sha256 == sha256:
        return last, False
    version = HandbookVersion(
        id=new_id(), number=last.number + 1 if last else 1, sha256=sha256, facts=dict(facts), note=note, issued_at=now,
        issued_by=caller.actor,
    )  # fmt: skip
    tx.add(version)
    await tx.flush()
    event = Changed(subject="handbook_version", subject_id=str(version.id), action="issued", fields=[])
    await record(tx, event, caller=caller)
    return version, True


async def make_document(
    tx: Tx, number: int, document_id: UUID | None, *, caller: Caller, now: datetime
) -> DocumentVersion:
    """What was issued becomes the next version of the handbook's document, a draft: of this one, else of the one there is,
    else of a new one for everybody. Names and numbers are masks in it, because everybody reads it."""
    issued = await get_issued(tx, number)
    sections = compose(await readable(tx, issued))
    text = await asyncio.to_thread(markdown, cover_of(issued), sections)
    fields = {"text": text, "file_id": None, "note": issued.note or f"手册第 {number} 版"}
    if document_id is None:
        document = await first_of_kind(tx, DocumentKind.HANDBOOK)
    else:
        with naming("/document_id"):
            document = await get_document(tx, document_id)
        if document.kind != DocumentKind.HANDBOOK:
            raise Invalid.at(
                "/document_id", "is a document of another kind; name one of the kind handbook", "wrong_kind"
            )
    if document is not None:
        return await documents.add_version(tx, document.id, fields, caller=caller, now=now)
    about = {"kind": DocumentKind.HANDBOOK, "title": TITLE, "department_ids": None}
    made = await documents.create_document(tx, about | fields, caller=caller, now=now)
    return (await tx.scalars(select(DocumentVersion).where(DocumentVersion.document_id == made.id))).one()
