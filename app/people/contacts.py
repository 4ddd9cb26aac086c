"""Contacts outside the company 外部联系人: entered, corrected, erased when they ask for it.

Whom one calls in a crisis and who does not work here: media and KOL for clarifications, lawyers, authorities, platforms
(方案 二(二)2). They never agreed to be in a company's database, so what reaches them is sealed, masked, and gone on demand.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict
from app.core.outbox import record
from app.core.vault import Vault
from app.domain.bigrams import searchable
from app.domain.events import Changed
from app.domain.wording import mask_text
from app.models import OutsideContact
from app.models.base import new_id
from app.people.contact_queries import get_contact
from app.people.contact_sealing import SEALED, known, seal

_PLAIN: Final = ("kind", "organisation", "role", "topics", "note", "active")


class ContactErased(Conflict):
    """There is nothing left that could be changed."""

    code, title = "contact_erased", ("The contact was erased", "该联系人已删除")


async def create_contact(
    tx: Tx, fields: Mapping[str, Any], *, vault: Vault, caller: Caller, now: datetime
) -> OutsideContact:
    """The new contact, whom people call from now on."""
    contact = OutsideContact(
        id=new_id(), active=True, created_by=caller.actor, created_at=now, updated_at=now, version=1,
        **{name: fields[name] for name in _PLAIN if name in fields},
    )  # fmt: skip
    seal(contact, fields, vault)
    tx.add(contact)
    await _keep(tx, contact, "created", sorted(fields), caller)
    return contact


async def change_contact(
    tx: Tx, contact_id: UUID, fields: Mapping[str, Any], *, vault: Vault, expected: Expected = ANY, caller: Caller,
    now: datetime,
) -> OutsideContact:  # fmt: skip
    """Sets what ``fields`` names; ContactErased where there is nothing left to correct."""
    contact = await get_contact(tx, contact_id, lock=True)
    expected.meet(contact.version)
    if not fields:
        return contact
    if contact.erased_at is not None:
        raise ContactErased("What was known of this contact was destroyed; enter them anew if they agree to it.")
    held = known(contact, vault) | {name: getattr(contact, name) for name in _PLAIN}
    changes = {name: value for name, value in fields.items() if held[name] != value}
    if not changes:
        return contact
    for name in _PLAIN:
        if name in changes:
            setattr(contact, name, changes[name])
    seal(contact, changes, vault)
    touch(contact, now)
    await _keep(tx, contact, "updated", sorted(changes), caller)
    return contact


async def erase_contact(
    tx: Tx, contact_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> OutsideContact:
    """Destroys all that is personal: name, numbers, role and note. What is left says that there was one, of which kind and
    where. Erasing twice changes nothing."""
    contact = await get_contact(tx, contact_id, lock=True)
    expected.meet(contact.version)
    if contact.erased_at is None:
        for column in SEALED:
            setattr(contact, column, None)
        contact.role, contact.note, contact.active, contact.erased_at = "", "", False, now
        touch(contact, now)
        await _keep(tx, contact, "erased", [], caller)
    return contact


async def _keep(tx: Tx, contact: OutsideContact, action: str, fields: list[str], caller: Caller) -> None:
    words = contact.organisation, contact.role, *contact.topics, contact.note
    contact.plain = searchable(map(mask_text, words))
    await tx.flush()
    event = Changed(subject="outside_contact", subject_id=str(contact.id), action=action, fields=fields)
    await record(tx, event, caller=caller)
