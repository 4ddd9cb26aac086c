"""The tokens with which a front end's backend acts for people."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.core.auth import NEVER_MINTED, Caller
from app.core.db import Tx
from app.core.errors import Forbidden
from app.core.grants import scopes_of
from app.core.person_tokens import PersonTokens
from app.people.persons import active_person, person_changed
from app.settings import Settings


class MachineKeyNeeded(Forbidden):
    """People act for themselves; only a front end's backend acts for others."""

    code, title = "machine_key_needed", ("Only a machine's key may do this", "仅限机器密钥")


class Minted(NamedTuple):
    """A token, until when it is good and for what."""

    token: str
    expires_at: datetime
    scopes: list[str]


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
    person = await active_person(tx, person_id)
    may = await scopes_of(tx, person) - NEVER_MINTED
    given = sorted(may if scopes is None else may & set(scopes))
    expires_at = (now + timedelta(seconds=settings.person_token_seconds)).replace(microsecond=0)
    tokens = PersonTokens(settings.secret_key, settings.environment)
    await person_changed(tx, person, "token_minted", [], caller)
    text = tokens.write(person.id, key_id=caller.id, scopes=given, expires_at=expires_at)
    return Minted(text, expires_at, given)
