"""Evidence kept: a file's row and its object come to be together, and go together.

The object can't be in the transaction. So it is announced as a stray one first, in a transaction of its own; the one
that writes the row takes it off that list. Whatever is killed in between leaves an entry there, and a worker removes the
object. Deleting is the same, backwards.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update

from app.core.auth import Caller
from app.core.db import Database, Tx
from app.core.errors import Unavailable
from app.core.instants import not_ahead
from app.core.outbox import record
from app.core.storage import Storage
from app.core.uploads import Upload
from app.domain.events import Changed, FileRead
from app.domain.evidence import Kind
from app.models import File, StrayObject
from app.people.file_queries import get_file
from app.people.file_schemas import FileUpload

# An upload whose object stands there so long is not under way any more.
ABANDONED: Final = timedelta(hours=1)
_AT_ONCE = 100
# Whoever was to remove an object and was killed: another one tries again.
_TAKEN = timedelta(minutes=5)


async def announce(tx: Tx, file_id: UUID, *, now: datetime) -> None:
    """Says that an object comes to be under this id, before it does."""
    tx.add(StrayObject(id=file_id, remove_after=now + ABANDONED))
    await tx.flush()


async def keep(
    tx: Tx, file_id: UUID, said: FileUpload, upload: Upload, kind: Kind, *, caller: Caller, now: datetime
) -> File:
    """The file, whose object stands there already. Invalid where it was captured in the future."""
    captured_at = not_ahead(said.captured_at, now, "?captured_at") or now
    ours = delete(StrayObject).where(StrayObject.id == file_id, StrayObject.doomed.is_(False)).returning(StrayObject.id)
    if (await tx.scalars(ours)).one_or_none() is None:
        raise Unavailable("Keeping the content took too long; send the file again.")
    file = File(
        id=file_id, name=said.name, media_type=kind.media_type, size=upload.size, sha256=upload.sha256,
        captured_at=captured_at, source_url=said.source_url, actor=caller.actor,
        person_id=caller.person_id, created_at=now,
    )  # fmt: skip
    tx.add(file)
    await tx.flush()
    await record(tx, Changed(subject="file", subject_id=str(file_id), action="created", fields=[]), caller=caller)
    return file


async def read(tx: Tx, file_id: UUID, *, caller: Caller) -> File:
    """The file whose content somebody is given: that is an event."""
    file = await get_file(tx, file_id)
    await record(tx, FileRead(file_id=file_id), caller=caller)
    return file


async def forget(tx: Tx, file: File, *, caller: Caller, now: datetime) -> None:
    """Deletes the file, which is locked. Its object is a stray one from now on."""
    tx.add(StrayObject(id=file.id, remove_after=now))
    await tx.delete(file)
    await tx.flush()
    await record(tx, Changed(subject="file", subject_id=str(file.id), action="deleted", fields=[]), caller=caller)


async def remove_stray(database: Database, storage: Storage, file_id: UUID | None = None) -> int:
    """Removes the objects that are due, or this one now; how many it removed. A storage that is away is asked again."""
    strays = await database.run(lambda tx: _doom(tx, file_id))
    for id_ in strays:
        await storage.remove(id_)
        await database.run(lambda tx, id_=id_: _removed(tx, id_))  # type: ignore[misc]
    return len(strays)


async def _doom(tx: Tx, file_id: UUID | None) -> list[UUID]:
    now = await tx.now()
    due = select(StrayObject.id).order_by(StrayObject.remove_after).limit(_AT_ONCE).with_for_update(skip_locked=True)
    due = due.where(StrayObject.remove_after <= now) if file_id is None else due.where(StrayObject.id == file_id)
    ids: list[Any] = list((await tx.scalars(due)).all())
    if ids:
        taken = update(StrayObject).where(StrayObject.id.in_(ids)).values(doomed=True, remove_after=now + _TAKEN)
        await tx.execute(taken.execution_options(synchronize_session=False))
    return ids


async def _removed(tx: Tx, file_id: UUID) -> None:
    await tx.execute(delete(StrayObject).where(StrayObject.id == file_id))
