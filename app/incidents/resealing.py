"""After FENGHUO_SECRET_KEY has changed: what is known of affected users is sealed anew, so that the old key can go."""

from typing import Final
from uuid import UUID

import asyncpg

from app.core.db import Database
from app.core.vault import Unreadable, Vault
from app.domain.vocabulary import ContactKind
from app.incidents.contacts import Contact

AT_ONCE = 500
_FIRST: Final = UUID(int=0)
_OLD = """
select id, name, contact, contact_kind from affected_users
where (substr(contact, 1, 9) <> $1 or substr(name, 1, 9) <> $1) and id > $2 order by id limit $3"""
# Only where nobody has changed it meanwhile.
_RESEAL = """
update affected_users set name = $2, contact = $3, contact_hash = $4
where id = $1 and name is not distinct from $5 and contact = $6 returning id"""


async def reseal(database: Database, vault: Vault) -> int:
    """Seals anew what lies under a previous key, and makes its fingerprints anew; how many rows that was.

    For each worker's start: keys change only with a restart. What nobody can open stays as it is.
    """
    done, last = 0, _FIRST
    while rows := await database.fetch(_OLD, vault.head, last, AT_ONCE):
        for row in rows:
            done += await _reseal(database, vault, row)
        last = rows[-1]["id"]
    return done


async def _reseal(database: Database, vault: Vault, row: asyncpg.Record) -> int:
    user_id, name, contact, kind = row
    try:
        said = vault.open(contact, user_id, "contact")
        new_name = name and vault.seal(vault.open(name, user_id, "name"), user_id, "name")
        mark = Contact(ContactKind(kind), said.decode()).fingerprints(vault)[0]
        new = (new_name, vault.seal(said, user_id, "contact"), mark)
        return len(await database.fetch(_RESEAL, user_id, *new, name, contact))
    except (Unreadable, asyncpg.UniqueViolationError):
        return 0
