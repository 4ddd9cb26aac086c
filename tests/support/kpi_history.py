"""A quarter of a made-up company, lived through by the service's own verbs in a database of its own.

Transactions happen at moments that the history names, so that clocks ring, people answer and fires go out when they do.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from app.core.db import Database
from app.incidents.calm import check
from app.incidents.ringing import ring_incident
from app.models import Department, Person
from app.models.base import new_id
from tests.support.api import brand, everything, good, make_rule, mention, post
from tests.support.kpi_recount import Event, audit
from tests.support.people import bearer, make_key
from workers.ingest import Counter

BEGIN = datetime(2026, 3, 2, 1, tzinfo=UTC)  # A Monday, nine o'clock in Shanghai.
SCOPES = ("incidents:read", "incidents:write")
KINDS = {"press": "public_relations", "ops": "operations", "law": "legal", "milk": "business", "tea": "business"}
_HEARD = "insert into source_beats(channel, at, platform) values ('history', $1, 'weibo') on conflict do nothing"
UNITS = {"milk": "乳品", "tea": "茶饮"}


@dataclass
class History:
    """The company, and how its days pass."""

    client: httpx.AsyncClient
    database: Database
    # The API's own, in which requests happen.
    serving: Database
    counter: Counter
    departments: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    incidents: dict[str, str] = field(default_factory=dict)

    def at(self, moment: datetime) -> None:
        """From here on it is then."""
        self.database.moment = self.serving.moment = moment

    def today(self) -> None:
        """From here on it is now."""
        self.database.moment = self.serving.moment = None

    async def found(self) -> None:
        """Departments with a head each and a lead, on the roster since long before."""
        since = BEGIN - timedelta(days=100)
        async with self.database.transaction() as tx:
            for name, kind in KINDS.items():
                units = [UNITS[name]] if name in UNITS else []
                self.departments[name] = new_id()
                tx.add(Department(id=self.departments[name], name=name, kind=kind, business_units=units))
            await tx.flush()
            for name in [*KINDS, "lead"]:
                self.people[name] = new_id()
                tx.add(Person(
                    id=self.people[name], name=f"王{name}", scopes=list(SCOPES), department_id=self.departments.get(name, self.departments["press"]),
                    roles=["lead"] if name == "lead" else ["responder"], created_at=since, updated_at=since,
                ))  # fmt: skip
        for name in KINDS:
            await self.database.fetch(
                "update departments set head_id = $2 where id = $1", self.departments[name], self.people[name]
            )
        for name, person_id in self.people.items():
            self.keys[name] = bearer((await make_key(self.client, *SCOPES, person_id=str(person_id)))["key"])

    async def opens(self, name: str, moment: datetime, unit: str, *posts: tuple[str, int]) -> str:
        """An incident of posts on these platforms with so many likes, each read half an hour after it was published."""
        self.at(moment)
        word = brand()
        await make_rule(self.client, word, business_unit=unit)
        mention_id = ""
        for place, (platform, likes) in enumerate(posts):
            published = moment + timedelta(minutes=place)
            mention_id = await post(
                self.client, f"{word} 差评", platform=platform, likes=likes, published_at=published.isoformat(),
                observed_at=(published + timedelta(minutes=30)).isoformat(),
            )  # fmt: skip
        await self.counter.sweep()
        self.incidents[name] = str((await mention(self.client, mention_id))["incident_id"])
        return self.incidents[name]

    async def grades(self, name: str, moment: datetime, grade: str) -> None:
        self.at(moment)
        await self.say("PUT", name, "grade", grade=grade, reason="研判")

    async def burns(self, name: str, moment: datetime, unit: str, grade: str, *posts: tuple[str, int]) -> None:
        """One that people grade a minute later."""
        await self.opens(name, moment, unit, *posts)
        await self.grades(name, moment + timedelta(minutes=1), grade)

    async def answers(self, name: str, moment: datetime, *who: str, happened_at: datetime | None = None) -> None:
        """These acknowledge."""
        await self.rings(name, moment)
        for one in who:
            said = {"happened_at": happened_at.isoformat()} if happened_at else {}
            await self.say("POST", name, "acknowledgements", headers=self.keys[one], **said)

    async def rings(self, name: str, moment: datetime) -> None:
        """What is due by then."""
        self.at(moment)
        await self.database.run(lambda tx: ring_incident(tx, UUID(self.incidents[name])))

    async def calms(self, name: str, moment: datetime) -> None:
        """The look of that minute, in which a source was heard: where nobody looks, silence means nothing."""
        await self.rings(name, moment)
        await self.database.fetch(_HEARD, moment.replace(second=0, microsecond=0))
        assert await self.database.run(lambda tx: check(tx, UUID(self.incidents[name]))) == 1, name

    async def say(self, method: str, name: str, path: str, headers: Any = None, **body: Any) -> Any:
        answer = await self.client.request(
            method, f"/v1/incidents/{self.incidents[name]}/{path}", json=body, headers=headers
        )
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def events(self) -> list[Event]:
        """Everything that happened."""
        return await audit(self.database)

    async def kpis(self, first: str, last: str, **query: Any) -> dict[str, dict[str, Any]]:
        """The figures by their ids."""
        return {one["id"]: one for one in (await self.report(first, last, **query))["data"]}

    async def report(self, first: str, last: str, **query: Any) -> dict[str, Any]:
        answer = await self.client.get("/v1/metrics/kpis", params={"from": first, "to": last} | query)
        return good(answer)  # type: ignore[no-any-return]

    async def team_of(self, name: str) -> list[str]:
        rows = await everything(self.client, f"/v1/incidents/{self.incidents[name]}/team")
        known = {str(id_): one for one, id_ in self.people.items()}
        return [known[row["person"]["id"]] for row in rows]


DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


async def lived(history: History) -> None:
    """Eleven incidents from March to May, of which each is another way to be counted."""
    for chapter in (early, march, relapse, april):
        await chapter(history)
    at = datetime(2026, 5, 6, 3, tzinfo=UTC)
    await history.burns("burning", at, "茶饮", "general", ("bilibili", 60))
    for name in history.incidents:
        if name not in ("drill", "part", "burning"):
            await history.rings(name, at)
    history.today()


async def early(history: History) -> None:
    """Answered in time, and told too late of it."""
    at = BEGIN
    await history.burns("in time", at, "乳品", "general", ("weibo", 900), ("douyin", 300))
    await history.answers("in time", at + 20 * MINUTE, "press", "milk", "lead")
    await history.say("POST", "in time", "decisions", question="是否发声", options=["否"], choice="否", reason="热度低",
                      kind="no_statement")  # fmt: skip
    await history.calms("in time", at + 10 * HOUR)

    at = BEGIN + 3 * DAY
    await history.burns("told late", at, "茶饮", "serious", ("douyin", 2_000), ("weibo", 10))
    await history.rings("told late", at + 62 * MINUTE)
    await history.answers("told late", at + 90 * MINUTE, "press", "tea", "lead", happened_at=at + 50 * MINUTE)
    await history.calms("told late", at + 30 * HOUR)


async def march(history: History) -> None:
    """Major ones: answered, by nobody, and raised while their clock ran."""
    at = BEGIN + 5 * DAY
    await history.burns("major", at, "茶饮", "major", ("weibo", 9_000))
    await history.answers("major", at + 25 * MINUTE, "press", "ops", "law", "tea", "lead")
    await history.calms("major", at + 50 * HOUR)

    at = BEGIN + 7 * DAY + 14 * HOUR + 40 * MINUTE  # Due in the night between two of Shanghai's days.
    await history.burns("nobody", at, "乳品", "major", ("wechat_official", 7_000))
    await history.calms("nobody", at + 3 * DAY)

    at = BEGIN + 9 * DAY
    await history.burns("raised", at, "乳品", "general", ("weibo", 500))
    await history.grades("raised", at + 20 * MINUTE, "major")
    await history.answers("raised", at + 45 * MINUTE, "press", "ops", "law", "milk", "lead")
    await history.calms("raised", at + 11 * HOUR)


async def relapse(history: History) -> None:
    """Calm in March, on fire again in April, calm again."""
    at = datetime(2026, 3, 30, 8, tzinfo=UTC)
    await history.burns("twice", at, "茶饮", "general", ("weibo", 1_200), ("zhihu", 4))
    await history.answers("twice", at + 10 * MINUTE, "press", "tea", "lead")
    await history.calms("twice", at + 12 * HOUR)
    await history.grades("twice", at + 3 * DAY, "serious")
    await history.answers("twice", at + 3 * DAY + 2 * HOUR, "press", "tea", "lead")
    await history.calms("twice", at + 4 * DAY)


async def april(history: History) -> None:
    """What does not count, or once: a false alarm, a merge, an exercise."""
    at = datetime(2026, 4, 8, 3, tzinfo=UTC)
    await history.burns("false alarm", at, "乳品", "general", ("weibo", 99))
    await history.rings("false alarm", at + 2 * HOUR)
    await history.say("PUT", "false alarm", "status", status="dismissed", reason="误报")

    at = datetime(2026, 4, 14, 3, tzinfo=UTC)
    await history.burns("whole", at, "乳品", "serious", ("xiaohongshu", 5_000))
    await history.burns("part", at + HOUR, "乳品", "general", ("weibo", 700))
    await history.answers("part", at + 70 * MINUTE, "press", "milk", "lead")
    await history.rings("whole", at + 3 * HOUR)
    await history.say("POST", "part", "merge", into_incident_id=history.incidents["whole"], reason="同一事件")
    await history.calms("whole", at + 2 * DAY)

    history.at(datetime(2026, 4, 20, 3, tzinfo=UTC))
    drill = good(await history.client.post("/v1/incidents", json={"title": "演练", "is_drill": True}), 201)
    history.incidents["drill"] = drill["id"]
    await history.grades("drill", datetime(2026, 4, 20, 4, tzinfo=UTC), "general")
    await history.rings("drill", datetime(2026, 4, 20, 9, tzinfo=UTC))


@asynccontextmanager
async def a_history(
    client: httpx.AsyncClient, app: FastAPI, database: Database, counter: Counter
) -> AsyncIterator[History]:
    """The company with its quarter behind it."""
    history = History(client, database, app.state.tools.database, counter)
    try:
        await history.found()
        await lived(history)
        yield history
    finally:
        history.today()
