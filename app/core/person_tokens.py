"""Person tokens: what a front end's backend asks for, so that a browser never holds a key.

A token is a JWT that names the person, the key that minted it and what it may do. It is ours alone: signed with
HS256 by a key that is derived for this purpose from FENGHUO_SECRET_KEY and used for nothing else.
"""

import hashlib
import hmac
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import OctKey

from app.core.jose import FAULTS

# The type in the header tells our tokens from an issuer's (RFC 8725 3.11).
TYPE = "fenghuo-person+jwt"
_PURPOSE = b"fenghuo person tokens, v1"


class PersonToken(NamedTuple):
    """What a token says; whether its key and its person are still good is for the database to say."""

    person_id: UUID
    key_id: str
    scopes: frozenset[str]
    expires_at: datetime


class PersonTokens:
    """Writes and reads the tokens of one environment; those of another are no good here."""

    def __init__(self, secret_key: str, environment: str) -> None:
        self._key = OctKey.import_key(hmac.digest(secret_key.encode(), _PURPOSE, hashlib.sha256))
        self._issuer = f"fenghuo:{environment}"

    def write(self, person_id: UUID, *, key_id: str, scopes: Collection[str], expires_at: datetime) -> str:
        """The signed token. ``expires_at`` counts to the second."""
        claims = {
            "iss": self._issuer, "sub": str(person_id), "key": key_id, "scopes": sorted(scopes),
            "exp": int(expires_at.timestamp()),
        }  # fmt: skip
        return jwt.encode({"alg": "HS256", "typ": TYPE}, claims, self._key, algorithms=["HS256"])

    def read(self, token: str) -> PersonToken | None:
        """What ``token`` says, or None where we did not write it. Whether it has expired is for the caller to see."""
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
        except FAULTS:
            return None
        if claims["iss"] != self._issuer:
            return None
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        return PersonToken(UUID(claims["sub"]), claims["key"], frozenset(claims["scopes"]), expires_at)
