"""What is read of the handbook 《危机应对手册》: as things stand, as it was issued, and what is other since."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.outbox import record
from app.core.params import PageQuery
from app.domain.events import OutsideContactsUnmasked, PeopleUnmasked
from app.domain.handbook import Section, compose, part_of
from app.metrics.handbook_facts import State, read_state
from app.metrics.handbook_lifting import ids_in, lifted, without
from app.metrics.handbook_rendering import Cover
from app.models import HandbookVersion, OutsideContact
from app.people.masks import UNMASK
from app.settings import Settings


async def newest(tx: Tx) -> HandbookVersion | None:
    """The handbook that was issued last; None where none was."""
    query = select(HandbookVersion).order_by(HandbookVersion.number.desc()).limit(1)
    return (await tx.scalars(query)).one_or_none()


async def get_issued(tx: Tx, number: int) -> HandbookVersion:
    """The handbook that was issued under this number; NotFound otherwise."""
    version = (await tx.scalars(select(HandbookVersion).where(HandbookVersion.number == number))).one_or_none()
    if version is None:
        raise NotFound(f"No handbook was issued under the number {number}.")
    return version


async def list_issued(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """The handbooks that were issued, the newest first."""
    table = HandbookVersion
    rows = select(table).order_by(table.number.desc()).limit(query.limit + 1)
    after = paging.decode(query.cursor, "handbook-versions")
    if after:
        rows = rows.where(table.number < after[0])
    found = (await tx.scalars(rows)).all()
    page = paging.page(found, query.limit, "handbook-versions", lambda version: [version.number])
    return page | {"data": [summary(version) for version in page["data"]]}


def summary(version: HandbookVersion) -> dict[str, Any]:
    """What is to be known of one, without its sections."""
    return {name: getattr(version, name) for name in ("number", "sha256", "note", "issued_at", "issued_by")}


async def current(tx: Tx, settings: Settings) -> tuple[State, HandbookVersion | None]:
    """The state of everything now, and the handbook that was issued last."""
    last = await newest(tx)
    return await read_state(tx, settings, last.facts if last else None), last


async def seen(tx: Tx, facts: Mapping[str, Any], state: State, *, caller: Caller) -> Mapping[str, Any]:
    """The facts as the caller may see them. That names and numbers are seen unmasked is an event."""
    if UNMASK not in caller.scopes:
        return facts
    people = sorted(map(UUID, ids_in({name: part for name, part in facts.items() if name != "contacts"})))
    contacts = sorted(UUID(id_) for id_ in ids_in(facts["contacts"]) if id_ in state.contacts)
    events = [PeopleUnmasked(person_ids=people)] if people else []
    told = [*events, *([OutsideContactsUnmasked(contact_ids=contacts)] if contacts else [])]
    await record(tx, *told, caller=caller)
    return lifted(facts, state.people, state.contacts)


async def readable(tx: Tx, version: HandbookVersion) -> Mapping[str, Any]:
    """The facts as they were issued, without what is personal of contacts who were erased since."""
    ids = [UUID(id_) for id_ in ids_in(version.facts["contacts"])]
    query = select(OutsideContact.id).where(OutsideContact.id.in_(ids), OutsideContact.erased_at.is_not(None))
    return without(version.facts, {str(id_) for id_ in await tx.scalars(query)})


def cover_of(version: HandbookVersion, *, masked: bool = True) -> Cover:
    """The cover of a handbook that was issued."""
    return Cover(version.sha256, version.issued_at, version.number, version.note, masked)


def outline(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """The sections as programs read them."""
    return [
        {
            "key": section.key, "heading": section.heading, "sha256": section.sha256,
            "blocks": [part_of(block)._asdict() for block in section.blocks],
        }
        for section in sections
    ]  # fmt: skip


def composed(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The outline of facts. Blocking, some hundredths of a second."""
    return outline(compose(facts))
