"""API keys: created, rotated, ended. A key's secret leaves this module once and is stored nowhere."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.core.auth import SCOPES, Caller, make_secret, secret_hash, split
from app.core.db import Tx
from app.core.errors import Conflict, Invalid
from app.core.grants import scopes_of, scopes_of_roles
from app.core.outbox import record
from app.domain.events import Changed
from app.models import ApiKey
from app.people import queries
from app.people.giving import may_give
from app.people.persons import active_person
from app.settings import Settings


class KeyRevoked(Conflict):
    """A revoked key stays revoked: somebody revoked it for a reason."""

    code = "key_revoked"


async def create_key(
    tx: Tx, name: str, scopes: Sequence[str], *, caller: Caller, settings: Settings, expires_at: datetime | None = None,
    person_id: UUID | None = None, roles: Sequence[str] = (),
) -> tuple[ApiKey, str]:  # fmt: skip
    """The new key and, this once, the whole text of it. Invalid when it could do nothing, would have expired before
    it is used, or when a person's key would do what the person may not. Nobody makes a key that may do more than they.
    """
    if not scopes and not roles:
        raise Invalid.at("/scopes", "a key needs at least one scope or one role; name what it is to do", "scope_needed")
    await may_give(tx, scopes, roles, caller=caller)
    if expires_at is not None and expires_at <= await tx.now():
        raise Invalid.at("/expires_at", "lies in the past; leave it out for a key that does not expire", "in_the_past")
    if person_id is not None:
        await _within_the_person(tx, person_id, scopes, roles)
    secret = make_secret()
    key = ApiKey(
        id=secrets.token_hex(5), name=name, person_id=person_id, secret_hash=secret_hash(secret, settings.secret_key),
        last_four=secret[-4:], scopes=list(scopes), roles=list(roles), created_by=caller.actor, expires_at=expires_at,
    )  # fmt: skip
    tx.add(key)
    await _record(tx, key, "created", caller)
    await tx.refresh(key)
    return key, f"fh_{settings.environment}_{key.id}_{secret}"


async def _within_the_person(tx: Tx, person_id: UUID, scopes: Collection[str], roles: Collection[str]) -> None:
    may = await scopes_of(tx, await active_person(tx, person_id))
    for at, given in (("/scopes", frozenset(scopes)), ("/roles", await scopes_of_roles(tx, roles))):
        beyond = sorted(given - may)
        if beyond:
            raise Invalid.at(
                at, f"the person may not do {', '.join(beyond)} and so can't their key", "beyond_the_person"
            )


async def bootstrap_key(tx: Tx, token: str, *, caller: Caller, settings: Settings) -> None:
    """Makes the key in FENGHUO_BOOTSTRAP_KEY the first admin key. Does nothing when it exists already.

    Raises ValueError when the text is not a key of this environment.
    """
    parts = split(token)
    if parts is None or parts.environment != settings.environment:
        raise ValueError(
            f"FENGHUO_BOOTSTRAP_KEY must look like fh_{settings.environment}_<id>_<secret>: id of 4 to 32 letters "
            "and digits, secret of 24 to 128."
        )
    if await tx.get(ApiKey, parts.id) is not None:
        return
    key = ApiKey(
        id=parts.id, name="bootstrap", secret_hash=secret_hash(parts.secret, settings.secret_key),
        last_four=parts.secret[-4:], scopes=sorted(SCOPES), created_by=caller.actor,
    )  # fmt: skip
    tx.add(key)
    await _record(tx, key, "created", caller)


async def rotate_key(
    tx: Tx, key_id: str, *, overlap_seconds: int, caller: Caller, now: datetime, settings: Settings
) -> tuple[ApiKey, str]:
    """A new secret under the same id; the old one works on for ``overlap_seconds``. It is shown to the caller, who
    must hold what it may do."""
    key = await queries.get_key(tx, key_id, lock=True)
    await may_give(tx, key.scopes, key.roles, caller=caller)
    if key.revoked_at is not None:
        raise KeyRevoked(f"The key {key_id!r} was revoked; create a new one.")
    secret = make_secret()
    key.previous_hash, key.previous_until = key.secret_hash, now + timedelta(seconds=overlap_seconds)
    key.secret_hash, key.last_four = secret_hash(secret, settings.secret_key), secret[-4:]
    await _record(tx, key, "rotated", caller)
    return key, f"fh_{settings.environment}_{key.id}_{secret}"


async def revoke_key(tx: Tx, key_id: str, *, caller: Caller, now: datetime) -> ApiKey:
    """Ends the key within a second, everywhere. Revoking twice changes nothing."""
    key = await queries.get_key(tx, key_id, lock=True)
    if key.revoked_at is None:
        key.revoked_at = now
        await _record(tx, key, "revoked", caller)
    return key


async def _record(tx: Tx, key: ApiKey, action: str, caller: Caller) -> None:
    event = Changed(subject="api_key", subject_id=key.id, action=action, fields=[])
    await record(tx, event, caller=caller)
