"""What is known of contacts outside the company, sealed at rest, and sealed anew after FENGHUO_SECRET_KEY has changed."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.core.db import Database
from app.core.vault import OUTSIDE_CONTACTS, Unreadable, Vault
from app.domain.wording import mask_name, mask_phone, mask_text
from app.models import OutsideContact
from app.settings import Settings

SEALED: Final = ("name", "phone", "mail", "wechat")
AT_ONCE: Final = 500
_OLD = """
select id, name, phone, mail, wechat from outside_contacts
where id > $2 and (substr(name, 1, 9) <> $1 or substr(phone, 1, 9) <> $1 or substr(mail, 1, 9) <> $1
  or substr(wechat, 1, 9) <> $1) order by id limit $3"""
# Only where nobody has changed it meanwhile.
_RESEAL = """
update outside_contacts set name = $2, phone = $3, mail = $4, wechat = $5
where id = $1 and (name, phone, mail, wechat) is not distinct from ($6::bytea, $7::bytea, $8::bytea, $9::bytea)
returning id"""


def contacts_vault(settings: Settings) -> Vault:
    """The vault that names and numbers lie in."""
    return Vault.of(settings, OUTSIDE_CONTACTS)


def seal(contact: OutsideContact, fields: Mapping[str, Any], vault: Vault) -> None:
    """Puts those of ``fields`` that are sealed into the row."""
    for column in SEALED:
        if column in fields:
            value: str | None = fields[column]
            setattr(contact, column, value and vault.seal(value.encode(), contact.id, column))


def known(contact: OutsideContact, vault: Vault) -> dict[str, str | None]:
    """Name and numbers as they are. None: erased, never given, or sealed under a key that nobody has any more."""
    return {column: _opened(vault, getattr(contact, column), contact.id, column) for column in SEALED}


def masked(said: Mapping[str, str | None]) -> dict[str, str | None]:
    """What anybody may see of it."""
    masks = {"name": mask_name, "phone": mask_phone, "mail": mask_text, "wechat": mask_name}
    return {column: (value := said[column]) and mask(value) for column, mask in masks.items()}


def _opened(vault: Vault, sealed: bytes | None, contact_id: UUID, column: str) -> str | None:
    if sealed is None:
        return None
    try:
        return vault.open(sealed, contact_id, column).decode()
    except Unreadable:
        return None


async def reseal(database: Database, vault: Vault) -> int:
    """Seals anew what lies under a previous key; how many rows that was. What nobody can open stays as it is."""
    done, last = 0, UUID(int=0)
    while rows := await database.fetch(_OLD, vault.head, last, AT_ONCE):
        for row in rows:
            done += await _reseal(database, vault, row)
        last = rows[-1]["id"]
    return done


async def _reseal(database: Database, vault: Vault, row: asyncpg.Record) -> int:
    try:
        anew = [
            row[column] and vault.seal(vault.open(row[column], row["id"], column), row["id"], column)
            for column in SEALED
        ]
    except Unreadable:
        return 0
    return len(await database.fetch(_RESEAL, row["id"], *anew, *(row[column] for column in SEALED)))
