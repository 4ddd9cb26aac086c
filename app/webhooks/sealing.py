"""Signing secrets as they lie in the database: sealed by :mod:`app.core.vault`, so that a stolen backup signs nothing."""

from app.core.db import Database
from app.core.vault import SIGNING_SECRETS, Unreadable, Vault
from app.settings import Settings

_OLD = """
select id, secret, previous_secret, robot_secret from webhook_endpoints
where deleted_at is null
  and (substr(secret, 1, 9) <> $1 or substr(previous_secret, 1, 9) <> $1 or substr(robot_secret, 1, 9) <> $1)"""
_RESEAL = """
update webhook_endpoints set secret = $2, previous_secret = $3, robot_secret = $4
where id = $1 and secret = $5 and previous_secret is not distinct from $6 and robot_secret is not distinct from $7
returning id"""


def secrets_vault(settings: Settings) -> Vault:
    """The vault that signing secrets lie in."""
    return Vault.of(settings, SIGNING_SECRETS)


async def reseal(database: Database, vault: Vault) -> int:
    """Seals anew what lies under a previous key, so that it can be dropped; how many endpoints that was.

    For each worker's start: keys change only with a restart. What nobody can open stays as it is.
    """
    done = 0
    for row in await database.fetch(_OLD, vault.head):
        endpoint_id, *old = row
        try:
            new = [sealed and vault.seal(vault.open(sealed, endpoint_id), endpoint_id) for sealed in old]
        except Unreadable:
            continue
        done += len(await database.fetch(_RESEAL, endpoint_id, *new, *old))
    return done
