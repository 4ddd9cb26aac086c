"""The made-up company: the same seed is the same company, nothing of it happened today, and it is as it was written."""

from datetime import UTC, datetime

from app import reactions
from app.cli.company.playing import play
from app.cli.company.script import write
from app.core.db import Database
from app.core.doorbell import Doorbell, connect

ENDING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


async def test_try(settings, services):
    import asyncio
    import time

    from app.core.migrations import upgrade
    from tests.support.services import create_database, drop_database

    url = await create_database(services, "seed")
    await asyncio.to_thread(upgrade, url)
    chosen = settings.model_copy(update={"database_url": url})
    redis = connect(settings.redis_url)
    doorbell = Doorbell(redis)
    database = Database(chosen, doorbell=doorbell, workload="batches")
    reactions.install()
    t = time.time()
    c = time.process_time()
    try:
        made = await play(database, chosen, doorbell, write(1), ENDING, progress=print)
    finally:
        print(time.time() - t, time.process_time() - c)
    print(made)
    for row in await database.fetch(
        "select number, title, status, grade, total, opened_at, calmed_at, ended_at from incidents order by opened_at"
    ):
        print(*row)
    for row in await database.fetch("select type, count(*) from events group by 1 order by 1"):
        print(*row)
    columns = await database.fetch(
        "select table_name, column_name from information_schema.columns where table_schema='public' and data_type='timestamp with time zone'"
    )
    for table, column in columns:
        [row] = await database.fetch(
            f"select count(*) n, count(*) filter (where {column} > now() - interval '1 hour' and {column} < now() + interval '1 hour') as today from {table}"
        )
        if row["today"]:
            print("TODAY", table, column, row["today"], row["n"])
    for row in await database.fetch("select kind, state, count(*) from deadlines group by 1,2 order by 1,2"):
        print(*row)
    await database.close()
    await redis.aclose()
    await drop_database(services, url)
