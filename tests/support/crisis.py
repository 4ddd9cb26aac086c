"""A crisis as four people live through it: who they are, what they can do by HTTP, and how its days pass."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from app.core.db import Database
from tests.support.api import ago, brand, everything, good, problem, timeline
from tests.support.clocks import clocks
from tests.support.company import Company, entered
from tests.support.days import time_passes
from tests.support.fires import a_minute
from tests.support.owed import forget
from tests.support.people import bearer, make_key
from tests.support.receiver import Receiver
from workers.context import Context
from workers.ingest import Counter

HEAD, WRITER, LAWYER, LEAD = "强", "文", "法", "敏"
ROSTER = {
    HEAD: ("public_relations", "处置人员", None), WRITER: ("public_relations", "处置人员", None),
    LAWYER: ("legal", "法务", None), LEAD: ("business", "组长", None),
}  # fmt: skip
POLICIES = "/v1/grading-policies"


@dataclass
class Crisis:
    """What the chapters hand on to each other."""

    company: Company
    counter: Counter
    database: Database
    context: Context
    word: str
    tool: dict[str, str]
    rule: dict[str, Any]
    id: str = ""
    holding: str = ""
    apology: str = ""
    review: str = ""
    changed: str = ""

    @property
    def url(self) -> str:
        return f"/v1/incidents/{self.id}"

    async def get(self, url: str, who: str = WRITER, **query: Any) -> Any:
        return await self.company.call(who, "GET", url, params=query)

    async def say(self, who: str, url: str, status: int = 201, /, **body: Any) -> Any:
        """Somebody POSTs it."""
        return await self.company.call(who, "POST", url, status, json=body)

    async def refused(self, who: str, url: str, status: int, /, **body: Any) -> dict[str, Any]:
        """Somebody POSTs it in vain."""
        return problem(await self.company.ask(who, "POST", url, json=body), status)

    async def become(self, who: str, status: str) -> httpx.Response:
        body = {"status": status, "reason": "按预案推进"}
        return await self.company.ask(who, "PUT", f"{self.url}/status", json=body)

    async def seen(self) -> dict[str, Any]:
        return await self.get(self.url)  # type: ignore[no-any-return]

    async def clock(self, kind: str) -> str:
        return str((await clocks(self.company.client, self.id))[kind]["state"])

    async def told(self, type_: str) -> list[dict[str, Any]]:
        return [one["data"] for one in await timeline(self.company.client, self.id) if one["type"] == type_]

    async def posted(self, *posts: dict[str, Any]) -> None:
        """The monitoring tool reports, and what it said is counted."""
        items = [{"published_at": ago(minutes=20)} | post for post in posts]
        answer = await self.company.client.post("/v1/mention-batches", json={"items": items}, headers=self.tool)
        assert good(answer, 207)["accepted"] == len(items)
        await self.counter.sweep()

    async def time_passes(self, **span: float) -> None:
        await time_passes(self.database, self.id, **span)

    async def a_minute(self) -> None:
        """Calm is looked for each minute."""
        await a_minute(self.database, {"id": self.id})


@asynccontextmanager
async def a_crisis(
    client: httpx.AsyncClient, app: FastAPI, counter: Counter, database: Database, context: Context
) -> AsyncIterator[Crisis]:
    """Four people, a monitoring tool, a watched brand. At the end the policy is what it was and the brand is not watched."""
    [policy] = [one for one in await everything(client, POLICIES) if one["active"]]
    async with entered(client, app, ROSTER) as company:
        word, tool = brand(), bearer((await make_key(client, roles=["integration"]))["key"])
        body = {"name": f"{word}质量", "brand_words": [word], "negative_words": ["差评"], "harm_class": "user_rights"}
        rule = await company.call(LEAD, "POST", "/v1/watch-rules", 201, json=body)
        yield Crisis(company, counter, database, context, word, tool, rule)
        good(await client.patch(f"/v1/watch-rules/{rule['id']}", json={"enabled": False}))
        good(await client.post(f"{POLICIES}/{policy['id']}/activate"))


@asynccontextmanager
async def a_screen(crisis: Crisis, *told: str) -> AsyncIterator[Receiver]:
    """The company's own screen, which hears of these events by signed webhook."""
    await forget(crisis.database)
    async with Receiver() as receiver:
        body = {"url": receiver.url, "event_types": list(told)}
        endpoint = good(await crisis.company.client.post("/v1/webhook-endpoints", json=body), 201)
        receiver.secret = endpoint["secret"]
        yield receiver
    await forget(crisis.database)
