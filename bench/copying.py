"""The fastest way in there is: the rows of a batch by COPY, a thousand and a commit at a time, when it is asked."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from app.mentions.ingest import Row, row_of
from app.mentions.schemas import MentionBatchIn
from app.models.base import new_id
from app.settings import settings
from bench.helper import Act, serve
from bench.load import COUNTER
from workers.context import Context

SIZE = 1_000
_MENTION = ("id", "platform", "namespace", "platform_raw", "external_id", "url", "author", "title", "text",
            "published_at", "sentiment", "key_id")  # fmt: skip
_INBOX = ("mention_id", "observed_at", "reposts", "comments", "likes", "views", "key_id", "historical")


def acting(context: Context) -> Act:
    """Rows are made before the clock starts: COPY is all that is measured."""

    async def act(bodies: str, seconds: float) -> dict[str, Any]:
        rows = _rows(bodies, await context.database.clock.now())
        connection = await asyncpg.connect(settings().database_url.replace("+asyncpg", "", 1))
        copied, taken = 0, 0.0
        while taken < seconds:
            fresh = _fresh([rows[place % len(rows)] for place in range(SIZE)])
            began = time.perf_counter()
            await _copy(connection, fresh)
            taken += time.perf_counter() - began
            copied += len(fresh)
        await connection.close()
        return {"per_second": copied / taken}

    return act


def _rows(bodies: str, now: datetime) -> list[Row]:
    batch = MentionBatchIn.model_validate_json(Path(bodies).read_text())
    return [row_of(item, key_id="bench1", now=now) for item in batch.items]


def _fresh(rows: list[Row]) -> list[Row]:
    ids = [new_id() for _ in rows]
    return [
        row._replace(id=id, external_id=row.external_id.replace(COUNTER, str(id)))
        for row, id in zip(rows, ids, strict=True)
    ]


async def _copy(connection: asyncpg.Connection, rows: list[Row]) -> None:
    async with connection.transaction():
        mentions = [row[: len(_MENTION)] for row in rows]
        await connection.copy_records_to_table("mentions", columns=_MENTION, records=mentions)
        readings = [(row.id, row.observed_at, *row[13:17], row.key_id, row.historical) for row in rows]
        await connection.copy_records_to_table("inbox", columns=_INBOX, records=readings)


if __name__ == "__main__":
    serve(acting)
