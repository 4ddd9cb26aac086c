"""Who calls: API keys of the form ``fh_<environment>_<id>_<secret>``, person tokens, and an issuer's tokens.

A key is looked up by its id and its secret compared as an HMAC in constant time; a token's signature is verified
before anything is asked. What was looked up is held for half a second, so that a busy integration costs no query
and no cryptography, and a revoked key, the tokens it minted and a person who left are refused within a second.
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
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Executable, func, select

from app.core import person_tokens
from app.core.db import Database
from app.core.errors import Forbidden, Unauthorized
from app.core.grants import granted, together
from app.core.jose import header_of
from app.core.oidc import Issuer
from app.core.person_tokens import PersonTokens
from app.models import ApiKey, Person

HELD_SECONDS = 0.5
HELD_MOST = 10_000
_FORM = re.compile(r"fh_([a-z]{1,12})_([A-Za-z0-9]{4,32})_([A-Za-z0-9]{24,128})", re.ASCII)

SCOPES = {
    "mentions:read": "Read mentions, their observations and hits",
    "mentions:write": "Post mentions, and correct a mention's sentiment or time",
    "rules:read": "Read watch rules, media outlets, policies and the working calendar",
    "rules:write": "Change watch rules, media outlets, policies and the working calendar",
    "incidents:read": "Read incidents, their spread and timeline",
    "incidents:write": "Open, grade, merge and change incidents",
    "incidents:override": "Move an incident on past what is missing, with a reason (a lead's 特批)",
    "statements:read": "Read statements, their versions, approvals and templates",
    "statements:write": "Draft, change, submit and withdraw statements",
    "statements:approve": "Approve statements for public relations",
    "publications:write": "Report what was published, and where it can be read",
    "reviews:read": "Read reviews, their reports and the risk register",
    "reviews:write": "Answer and decide reviews, keep the risk register",
    "trainings:read": "Read courses, sessions, completions, documents and who is covered",
    "trainings:write": "Keep courses, sessions and completions, publish documents",
    "drills:read": "Read scenarios, drills and scoreboards",
    "drills:write": "Keep scenarios, play drills",
    "patrols:write": "Keep the plan of patrols, and check in from them",
    "sources:read": "Read sources, platform coverage and the latency of alerts",
    "sources:write": "Register and change sources",
    "metrics:read": "Read figures, digests, the handbook and the programme",
    "metrics:write": "Freeze baselines, replay rules, keep the programme",
    "contacts:read": "Read contacts outside the company, masked",
    "contacts:write": "Add and change contacts outside the company",
    "events:read": "Read and follow events, as webhooks tell them",
    "webhooks:read": "Read webhook endpoints and deliveries",
    "webhooks:write": "Change webhook endpoints, replay deliveries",
    "keys:admin": "Create, rotate and revoke API keys",
    "people:read": "Read people, their names and mails masked",
    "people:write": "Add and change people; nobody gives a scope they lack",
    "people:act": "Mint 15-minute tokens that act for a person; for the key of a front end's backend",
    "people:unmask": "See names, phones and mails unmasked; each use is an event",
    "files:read": "Read evidence files",
    "files:write": "Upload evidence files, and attach them",
    "affected:read": "Read an incident's affected users, their contacts masked",
    "affected:write": "Import affected users, and change them",
    "legal:approve": "Approve for legal what needs it: takedown reports and statements",
    "legal:hold": "Set and lift an incident's legal hold",
}


# What no token that a machine mints ever carries. With keys:admin a backend's stolen key could make itself keys
# that outlive it; with people:act a token could mint the next one and so live for ever.
NEVER_MINTED = frozenset({"keys:admin", "people:act"})


class PersonUnknown(Forbidden):
    """The issuer knows who it is, and we don't."""

    code, title = "person_unknown", ("Nobody here has this sign-in", "该登录身份未登记")


class PersonInactive(Forbidden):
    """The issuer still lets somebody in who has left here."""

    code, title = "person_inactive", ("This person is not active", "该人员已停用")


class PersonNeeded(Forbidden):
    """Only somebody can answer for this, not a machine."""

    code, title = "person_needed", ("A person is needed", "须由人员本人操作")


class PersonRef(NamedTuple):
    """The person who acts, beside the machine. The name is for their own eyes; events hold the id."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who does something: a key, a person behind a key or a token, somebody at the command line, or the system.

    ``kind`` is "key", "token" (minted by the key ``id``), "oidc", "link" (an acknowledgement link ``id``), "webhook" (an
    endpoint ``id``), "cli" or "system"; with "oidc" there is no key, and ``id`` is the person's.
    """

    kind: str
    id: str
    name: str
    scopes: frozenset[str]
    person: PersonRef | None = None
    expires_at: datetime | None = None

    @property
    def actor(self) -> str:
        """How events name who did it, for example ``key:7f3a9c``; the person where there is one."""
        return f"person:{self.person.id}" if self.person else f"{self.kind}:{self.id}"

    @property
    def person_id(self) -> UUID | None:
        """The person's, where there is one."""
        return self.person.id if self.person else None

    @property
    def via(self) -> str | None:
        """How events name what carried a person's act: ``key:<id>``, ``link:<id>`` or ``oidc``; None where no person acts."""
        if self.person is None:
            return None
        return "oidc" if self.kind == "oidc" else f"{'link' if self.kind == 'link' else 'key'}:{self.id}"

    def require(self, scope: str) -> None:
        """Forbidden unless the caller holds ``scope``."""
        if scope not in self.scopes:
            bearer = f"The key {self.name!r}" if self.kind == "key" else "The token"
            raise Forbidden(f"{bearer} lacks the scope {scope!r}; ask an administrator for it.")

    def require_person(self) -> PersonRef:
        """Who answers for it; PersonNeeded where it is a machine."""
        if self.person is None:
            raise PersonNeeded(
                f"The key {self.name!r} is a machine's, and somebody must answer for this: use a person's key, a token "
                "minted for a person, or a sign-in."
            )
        return self.person


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
    """The keys and tokens this process has seen lately."""

    def __init__(self, database: Database, *, pepper: str, environment: str, issuer: Issuer | None = None) -> None:
        self._database = database
        self._pepper = pepper
        self._environment = environment
        self._tokens = PersonTokens(pepper, environment)
        self._issuer = issuer
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Caller]] = {}

    async def close(self) -> None:
        """Lets go of the issuer, where there is one."""
        if self._issuer is not None:
            await self._issuer.close()

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
        except (Unauthorized, Forbidden):
            self._held.pop(token, None)
            raise
        finally:
            del self._asking[token]

    async def _look_up(self, token: str) -> Caller:
        header = None if token.startswith("fh_") else header_of(token)
        if header is None:
            return await self._by_key(token)
        if header.get("typ") == person_tokens.TYPE:
            return await self._by_person_token(token)
        if self._issuer is None:
            raise _unauthorized("This service takes no tokens of other issuers; use a key or a person token.")
        return await self._by_sign_in(self._issuer, token, header)

    async def _by_key(self, token: str) -> Caller:
        parts = split(token)
        if parts is None:
            raise _unauthorized("This is not a key of this service; a key looks like fh_live_7f3a9c_....")
        if parts.environment != self._environment:
            raise _unauthorized(f"This key is for {parts.environment!r}; this service is {self._environment!r}.")
        key, person, now, of_key, of_person = await self._row(
            select(ApiKey, Person, func.now(), granted(ApiKey), granted(Person))
            .outerjoin(Person, Person.id == ApiKey.person_id)
            .where(ApiKey.id == parts.id),
            5,
        )
        if key is None or not (_matches(key, secret_hash(parts.secret, self._pepper), now) and _lives(key, now)):
            raise _unauthorized("The key is unknown, was revoked or has expired.")
        scopes = together(key.scopes, of_key)
        if key.person_id is None:
            return Caller("key", key.id, key.name, scopes, expires_at=key.expires_at)
        if not person.active:
            raise _unauthorized("The person this key belongs to is not active.")
        who = PersonRef(person.id, person.name)
        return Caller("key", key.id, key.name, scopes & together(person.scopes, of_person), who, key.expires_at)

    async def _by_person_token(self, token: str) -> Caller:
        said = self._tokens.read(token)
        if said is None:
            raise _unauthorized("This is not a token of this service.")
        key, person, now, of_key, of_person = await self._row(
            select(ApiKey, Person, func.now(), granted(ApiKey), granted(Person))
            .join(Person, Person.id == said.person_id)
            .where(ApiKey.id == said.key_id),
            5,
        )
        mints = key is not None and key.person_id is None and "people:act" in together(key.scopes, of_key)
        if not mints or not _lives(key, now):
            raise _unauthorized("The key that minted this token was revoked, has expired or may not do so any more.")
        if not person.active:
            raise _unauthorized("The person this token is for is not active.")
        if now >= said.expires_at:
            raise _unauthorized("The token has expired; ask your front end's backend for another.")
        scopes = said.scopes & together(person.scopes, of_person) - NEVER_MINTED
        return Caller("token", key.id, key.name, scopes, PersonRef(person.id, person.name), said.expires_at)

    async def _by_sign_in(self, issuer: Issuer, token: str, header: dict[str, Any]) -> Caller:
        signed_in = await issuer.read(token, header, now=await self._database.clock.now())
        person, of_person = await self._row(
            select(Person, granted(Person)).where(Person.oidc_subject == signed_in.subject), 2
        )
        if person is None:
            raise PersonUnknown(
                f"Nobody here has the subject {signed_in.subject!r}; ask an administrator to set it as a person's "
                "oidc_subject."
            )
        if not person.active:
            raise PersonInactive("The sign-in is good, but the person is not active here; ask an administrator.")
        who = PersonRef(person.id, person.name)
        return Caller("oidc", str(person.id), "sign-in", together(person.scopes, of_person), who, signed_in.expires_at)

    async def _row(self, query: Executable, width: int) -> Any:
        """The one row, or as many Nones."""
        async with self._database.transaction() as tx:
            return (await tx.execute(query)).one_or_none() or (None,) * width


def _matches(key: ApiKey, given: bytes, now: datetime) -> bool:
    good = hmac.compare_digest(key.secret_hash, given)
    if key.previous_hash is not None and key.previous_until is not None and now < key.previous_until:
        good |= hmac.compare_digest(key.previous_hash, given)
    return good


def _lives(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _unauthorized(detail: str) -> Unauthorized:
    return Unauthorized(detail, headers={"WWW-Authenticate": 'Bearer realm="fenghuo"'})
