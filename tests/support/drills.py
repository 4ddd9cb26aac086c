"""Scenarios and runs of drills for tests: a scenario that reaches every grade in turn, and a player at any instant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.models import Scenario, ScenarioVersion
from app.models.base import new_id
from app.settings import Settings
from tests.support.api import everything, good
from workers.drills import Player

URL = "/v1/drills"
NONE = dict.fromkeys(("reposts", "comments", "likes", "views"))


def post_of(ref: str, at: int, text: str = "{brand}的货{word}了", **fields: Any) -> dict[str, Any]:
    """A post of a scenario; without counters unless they are given."""
    return {
        "kind": "mention", "offset_seconds": at, "ref": ref, "platform": "weibo", "author": "演员甲", "title": None, "url": None,
        "text": text, "sentiment": "negative",
    } | NONE | fields  # fmt: skip


def reading_of(ref: str, at: int, **counters: int) -> dict[str, Any]:
    return {"kind": "reading", "offset_seconds": at, "ref": ref} | NONE | counters


def report_of(ref: str, at: int, outlet: str, domain: str) -> dict[str, Any]:
    listed = {"name": outlet, "tier": "provincial", "domain": domain}
    named = {
        "kind": "media_report",
        "platform": "news",
        "author": outlet,
        "url": f"https://{domain}/1",
        "outlet": listed,
    }
    return post_of(ref, at, **named)


def rising() -> list[dict[str, Any]]:
    """General after 10 minutes, serious after half an hour, major after an hour; two posts at one instant; media at last."""
    return [
        post_of("first", 0, likes=100),
        reading_of("first", 600, likes=12_000),
        post_of("second", 1800, likes=5_000),
        reading_of("first", 1800, likes=60_000),
        reading_of("first", 3600, likes=110_000),
        report_of("press", 5400, "演练日报", f"press{uuid4().hex[:8]}.example"),
    ]


async def make_scenario(
    database: Database, injects: list[dict[str, Any]] | None = None, *, duration: int = 14_400, brand: str = "演牌"
) -> str:
    """A scenario of its own; its key."""
    content = {
        "description": "", "lessons": [], "duration_seconds": duration, "brand": f"{brand}{uuid4().hex[:8]}",
        "negative_words": ["坏", "避雷"], "harm_class": "individual", "injects": rising() if injects is None else injects,
        "reactions": [],
    }  # fmt: skip
    key = f"test-{uuid4().hex[:12]}"
    async with database.transaction() as tx:
        scenario = Scenario(id=new_id(), key=key, name="测试剧本", created_by="system:test")
        tx.add(scenario)
        await tx.flush()
        tx.add(ScenarioVersion(scenario_id=scenario.id, number=1, content=content, created_by="system:test"))
    return key


async def start(client: httpx.AsyncClient, key: str, **fields: Any) -> dict[str, Any]:
    """A drill that runs from now on."""
    return good(await client.post(URL, json={"scenario": key} | fields), 201)  # type: ignore[no-any-return]


async def run_of(client: httpx.AsyncClient, drill: dict[str, Any]) -> dict[str, Any]:
    return good(await client.get(f"{URL}/{drill['id']}"))  # type: ignore[no-any-return]


async def incidents_of(client: httpx.AsyncClient, drill: dict[str, Any]) -> list[dict[str, Any]]:
    return await everything(client, "/v1/incidents", drill_id=drill["id"])


class Stage:
    """A player whose transactions happen at any instant: `await stage.at(instant)`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.player = Player(database)

    async def at(self, moment: datetime | None) -> int:
        """Plays what is due by then; how much it was."""
        self.database.moment = moment
        return await self.player.sweep()

    async def put_back(self, drill: dict[str, Any], to: datetime) -> None:
        """Has a drill that was just started be started then, at a whole minute: all of it lies in the past."""
        to = to.replace(second=0, microsecond=0)
        await self.database.fetch(
            "update drills set started_at = $2, zero_at = $2, next_at = $2 where id = $1", UUID(drill["id"]), to
        )

    async def play_out(self, drill: dict[str, Any]) -> None:
        """Plays it to its end, never late. It looks for calm each minute of the scenario, which takes a while: here only when
        something is played."""
        rows = await self.database.fetch(
            "select d.started_at, d.scale, d.duration_seconds, i.at_seconds from drills d "
            "join drill_injects i on i.drill_id = d.id where d.id = $1 order by i.at_seconds", UUID(drill["id"]),
        )  # fmt: skip
        for seconds in dict.fromkeys([*(row["at_seconds"] for row in rows), rows[0]["duration_seconds"]]):
            at = rows[0]["started_at"] + timedelta(seconds=seconds) / rows[0]["scale"]
            await self.database.fetch("update drills set next_at = $2 where id = $1", UUID(drill["id"]), at)
            await self.at(at + timedelta(microseconds=1))


@asynccontextmanager
async def staged(settings: Settings) -> AsyncIterator[Stage]:
    """A stage with connections of its own."""
    redis = connect(settings.redis_url)
    database = Database(settings, doorbell=Doorbell(redis), workload="batches")
    yield Stage(database)
    await database.close()
    await redis.aclose()
