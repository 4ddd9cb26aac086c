"""Signing secrets as they lie in the database: encrypted, so that a stolen backup signs nothing.

AES-256-GCM with a key derived from FENGHUO_SECRET_KEY. What is stored names the key it was sealed under, and the
endpoint's id is authenticated with it, so that nobody can move one endpoint's secret to another row. Form: one byte
of version, eight of key id, twelve of nonce, then the ciphertext with its tag.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.db import Database
from app.settings import Settings

VERSION = b"\x01"
KEY_ID, NONCE = 8, 12
HEAD = len(VERSION) + KEY_ID
_PURPOSE = b"fenghuo webhook secrets"

_OLD = """
select id, secret, previous_secret, robot_secret from webhook_endpoints
where deleted_at is null
  and (substr(secret, 1, 9) <> $1 or substr(previous_secret, 1, 9) <> $1 or substr(robot_secret, 1, 9) <> $1)"""
_RESEAL = """
update webhook_endpoints set secret = $2, previous_secret = $3, robot_secret = $4
where id = $1 and secret = $5 and previous_secret is not distinct from $6 and robot_secret is not distinct from $7
returning id"""


class Unreadable(Exception):
    """A secret was sealed under a key that is not among ours, or was tampered with."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals under the first key and opens under any."""

    current: bytes
    keys: Mapping[bytes, AESGCM]

    @classmethod
    def of(cls, settings: Settings) -> "Vault":
        """The vault of FENGHUO_SECRET_KEY, which FENGHUO_PREVIOUS_SECRET_KEYS help to open."""
        return _vault((settings.secret_key, *settings.previous_secret_keys))

    @property
    def head(self) -> bytes:
        """What everything sealed under the current key begins with."""
        return VERSION + self.current

    def seal(self, secret: bytes, endpoint_id: UUID) -> bytes:
        """The secret as it may be stored."""
        nonce = os.urandom(NONCE)
        return self.head + nonce + self.keys[self.current].encrypt(nonce, secret, endpoint_id.bytes)

    def open(self, sealed: bytes, endpoint_id: UUID) -> bytes:
        """The secret behind what :meth:`seal` made; Unreadable says what to do about it."""
        key = self.keys.get(sealed[len(VERSION) : HEAD])
        if not sealed.startswith(VERSION) or key is None:
            raise Unreadable(
                "the endpoint's signing secret was encrypted under another FENGHUO_SECRET_KEY; "
                "add that one to FENGHUO_PREVIOUS_SECRET_KEYS, or rotate the secret"
            )
        try:
            return key.decrypt(sealed[HEAD : HEAD + NONCE], sealed[HEAD + NONCE :], endpoint_id.bytes)
        except InvalidTag:
            raise Unreadable("the endpoint's signing secret was tampered with in the database; rotate it") from None


@lru_cache(maxsize=16)
def _vault(secret_keys: tuple[str, ...]) -> Vault:
    derived = [HKDF(SHA256(), KEY_ID + 32, salt=None, info=_PURPOSE).derive(key.encode()) for key in secret_keys]
    return Vault(derived[0][:KEY_ID], {each[:KEY_ID]: AESGCM(each[KEY_ID:]) for each in derived})


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
