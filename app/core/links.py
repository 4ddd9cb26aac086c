"""Addresses that a chat may show: a row's id, and a signature by a key that is derived for this purpose alone.

Nothing in the database makes one. What it opens, for whom and how often is for the row to say.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final
from uuid import UUID

from app.settings import Settings

PATH: Final = "/acknowledge"
_PURPOSE = b"fenghuo acknowledgement links, v1"
# 128 bits: no guess ever meets them, and the address stays short enough for a chat.
_SIGNED = 16


class Links:
    """Writes the addresses of acknowledgement links, and reads them back."""

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.public_url
        self._environment = settings.environment.encode()
        # The first one signs; those before it are good for reading.
        self._keys = [
            hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)
            for key in (settings.secret_key, *settings.previous_secret_keys)
        ]

    def url(self, link_id: UUID) -> str | None:
        """Where the link is opened; None where nobody said where the service is reached (FENGHUO_PUBLIC_URL)."""
        return f"{self._public_url}{PATH}/{self.token(link_id)}" if self._public_url else None

    def token(self, link_id: UUID) -> str:
        """The last step of the address."""
        return _written(link_id.bytes + self._signature(self._keys[0], link_id))

    def read(self, token: str) -> UUID | None:
        """The link's id; None where we did not write the token, every character of it."""
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        # Of the last character some bits mean nothing: a token has one form.
        if len(raw) != 16 + _SIGNED or _written(raw) != token:
            return None
        link_id = UUID(bytes=raw[:16])
        good = [hmac.compare_digest(self._signature(key, link_id), raw[16:]) for key in self._keys]
        return link_id if any(good) else None

    def _signature(self, key: bytes, link_id: UUID) -> bytes:
        return hmac.digest(key, self._environment + b"\0" + link_id.bytes, hashlib.sha256)[:_SIGNED]


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
