"""Sources, and hours that they were heard in, as tests make them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.core.db import Database
from tests.support.api import everything, good
from tests.support.people import make_key

SOURCES = "/v1/sources"
SILENT, AGAIN = "source.silent", "source.heard_again"


def minutes_ago(minutes: float) -> datetime:
    """The beginning of the minute that was then."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).replace(second=0, microsecond=0)


async def make_source(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A tool that nobody else uses, without a key, which covers a forum."""
    body = {"name": f"来源 {uuid4().hex[:8]}", "kind": "tool", "platforms": ["forum"], "rhythm_seconds": 600} | fields
    return good(await client.post(SOURCES, json=body), 201)  # type: ignore[no-any-return]


async def with_key(client: httpx.AsyncClient, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A source, and the key it posts with."""
    key = await make_key(client, "mentions:write", "mentions:read")
    return await make_source(client, key_id=key["id"], **fields), key


async def source_of(client: httpx.AsyncClient, source: dict[str, Any]) -> dict[str, Any]:
    """The source as it is now."""
    return good(await client.get(f"{SOURCES}/{source['id']}"))  # type: ignore[no-any-return]


async def silences_of(client: httpx.AsyncClient, source: dict[str, Any]) -> list[dict[str, Any]]:
    """Its silences, the newest first."""
    return await everything(client, f"{SOURCES}/{source['id']}/silences", limit=2)


async def told_of(client: httpx.AsyncClient, source: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What was told of it, in order."""
    rows = await everything(client, "/v1/events", type=[SILENT, AGAIN], limit=200)
    return [(row["type"], row["data"]) for row in rows if row["data"]["source_id"] == source["id"]]


async def beat(database: Database, channel: str, platform: str, minutes: Iterable[datetime]) -> None:
    """As if something had come by the channel in these minutes."""
    await database.fetch(
        "insert into source_beats(channel, at, platform) select $1, at, $2 from unnest($3::timestamptz[]) as t(at) "
        "on conflict do nothing", channel, platform, list(minutes),
    )  # fmt: skip


async def watched_since(database: Database, source: dict[str, Any], minutes: float) -> None:
    """As if it had been registered so long ago."""
    await database.fetch(
        "update source_watches set since = $2 where source_id = $1", UUID(source["id"]), minutes_ago(minutes)
    )


async def listened(database: Database, *spans: tuple[float, float]) -> None:
    """As if we had listened in these spans, in minutes ago, and at no other time; the last goes on where it ends now."""
    await database.fetch("delete from listening_spans")
    for start, end in spans:
        seen_at = datetime.now(UTC) + timedelta(seconds=6) if end == 0 else minutes_ago(end)
        await database.fetch("insert into listening_spans values ($1, $2)", minutes_ago(start), seen_at)
