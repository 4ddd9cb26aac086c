"""Idempotency-Key: a POST that is sent again, because its answer was lost, is done once and answered alike.

The answer is stored in the very transaction that did the work, so there is no moment in which one is there without
the other. A second request with the key waits for the first by the database's own lock, then replays. Only answers
of success are kept: what was refused did nothing, and may be sent again.

What is stored is sealed with a key that is derived from the client's own one, which is not stored: answers may hold
secrets that are shown only once.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import BadRequest, Conflict, FieldError, Problem
from app.models import IdempotencyKey
from app.settings import settings

HEADER = "idempotency-key"
_FORM = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("content-type", "location", "etag")
_NONCE_BYTES = 12
LOCK_NOT_HAD = "55P03"


class KeyReused(Problem):
    """One key stands for one request."""

    status, code = 422, "idempotency_key_reused"
    title = ("The Idempotency-Key was used for another request", "幂等键已用于其他请求")


class StillUnderWay(Conflict):
    """The first request with this key has not ended."""

    code = "idempotency_key_in_use"


@dataclass(frozen=True, slots=True)
class _Seal:
    """Where an answer is stored, and what opens it. Both come from what the client sends."""

    caller: str
    name: bytes
    request: bytes
    cipher: AESGCM

    @classmethod
    def of(cls, caller: Caller, key: str, request: Request, body: bytes) -> "_Seal":
        secret = settings().secret_key.encode()
        # What is answered depends on what the caller may do: with other scopes it is another request.
        holds = " ".join(sorted(caller.scopes))
        spoken = f"{caller.kind} {caller.id} {caller.actor}\n{holds}\n{key}".encode()
        asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
        return cls(
            caller.actor,
            hmac.digest(secret, b"name\n" + spoken, hashlib.sha256),
            hmac.digest(secret, b"request\n" + asked, hashlib.sha256),
            AESGCM(hmac.digest(secret, b"seal\n" + spoken, hashlib.sha256)),
        )

    def close(self, response: Response) -> bytes:
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        plain = orjson.dumps([response.status_code, headers, bytes(response.body).decode()])
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, plain, self.request)

    def open(self, sealed: bytes) -> Response:
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        status, headers, body = orjson.loads(self.cipher.decrypt(nonce, text, self.request))
        return Response(body, status, headers | {"idempotent-replayed": "true"})


def key_of(request: Request) -> str | None:
    """The request's key; BadRequest where it is none."""
    key = request.headers.get(HEADER)
    if key is not None and not _FORM.fullmatch(key):
        detail = "must be 1 to 255 visible ASCII characters, for example a UUID"
        raise BadRequest(
            f"Idempotency-Key: {detail}.", errors=[FieldError("Idempotency-Key:", detail, "idempotency_key_invalid")]
        )
    return key


async def once(
    tx: Tx, key: str, request: Request, caller: Caller, body: bytes, act: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Does ``act`` within ``tx`` and keeps its answer, or replays the one that is kept. ``body``: what the request says,
    or a digest of it.

    KeyReused where the key stands for another request, StillUnderWay where the first does not end within a second.
    """
    seal = _Seal.of(caller, key, request, body)
    kept = await _take(tx, seal)
    if kept is not None:
        if kept.request != seal.request:
            raise KeyReused("Use a new key for every new request; the same key is for sending the same one again.")
        return seal.open(kept.answer)
    response = await act(request)
    row = await tx.get_one(IdempotencyKey, (seal.caller, seal.name))
    row.answer = seal.close(response)
    await tx.flush()
    return response


async def _take(tx: Tx, seal: _Seal) -> IdempotencyKey | None:
    """Takes the key for this transaction; the kept answer where it is taken already."""
    row = {"caller": seal.caller, "name": seal.name, "request": seal.request, "answer": b""}
    try:
        taken = await tx.execute(insert(IdempotencyKey).values(row).on_conflict_do_nothing())
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_HAD:
            raise
        raise StillUnderWay(
            "The first request with this Idempotency-Key is still under way; ask again.", headers={"Retry-After": "1"}
        ) from None
    if taken.rowcount:  # type: ignore[attr-defined]
        return None
    query = select(IdempotencyKey).where(IdempotencyKey.caller == seal.caller, IdempotencyKey.name == seal.name)
    return (await tx.scalars(query)).one()
