"""What people write first: plain FastAPI, a pool, and one INSERT and one commit a request into the same tables."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel

from app.models.base import new_id
from app.settings import settings
from bench.echo import Mention

_INSERT = """
with made as (
  insert into mentions(id, platform, external_id, platform_raw, url, author, title, text, published_at, sentiment,
    key_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'bench1') returning id)
insert into inbox(mention_id, observed_at, reposts, comments, likes, views, key_id, historical)
select id, $11, $12, $13, $14, $15, 'bench1', false from made"""
pool: asyncpg.Pool


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    global pool
    dsn = settings().database_url.replace("+asyncpg", "", 1)
    async with asyncpg.create_pool(dsn, min_size=10, max_size=10) as pool:
        yield


app = FastAPI(lifespan=lifespan)


class Receipt(BaseModel):
    id: UUID


@app.post("/mentions")
async def insert(mention: Mention) -> Receipt:
    """Stores one post in a transaction of its own."""
    m, mention_id = mention, new_id()
    await pool.execute(
        _INSERT, mention_id, m.platform, m.external_id, m.platform_raw, m.url, m.author, m.title, m.text,
        m.published_at, m.sentiment, m.observed_at, m.reposts, m.comments, m.likes, m.views,
    )  # fmt: skip
    return Receipt(id=mention_id)
