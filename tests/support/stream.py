"""A crisis that grows as long as a test wants: posts read again and again over HTTP, each until it is acknowledged."""

import asyncio
from collections import Counter as Bag
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.support.receiver import Receiver
from tests.support.recount import SEVERITY, Post, Recount, Rule, Told, assert_spread, floor_minute, recount
from tests.support.story import NEGATIVE, as_json, everything, get, make_rule
from tests.support.waiting import eventually


class Stream:
    """Six posts of one brand that gain with every reading; from nothing to major in about a hundred readings."""

    def __init__(self, client: httpx.AsyncClient, rule: Rule) -> None:
        self.client, self.rule = client, rule
        self.start = floor_minute(datetime.now(UTC) - timedelta(hours=3))
        self.posts = {f"{rule.brand}-{n}": Post() for n in range(6)}
        self.answers: Bag[int | str] = Bag()

    @classmethod
    async def begin(cls, client: httpx.AsyncClient) -> "Stream":
        return cls(client, await make_rule(client))

    def _next(self, name: str) -> tuple[Told, dict[str, Any]]:
        n = len(self.posts[name].told)
        at = self.start + timedelta(seconds=10 * n)
        told = Told(at, f"{self.rule.brand}{NEGATIVE}", 1_100 * n + 1, 7 * n, n, published_at=self.start)
        return told, {"platform": "weibo", "external_id": name, **as_json(told)}

    async def write_backlog(self, readings: int) -> None:
        """Many readings in few requests."""
        for _ in range(readings // 1_000):
            items = []
            for n in range(1_000):
                name = sorted(self.posts)[n % len(self.posts)]
                told, item = self._next(name)
                self.posts[name].told.append(told)
                items.append(item)
            answer = await self.client.post("/v1/mention-batches", json={"items": items})
            assert answer.json()["refused"] == 0, answer.text

    async def write(self, name: str) -> None:
        """The post's next reading, sent until it is acknowledged."""
        told, body = self._next(name)

        async def sent() -> bool:
            try:
                answer = await self.client.post("/v1/mentions", json=body)
            except httpx.HTTPError as error:
                self.answers[type(error).__name__] += 1
                return False
            self.answers[answer.status_code] += 1
            return answer.status_code in (200, 201)

        await eventually(sent, 30, f"the acknowledgement of {name}")
        self.posts[name].told.append(told)

    async def run(self, until: Callable[[], bool], at_least: int = 20) -> None:
        """Writes all posts side by side, at least so many readings each and until the test has done its part."""

        async def one(name: str) -> None:
            while not until() or len(self.posts[name].told) < at_least:
                await self.write(name)

        async with asyncio.TaskGroup() as group:
            for name in self.posts:
                group.create_task(one(name))

    @property
    def expected(self) -> Recount:
        return recount(self.posts.values())

    async def incident(self) -> dict[str, Any]:
        """The one incident of the rule; empty before it was opened."""
        found = await everything(self.client, "/v1/incidents", rule_id=str(self.rule.id))
        assert len(found) <= 1
        return dict(found[0]) if found else {}

    async def counted(self) -> int:
        try:
            return int((await self.incident()).get("total", 0))
        except (httpx.HTTPError, AssertionError):
            return -1

    async def check(self, timeout: float = 20) -> dict[str, Any]:
        """Everything acknowledged is counted, once, and graded; the timeline has no gap and no step back."""
        expected = self.expected

        async def all_counted() -> bool:
            return await self.counted() == expected.total

        await eventually(all_counted, timeout, f"counting {expected.total}")
        incident = await self.incident()
        assert_spread(await get(self.client, f"/v1/incidents/{incident['id']}/spread"), expected)
        assert incident["mention_count"] == len(self.posts)
        assert incident["grade"] == incident["auto_grade"] == expected.grade("individual")
        timeline = await everything(self.client, f"/v1/incidents/{incident['id']}/timeline")
        assert [event["seq"] for event in timeline] == list(range(1, len(timeline) + 1))
        raised = [event["data"]["to"] for event in timeline if event["type"] == "incident.grade_changed"]
        assert raised == sorted(set(raised), key=SEVERITY.__getitem__)
        return incident

    async def check_received(self, receiver: Receiver, timeout: float = 20) -> None:
        """Each grade change arrived, signed and in order; one that was sent again counts as one."""
        incident = await self.incident()
        timeline = await everything(self.client, f"/v1/incidents/{incident['id']}/timeline")
        owed = [event["seq"] for event in timeline if event["type"] == "incident.grade_changed"]

        def received() -> list[int]:
            said = [body["data"] for body in receiver.bodies()]
            return list(dict.fromkeys(data["seq"] for data in said if data["incident_id"] == incident["id"]))

        await eventually(lambda: received() == owed, timeout, f"receiving {owed}")
        assert receiver.verified
