"""Signing webhooks as the Standard Webhooks specification 1.0 says, so that receivers need no code of ours.

What is signed is ``<message id>.<timestamp>.<body>``; the header carries one ``v1,<base64>`` for each secret,
so that a receiver who holds the old or the new one during a rotation finds a signature that is right.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
# Seconds, as the specification's own libraries have it.
TOLERANCE = 300


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, ``v1,<base64 of HMAC-SHA256>``. ``timestamp`` in seconds since 1970."""
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def header(secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: a signature by each secret, separated by spaces."""
    return " ".join(sign(secret, message_id, timestamp, body) for secret in secrets)


def encode_secret(secret: bytes) -> str:
    """The secret as people and the receivers' libraries hold it. ValueError unless 24 to 64 bytes."""
    _check_length(secret)
    return PREFIX + base64.b64encode(secret).decode()


def decode_secret(text: str) -> bytes:
    """The bytes behind ``whsec_...``. ValueError when it is not such a text."""
    if not text.startswith(PREFIX):
        raise ValueError(f"a webhook secret begins with {PREFIX}")
    try:
        secret = base64.b64decode(text[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"a webhook secret is {PREFIX} and base64") from None
    _check_length(secret)
    return secret


def _check_length(secret: bytes) -> None:
    if not SHORTEST <= len(secret) <= LONGEST:
        raise ValueError(f"a webhook secret has {SHORTEST} to {LONGEST} bytes; this one has {len(secret)}")


def verify(
    secrets: Iterable[bytes], message_id: str, timestamp: str, signatures: str, body: bytes, *, now: float
) -> str | None:
    """Why a message that came in is not to be believed; None where one of its signatures is right and it is fresh.

    ``now`` and ``timestamp`` in seconds since 1970. What is older or further ahead than TOLERANCE may be a replay.
    """
    if not message_id or not signatures:
        return "it is not signed: send webhook-id, webhook-timestamp and webhook-signature"
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "its webhook-timestamp is no count of seconds since 1970"
    if abs(now - int(timestamp)) > TOLERANCE:
        return "its webhook-timestamp is more than five minutes away from our clock"
    given = [one.encode() for one in signatures.split()]
    good = [sign(secret, message_id, int(timestamp), body).encode() for secret in secrets]
    # All of them, so that the time it takes tells nothing.
    matches = [hmac.compare_digest(one, right) for one in given for right in good]
    return None if any(matches) else "none of its signatures is right"
