"""What is read of people and keys."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.models import ApiKey, Person


async def get_key(tx: Tx, key_id: str, *, lock: bool = False) -> ApiKey:
    """The key, revoked or not; NotFound otherwise."""
    key = await tx.get(ApiKey, key_id, with_for_update=lock)
    if key is None:
        raise NotFound(f"There is no API key {key_id!r}.")
    return key


async def list_keys(tx: Tx, *, limit: int, cursor: str | None) -> dict[str, object]:
    """Keys by id, revoked ones too."""
    query = select(ApiKey).order_by(ApiKey.id).limit(limit + 1)
    after = paging.decode(cursor, "api-keys")
    if after:
        query = query.where(ApiKey.id > after[0])
    rows = (await tx.scalars(query)).all()
    return paging.page(rows, limit, "api-keys", lambda key: [key.id])


async def get_person(tx: Tx, person_id: UUID, *, lock: bool = False) -> Person:
    """The person, active or not; NotFound otherwise."""
    person = await tx.get(Person, person_id, with_for_update=lock)
    if person is None:
        raise NotFound(f"There is no person {person_id}.")
    return person


async def list_people(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """People by id, which is by age; inactive ones too."""
    rows = select(Person).order_by(Person.id).limit(query.limit + 1)
    after = paging.decode(query.cursor, "people")
    if after:
        rows = rows.where(Person.id > UUID(after[0]))
    return paging.page((await tx.scalars(rows)).all(), query.limit, "people", lambda person: [person.id])


async def person_with_subject(tx: Tx, subject: str) -> Person | None:
    """The person the issuer calls so."""
    return (await tx.scalars(select(Person).where(Person.oidc_subject == subject))).one_or_none()
