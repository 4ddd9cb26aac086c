"""Signed tokens (JWT) as far as every kind of them is alike: what a token says of itself, before any of it is believed."""

import base64
from typing import Any

import orjson
from joserfc.errors import JoseError

# Those of the issuers we know have 2,000 characters at most.
LONGEST_TOKEN = 8_192
# What the library raises at a token that is not right; TypeError at a `crit` that is no list, before any signature.
FAULTS = (JoseError, ValueError, TypeError)


def header_of(token: str) -> dict[str, Any] | None:
    """The header of what has the form of a signed token, unverified; None where it has another form.

    Read here and not by the library: it decides which key is asked for, and must bear anything people send.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    try:
        header = orjson.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except ValueError:
        return None
    return header if isinstance(header, dict) and isinstance(header.get("alg"), str) else None
