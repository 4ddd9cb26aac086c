"""Who calls: API keys of the form ``fh_<environment>_<id>_<secret>``.

A key is looked up by its id and its secret compared as an HMAC in constant time. What was looked up is held for
half a second, so that a busy integration costs no query and a revoked key is refused within a second.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from app.core.db import Database
from app.core.errors import Forbidden, Unauthorized
from app.models import ApiKey

HELD_SECONDS = 0.5
HELD_MOST = 10_000
_FORM = re.compile(r"fh_([a-z]{1,12})_([A-Za-z0-9]{4,32})_([A-Za-z0-9]{24,128})", re.ASCII)

SCOPES = {
    "mentions:read": "Read mentions, their observations and hits",
    "mentions:write": "Post mentions, and correct a mention's sentiment or time",
    "rules:read": "Read watch rules, media outlets and grading policies",
    "rules:write": "Change watch rules, media outlets and grading policies",
    "incidents:read": "Read incidents, their spread and timeline",
    "incidents:write": "Open, grade, merge and change incidents",
    "events:read": "Read and follow events, as webhooks tell them",
    "webhooks:read": "Read webhook endpoints and deliveries",
    "webhooks:write": "Change webhook endpoints, replay deliveries",
    "keys:admin": "Create, rotate and revoke API keys",
    "people:unmask": "See names, phones and mails unmasked; each use is an event",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who does something: a machine's key, a person at the command line, or the system itself."""

    kind: str
    id: str
    name: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """How events name the caller, for example ``key:7f3a9c``."""
        return f"{self.kind}:{self.id}"

    def require(self, scope: str) -> None:
        """Forbidden unless the caller holds ``scope``."""
        if scope not in self.scopes:
            raise Forbidden(f"The key {self.name!r} lacks the scope {scope!r}; ask an administrator for it.")


SYSTEM = Caller("system", "fenghuo", "Fenghuo", frozenset())


class KeyParts(NamedTuple):
    """A key taken apart; only the secret is one."""

    environment: str
    id: str
    secret: str


def split(token: str) -> KeyParts | None:
    """The parts of a key, or None where it does not have the form of one."""
    found = _FORM.fullmatch(token)
    return KeyParts(*found.groups()) if found else None


def make_secret() -> str:
    """192 bits, in letters and digits, so that a double click selects it whole."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
    return "".join(secrets.choice(alphabet) for _ in range(34))


def secret_hash(secret: str, pepper: str) -> bytes:
    return hmac.digest(pepper.encode(), secret.encode(), hashlib.sha256)


class _Held(NamedTuple):
    until: float
    caller: Caller


class KeyRing:
    """The keys this process has seen lately."""

    def __init__(self, database: Database, *, pepper: str, environment: str) -> None:
        self._database = database
        self._pepper = pepper
        self._environment = environment
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Caller]] = {}

    async def caller(self, authorization: str | None) -> Caller:
        """The caller behind an Authorization header; Unauthorized with what to do otherwise."""
        if authorization is None or authorization[:7].lower() != "bearer ":
            raise _unauthorized("Send the header: Authorization: Bearer fh_<environment>_<id>_<secret>.")
        token = authorization[7:]
        held, now = self._held.get(token), time.monotonic()
        if held is None or now >= held.until:
            return await asyncio.shield(self._asked(token))
        if held.until - now < HELD_SECONDS / 2:
            # Whoever calls all the time never waits: the next answer is fetched while this one is good.
            self._asked(token)
        return held.caller

    def _asked(self, token: str) -> asyncio.Task[Caller]:
        """One question under way a key, however many wait for the answer."""
        if token not in self._asking:
            self._asking[token] = task = asyncio.create_task(self._ask(token))
            # Perhaps nobody waits, and then nobody minds: the next to call asks again.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._asking[token]

    async def _ask(self, token: str) -> Caller:
        try:
            asked_at = time.monotonic()
            caller = await self._look_up(token)
            self._held[token] = _Held(asked_at + HELD_SECONDS, caller)
            if len(self._held) > HELD_MOST:
                self._held.popitem(last=False)
            return caller
        except Unauthorized:
            self._held.pop(token, None)
            raise
        finally:
            del self._asking[token]

    async def _look_up(self, token: str) -> Caller:
        parts = split(token)
        if parts is None:
            raise _unauthorized("This is not a key of this service; a key looks like fh_live_7f3a9c_....")
        if parts.environment != self._environment:
            raise _unauthorized(f"This key is for {parts.environment!r}; this service is {self._environment!r}.")
        async with self._database.transaction() as tx:
            row = (await tx.execute(select(ApiKey, func.now()).where(ApiKey.id == parts.id))).one_or_none()
        if row is None or not _matches(row[0], secret_hash(parts.secret, self._pepper), row[1]):
            raise _unauthorized("The key is unknown, was revoked or has expired.")
        key: ApiKey = row[0]
        return Caller("key", key.id, key.name, frozenset(key.scopes))


def _matches(key: ApiKey, given: bytes, now: datetime) -> bool:
    good = hmac.compare_digest(key.secret_hash, given)
    if key.previous_hash is not None and key.previous_until is not None and now < key.previous_until:
        good |= hmac.compare_digest(key.previous_hash, given)
    return good and key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _unauthorized(detail: str) -> Unauthorized:
    return Unauthorized(detail, headers={"WWW-Authenticate": 'Bearer realm="fenghuo"'})
