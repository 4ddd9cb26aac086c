"""What is read of people and keys."""

from sqlalchemy import select

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.models import ApiKey


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
