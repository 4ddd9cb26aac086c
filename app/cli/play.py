"""Plays the demo's story through the public API, and holds it to what it promised: grades, webhooks, signatures."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from app.cli.client import Api
from app.cli.console import Trouble
from app.cli.receiver import Received, Receiver
from app.cli.responding import NAMED, Duty, choose_clocks, told
from app.cli.story import BRAND, EXCLUSIONS, HELD_PER_MINUTE, NEGATIVE_WORDS, OPENED, STEPS, Post, Step
from app.domain.grades import Grade, HarmClass

ARRIVES_WITHIN = 20.0
HELD_EVERY = 2.0
HARMS = [str(harm) for harm in HarmClass]
GRADE_CHANGED = "incident.grade_changed"


@dataclass(slots=True)
class Mark:
    """Something the story had to bring about, and the webhook that told of it. ``milliseconds`` from the POST on; None
    where nothing was posted for it."""

    label: str
    why: str
    webhook: Received
    at: datetime
    milliseconds: float | None
    attempts: int = 0


@dataclass(slots=True)
class Scene:
    """What there is to see, for whoever shows it."""

    posted: int = 0
    last_post: Post | None = None
    incident: dict[str, Any] | None = None
    windows: list[dict[str, Any]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    deliveries: int = 0
    told: Callable[[Mark], None] | None = None  # hears of each mark at once


class Play:
    """One run of the story, with a rule, an endpoint and posts of its own."""

    def __init__(self, api: Api, receiver: Receiver, scene: Scene, *, pace: float, fast: bool = False) -> None:
        self._api = api
        self._fast = fast
        self._receiver = receiver
        self._scene = scene
        self._pace = pace
        self._run = secrets.token_hex(4)
        self._end = datetime.now(UTC)  # the story is told as if it ended when the play began
        self._endpoint_id = ""
        self._last = STEPS[0]
        self._harms: dict[str, list[str]] = {}

    async def set_up(self) -> None:
        """Puts an earlier run of the same data folder aside, then makes this one's rule and endpoint."""
        async for endpoint in self._api.rows("/v1/webhook-endpoints"):
            if endpoint["description"].startswith(NAMED):
                await self._api.delete(f"/v1/webhook-endpoints/{endpoint['id']}")
        async for rule in self._api.rows("/v1/watch-rules"):
            if rule["name"].startswith(NAMED):
                await self._end_incidents(rule["id"])
                await self._api.delete(f"/v1/watch-rules/{rule['id']}")
        await choose_clocks(self._api, fast=self._fast)
        endpoint = await self._api.post(
            "/v1/webhook-endpoints", {"url": self._receiver.url, "description": f"{NAMED} receiver {self._run}"}
        )
        self._endpoint_id, self._receiver.secret = endpoint["id"], endpoint["secret"]
        # Whether we are heard at all is found out before anything happens; it also warms every connection up.
        await self._api.post(f"/v1/webhook-endpoints/{self._endpoint_id}/test", None)
        await self._receiver.wait_for("webhook.test", ARRIVES_WITHIN)
        rule = {
            "name": f"{NAMED} {BRAND} {self._run}", "brand_words": [BRAND], "negative_words": NEGATIVE_WORDS,
            "exclusions": EXCLUSIONS, "harm_class": "individual", "business_unit": "乳品事业部",
        }  # fmt: skip
        await self._api.post("/v1/watch-rules", rule)

    async def _end_incidents(self, rule_id: str) -> None:
        query = {"rule_id": rule_id, "status": ["watching", "responding", "handling"]}
        async for incident in self._api.rows("/v1/incidents", **query):
            for status in ("responding", "dismissed") if incident["status"] == "handling" else ("dismissed",):
                word = {"status": status, "reason": "演示重新开始"}
                await self._api.put(f"/v1/incidents/{incident['id']}/status", word)

    async def run(self, until: str | None) -> None:
        """Posts step by step; where a step must bring something about, its verified webhook is awaited first."""
        for step in STEPS:
            before = time.perf_counter()
            await self._post(step)
            if step.expect is not None:
                self._tell(await self._mark(step.expect, before))
                if step.expect == until:
                    return
            await asyncio.sleep(self._pace)

    async def respond(self, url: str) -> None:
        """People act, under the eyes of the clocks (方案 二(二))."""
        assert self._scene.incident is not None, "the story has come to its incident"
        incident_id = self._scene.incident["id"]
        async for webhook in Duty(self._api, url).respond(incident_id, self._receiver, fast=self._fast):
            self._tell(Mark(*told(webhook), webhook, datetime.now(UTC), None))
        await choose_clocks(self._api, fast=False)

    def _tell(self, mark: Mark) -> None:
        self._scene.marks.append(mark)
        if self._scene.told is not None:
            self._scene.told(mark)

    async def _post(self, step: Step, observed_at: datetime | None = None) -> None:
        post, observed_at = step.post, observed_at or self._end - timedelta(minutes=step.minutes_ago)
        body = {
            "platform": post.platform, "external_id": f"demo-{self._run}-{post.id}", "author": post.author,
            "title": post.title, "text": post.text, "sentiment": post.sentiment,
            "published_at": (self._end - timedelta(minutes=post.published)).isoformat(),
            "observed_at": observed_at.isoformat(),
            "reposts": step.reposts, "comments": step.comments, "likes": step.likes, "views": step.views,
        }  # fmt: skip
        await self._api.post("/v1/mentions", body)
        self._last = step
        self._scene.posted += 1
        self._scene.last_post = post

    async def _mark(self, expected: str, before: float) -> Mark:
        if expected == OPENED:
            webhook = await self._receiver.wait_for("incident.opened", ARRIVES_WITHIN)
            label, why = "watching 关注中", "The first negative mention that hits the watch rule."
        else:
            webhook = await self._receiver.wait_for(GRADE_CHANGED, ARRIVES_WITHIN, to=expected)
            label, why = f"{expected} {Grade[expected.upper()].label}", webhook.data["reason"]
        await self.look(webhook.data["incident_id"])
        return Mark(label, why, webhook, datetime.now(UTC), (webhook.at - before) * 1000)

    async def look(self, incident_id: str | None = None) -> None:
        """Reads the incident as anybody may, and the windows of the rules that its harm class is asked about."""
        known = incident_id or (self._scene.incident or {}).get("id")
        if known is not None:
            incident = await self._api.get(f"/v1/incidents/{known}")
            spread = await self._api.get(f"/v1/incidents/{known}/spread")
            if not self._harms:
                policy = await self._api.get(f"/v1/grading-policies/{incident['policy_id']}")
                self._harms = {rule["id"]: rule["harm_classes"] for rule in policy["rules"]}
            asked = [one for one in spread["windows"] if incident["harm_class"] in (self._harms[one["rule"]] or HARMS)]
            self._scene.incident, self._scene.windows = incident, asked

    async def settle(self) -> None:
        """Waits until everything owed to the receiver was delivered and verified; Trouble that names what is missing."""
        deadline = time.monotonic() + ARRIVES_WITHIN
        while missing := await self._missing():
            if time.monotonic() > deadline:
                raise Trouble("not everything arrived: " + "; ".join(missing[:5]))
            await asyncio.sleep(0.05)
        order = [one.data["seq"] for one in self._receiver.verified if "seq" in one.data]
        if any(later <= earlier for earlier, later in pairwise(order)):
            raise Trouble(f"the webhooks of the incident came out of order: {order}")
        await self.look()

    async def _missing(self) -> list[str]:
        missing = [f"refused: {one}" for one in self._receiver.refused]
        verified = {one.id for one in self._receiver.verified}
        owed = [row async for row in self._api.rows("/v1/webhook-deliveries", endpoint_id=self._endpoint_id)]
        marks = {mark.webhook.id: mark for mark in self._scene.marks}
        for row in owed:
            if row["state"] != "delivered":
                missing.append(f"{row['event_type']} {row['webhook_id']} is {row['state']}")
            elif row["webhook_id"] not in verified:
                missing.append(f"{row['event_type']} {row['webhook_id']} was delivered, but not verified")
            elif row["webhook_id"] in marks:
                marks[row["webhook_id"]].attempts = len(row["attempts"])
        self._scene.deliveries = len(owed)
        return missing + [
            f"{mark.label} is no delivery" for mark in marks.values() if not mark.attempts and not missing
        ]

    async def hold(self, grade: str) -> None:
        """Goes on for ever, gaining just so much that the incident stays alive at its grade."""
        gain = int(HELD_PER_MINUTE[grade] * HELD_EVERY / 60)
        while True:
            await asyncio.sleep(HELD_EVERY)
            await self._post(_grown(self._last, gain), datetime.now(UTC))
            await self.look()


def _grown(step: Step, gain: int) -> Step:
    """The same post, a little later."""
    likes = gain // 2
    return replace(
        step, comments=step.comments + gain - likes, likes=step.likes + likes, views=step.views + 20 * gain, expect=None
    )
