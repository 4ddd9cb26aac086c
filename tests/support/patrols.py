"""Patrols as tests make them: at a time of the test's own, and gone when it is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from app.core.db import Database
from tests.support.api import everything, good

PATROLS, PLAN = "/v1/patrols", "/v1/patrol-plan"
PLATFORMS = ["weibo", "douyin"]
SHIPPED = """
insert into patrol_plans (id, version, effective_at, slots, platforms, grace_seconds, created_at, created_by)
values (gen_random_uuid(), 1, $1, '[{"time": "09:00", "assignee_ids": [], "rotation": "daily"},
  {"time": "14:00", "assignee_ids": [], "rotation": "daily"}, {"time": "20:00", "assignee_ids": [], "rotation": "daily"}]',
  array['weibo', 'douyin'], 3600, $1, 'system:fenghuo')"""


@asynccontextmanager
async def a_plan(database: Database, effective_at: datetime) -> AsyncIterator[None]:
    """No patrols, and the shipped plan with effect from an instant of the test's own; the plan of today afterwards."""
    await _begin(database, effective_at)
    try:
        yield
    finally:
        await _begin(database, datetime.now(UTC))


async def _begin(database: Database, effective_at: datetime) -> None:
    # Truncating passes the trigger over that keeps versions as they are.
    await database.fetch("truncate patrol_findings, patrols, patrol_plans")
    await database.fetch(SHIPPED, effective_at)


def local(instant: str | datetime) -> str:
    """By Shanghai's clock."""
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return f"{at.astimezone(ZoneInfo('Asia/Shanghai')):%m-%d %H:%M}"


async def all_patrols(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """The first to be walked first."""
    return (await everything(client, PATROLS, **query))[::-1]


async def change_plan(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    etag = (await client.get(PLAN)).headers["etag"]
    slots = [{"time": "09:00"}, {"time": "14:00"}, {"time": "20:00"}]
    body = {"slots": slots, "platforms": PLATFORMS} | fields
    return good(await client.put(PLAN, json=body, headers={"if-match": etag}))  # type: ignore[no-any-return]
