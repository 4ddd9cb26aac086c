"""Runs migrations against DATABASE_URL. They wait at most a second for a lock, so that they never stop the service."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.models import Base
from app.settings import settings


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=False)
    with context.begin_transaction():
        # One migration at a time, however many processes start at once.
        connection.execute(text("select pg_advisory_xact_lock(7203154)"))
        connection.execute(text("set local lock_timeout = '1s'"))
        connection.execute(text("set local statement_timeout = '60s'"))
        context.run_migrations()


async def online() -> None:
    engine = create_async_engine(
        context.config.attributes.get("url") or settings().database_url, poolclass=pool.NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    context.configure(url="postgresql+asyncpg://", target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(online())
