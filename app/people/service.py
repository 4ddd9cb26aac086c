"""API keys and people: created, changed, ended; and the tokens that act for people.

A key's secret leaves this module once and is stored nowhere.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.core.auth import NEVER_MINTED, SCOPES, Caller, make_secret, secret_hash, split
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Forbidden, Invalid, naming
from app.core.outbox import record
from app.core.person_tokens import PersonTokens
from app.domain.events import Changed
from app.models import ApiKey, Person
from app.people import queries
from app.settings import Settings


class KeyRevoked(Conflict):
    """A revoked key stays revoked: somebody revoked it for a reason."""

    code = "key_revoked"


class SubjectTaken(Conflict):
    """One sign-in is one person."""

    code, title = "oidc_subject_taken", ("Somebody else signs in so", "该登录身份已属于他人")


class NotYoursToGive(Forbidden):
    """Who could give scopes they lack would hold them all."""

    code, title = "scopes_not_yours", ("You can't give what you lack", "不能授予自己没有的权限")


class MachineKeyNeeded(Forbidden):
    """People act for themselves; only a front end's backend acts for others."""

    code, title = "machine_key_needed", ("Only a machine's key may do this", "仅限机器密钥")


class Minted(NamedTuple):
    """A token, until when it is good and for what."""

    token: str
    expires_at: datetime
    scopes: list[str]


async def create_key(
    tx: Tx, name: str, scopes: Sequence[str], *, caller: Caller, settings: Settings, expires_at: datetime | None = None,
    person_id: UUID | None = None,
) -> tuple[ApiKey, str]:  # fmt: skip
    """The new key and, this once, the whole text of it. Invalid when it would have expired before it is used, or
    when a person's key would do what the person may not. Nobody makes a key that may do more than they.
    """
    _must_hold(scopes, caller)
    if expires_at is not None and expires_at <= await tx.now():
        detail = "lies in the past; leave it out for a key that does not expire"
        raise Invalid(f"/expires_at: {detail}", errors=[FieldError("/expires_at", detail, "in_the_past")])
    if person_id is not None:
        beyond = sorted(set(scopes) - set((await _active_person(tx, person_id)).scopes))
        if beyond:
            detail = f"the person may not do {', '.join(beyond)} and so can't their key"
            raise Invalid(f"/scopes: {detail}", errors=[FieldError("/scopes", detail, "beyond_the_person")])
    secret = make_secret()
    key = ApiKey(
        id=secrets.token_hex(5), name=name, person_id=person_id, secret_hash=secret_hash(secret, settings.secret_key),
        last_four=secret[-4:], scopes=list(scopes), created_by=caller.actor, expires_at=expires_at,
    )  # fmt: skip
    tx.add(key)
    await _record(tx, key, "created", caller)
    await tx.refresh(key)
    return key, f"fh_{settings.environment}_{key.id}_{secret}"


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
    _must_hold(key.scopes, caller)
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


async def create_person(tx: Tx, fields: Mapping[str, Any], *, caller: Caller) -> Person:
    """The new person, active. NotYoursToGive where the caller lacks a scope of theirs."""
    _must_hold(fields["scopes"], caller)
    if fields["oidc_subject"] is not None:
        _must_outlive(caller)
    await _must_be_free(tx, fields["oidc_subject"])
    person = Person(**fields)
    tx.add(person)
    await tx.flush()
    await tx.refresh(person)
    await _person_changed(tx, person, "created", sorted(fields), caller)
    return person


async def update_person(
    tx: Tx, person_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Person:
    """Sets what ``fields`` names. A sign-in gives all the person's scopes to whoever holds it, and so does bringing
    somebody back: both ask for them all, further scopes only for themselves.
    """
    person = await queries.get_person(tx, person_id, lock=True)
    expected.meet(person.version)
    changed = sorted(name for name, value in fields.items() if getattr(person, name) != value)
    if not changed:
        return person
    scopes, before = set(fields.get("scopes", person.scopes)), set(person.scopes)
    signs_in = "oidc_subject" in changed and fields["oidc_subject"] is not None
    if signs_in:
        # Also what they may do no more: whoever gives it back would give it to whoever holds the sign-in.
        _must_hold(scopes | before, caller)
        _must_outlive(caller)
    _must_hold(scopes if "active" in changed and fields["active"] else scopes - before, caller)
    if "oidc_subject" in changed:
        await _must_be_free(tx, fields["oidc_subject"])
    for name in changed:
        setattr(person, name, fields[name])
    person.version += 1
    person.updated_at = now
    await _person_changed(tx, person, "updated", changed, caller)
    return person


async def mint_token(
    tx: Tx, person_id: UUID, scopes: Collection[str] | None, *, caller: Caller, now: datetime, settings: Settings
) -> Minted:
    """A token for the person: what they may do, as far as it was asked for (None: all).

    Never with keys:admin, because a key outlives the token, so that a backend's stolen key could make itself
    permanent; never with people:act, because tokens that mint tokens never end. With people:write it can only give
    what it holds. People with those scopes sign in themselves, or use a key of their own.
    """
    if caller.person is not None:
        raise MachineKeyNeeded("A person can't act for another; use a machine's key with the scope 'people:act'.")
    person = await _active_person(tx, person_id)
    may = set(person.scopes) - NEVER_MINTED
    given = sorted(may if scopes is None else may & set(scopes))
    expires_at = (now + timedelta(seconds=settings.person_token_seconds)).replace(microsecond=0)
    tokens = PersonTokens(settings.secret_key, settings.environment)
    await _person_changed(tx, person, "token_minted", [], caller)
    text = tokens.write(person.id, key_id=caller.id, scopes=given, expires_at=expires_at)
    return Minted(text, expires_at, given)


async def _active_person(tx: Tx, person_id: UUID) -> Person:
    """The person a body names; Invalid where there is none or they are not active."""
    with naming("/person_id"):
        person = await queries.get_person(tx, person_id)
    if not person.active:
        detail = "this person is not active; set them active first"
        raise Invalid(f"/person_id: {detail}", errors=[FieldError("/person_id", detail, "person_inactive")])
    return person


def _must_hold(scopes: Collection[str], caller: Caller) -> None:
    lacking = sorted(set(scopes) - caller.scopes)
    if lacking:
        detail = f"you don't hold {', '.join(lacking)} yourself; ask somebody who does"
        raise NotYoursToGive(f"/scopes: {detail}", errors=[FieldError("/scopes", detail, "not_yours_to_give")])


def _must_outlive(caller: Caller) -> None:
    """A sign-in outlives a token of 15 minutes, so such a token gives none: a backend's stolen key could."""
    if caller.kind == "token":
        detail = "a minted token can't give a sign-in; use a key, or sign in yourself"
        raise NotYoursToGive(
            f"/oidc_subject: {detail}", errors=[FieldError("/oidc_subject", detail, "not_yours_to_give")]
        )


async def _must_be_free(tx: Tx, subject: str | None) -> None:
    if subject is not None and await queries.person_with_subject(tx, subject) is not None:
        detail = "another person has this subject; take it from them first"
        raise SubjectTaken(f"/oidc_subject: {detail}", errors=[FieldError("/oidc_subject", detail, "taken")])


async def _person_changed(tx: Tx, person: Person, action: str, fields: list[str], caller: Caller) -> None:
    event = Changed(subject="person", subject_id=str(person.id), action=action, fields=fields)
    await record(tx, event, caller=caller)
