"""What must not be read by whoever has the database alone: encrypted at rest, so that a stolen backup tells nothing.

AES-256-GCM with a key derived from FENGHUO_SECRET_KEY, another one for each purpose. What is stored names the key it was
sealed under, and the row it belongs to is authenticated with it, so that nobody can move it to another row or column.
Form: one byte of version, eight of key id, twelve of nonce, then the ciphertext with its tag.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.settings import Settings

VERSION = b"\x01"
KEY_ID, NONCE = 8, 12
HEAD = len(VERSION) + KEY_ID


@dataclass(frozen=True, slots=True)
class Purpose:
    """What is sealed, so that no key serves two ends. ``remedy`` is the way out when nobody can open it any more."""

    name: bytes
    what: str
    remedy: str


SIGNING_SECRETS: Final = Purpose(b"fenghuo webhook secrets", "the endpoint's signing secret", "rotate the secret")
CONTACTS: Final = Purpose(
    b"fenghuo affected users' contacts", "the affected user's contact", "erase the user and enter them anew"
)
OUTSIDE_CONTACTS: Final = Purpose(
    b"fenghuo outside contacts", "the outside contact", "erase the contact and enter them anew"
)
# Nothing is sealed for it: it only tells whether somebody is reached as before.
HANDBOOK: Final = Purpose(b"fenghuo handbooks", "the handbook", "issue it anew")


class Unreadable(Exception):
    """Something was sealed under a key that is not among ours, or was tampered with."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals under the first key and opens under any."""

    purpose: Purpose
    current: bytes
    keys: Mapping[bytes, AESGCM]
    hashing: tuple[bytes, ...]

    @classmethod
    def of(cls, settings: Settings, purpose: Purpose) -> "Vault":
        """The vault of FENGHUO_SECRET_KEY, which FENGHUO_PREVIOUS_SECRET_KEYS help to open."""
        return _vault((settings.secret_key, *settings.previous_secret_keys), purpose)

    @property
    def head(self) -> bytes:
        """What everything sealed under the current key begins with."""
        return VERSION + self.current

    def seal(self, secret: bytes, row_id: UUID, column: str = "") -> bytes:
        """The secret as it may be stored in this row, and in this column where a row has several."""
        nonce = os.urandom(NONCE)
        return self.head + nonce + self.keys[self.current].encrypt(nonce, secret, row_id.bytes + column.encode())

    def open(self, sealed: bytes, row_id: UUID, column: str = "") -> bytes:
        """The secret behind what :meth:`seal` made; Unreadable says what to do about it."""
        key = self.keys.get(sealed[len(VERSION) : HEAD])
        if not sealed.startswith(VERSION) or key is None:
            raise Unreadable(
                f"{self.purpose.what} was encrypted under another FENGHUO_SECRET_KEY; "
                f"add that one to FENGHUO_PREVIOUS_SECRET_KEYS, or {self.purpose.remedy}"
            )
        try:
            nonce, text = sealed[HEAD : HEAD + NONCE], sealed[HEAD + NONCE :]
            return key.decrypt(nonce, text, row_id.bytes + column.encode())
        except (InvalidTag, ValueError):
            raise Unreadable(f"{self.purpose.what} was tampered with in the database; {self.purpose.remedy}") from None

    def fingerprints(self, value: bytes) -> list[bytes]:
        """What tells equal values from others without opening any: an HMAC under each key, the current one first."""
        return [hmac.digest(key, value, hashlib.sha256) for key in self.hashing]


@lru_cache(maxsize=32)
def _vault(secret_keys: tuple[str, ...], purpose: Purpose) -> Vault:
    derived = [_derived(key, purpose.name, KEY_ID + 32) for key in secret_keys]
    hashing = tuple(_derived(key, purpose.name + b", fingerprints", 32) for key in secret_keys)
    ciphers = {each[:KEY_ID]: AESGCM(each[KEY_ID:]) for each in derived}
    return Vault(purpose, derived[0][:KEY_ID], ciphers, hashing)


def _derived(secret_key: str, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=purpose).derive(secret_key.encode())
