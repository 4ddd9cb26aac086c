"""What is read of contacts outside the company, with names, numbers and words as the caller may see them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.outbox import record
from app.core.vault import Vault
from app.domain.bigrams import terms
from app.domain.events import Event, OutsideContactsUnmasked
from app.models import OutsideContact
from app.models.base import columns_of
from app.people.contact_schemas import ContactQuery
from app.people.contact_sealing import known, masked
from app.people.masks import UNMASK, words_of

# What people write by hand: there may be people's data in it.
_WRITTEN: Final = ("organisation", "role", "topics", "note")


async def get_contact(tx: Tx, contact_id: UUID, *, lock: bool = False) -> OutsideContact:
    """The contact, erased or not; NotFound otherwise."""
    query = select(OutsideContact).where(OutsideContact.id == contact_id).execution_options(populate_existing=True)
    contact = (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()
    if contact is None:
        raise NotFound(f"There is no outside contact {contact_id}.")
    return contact


async def list_contacts(tx: Tx, query: ContactQuery, *, vault: Vault, caller: Caller) -> dict[str, Any]:
    """Contacts, those entered last first."""
    table, bound = OutsideContact, ["outside-contacts", query.filters()]
    rows = select(table).order_by(table.id.desc()).limit(query.limit + 1)
    if query.kind:
        rows = rows.where(table.kind.in_(query.kind))
    if query.topic:
        rows = rows.where(table.topics.overlap(query.topic))
    if query.active is not None:
        rows = rows.where(table.active.is_(query.active))
    if query.erased is not None:
        rows = rows.where(table.erased_at.is_not(None) if query.erased else table.erased_at.is_(None))
    for term in terms(query.q) if query.q is not None else ():
        rows = rows.where(table.plain.contains(term, autoescape=True))
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(table.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda contact: [contact.id])
    return page | {"data": await shown(tx, page["data"], vault=vault, caller=caller)}


async def callable_contacts(tx: Tx) -> Sequence[OutsideContact]:
    """All that people call still, kind by kind: for the handbook."""
    table = OutsideContact
    query = select(table).where(table.active, table.erased_at.is_(None))
    return (await tx.scalars(query.order_by(table.kind, table.organisation, table.id))).all()


async def shown(tx: Tx, contacts: Sequence[OutsideContact], *, vault: Vault, caller: Caller) -> list[dict[str, Any]]:
    """The contacts as the API shows them. That they are shown unmasked is an event."""
    lifted = UNMASK in caller.scopes
    await told_unmasked(tx, contacts, caller=caller)
    rows = [columns_of(contact) for contact in contacts]
    written = [
        (contact.id, {name: row[name] for name in _WRITTEN}) for contact, row in zip(contacts, rows, strict=True)
    ]
    words = await words_of(tx, written, caller=caller, told=_unmasked)
    answers = []
    for contact, row, said in zip(contacts, rows, words, strict=True):
        del row["plain"]
        reached = known(contact, vault)
        answers.append(row | said | (reached if lifted else masked(reached)))
    return answers


async def told_unmasked(tx: Tx, contacts: Sequence[OutsideContact], *, caller: Caller) -> None:
    """Puts on record that the caller, who may, is shown what reaches these contacts."""
    held = sorted(contact.id for contact in contacts if contact.erased_at is None)
    if held and UNMASK in caller.scopes:
        await record(tx, OutsideContactsUnmasked(contact_ids=held), caller=caller)


def _unmasked(ids: list[UUID]) -> Event:
    return OutsideContactsUnmasked(contact_ids=ids)
