"""Reviews and their reports as tests come by them: a whole crisis, calm at last."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.storage import Storage
from app.incidents.queries import get_incident
from app.reviews.births import ripen
from tests.support.acts import URL, check_facts, meet, person_headers
from tests.support.affected import enter
from tests.support.api import again, brand, crisis, good, incident, post
from tests.support.fires import a_minute
from tests.support.tasks import done, make_task
from workers.context import Context
from workers.ingest import Counter
from workers.reports import Reporter

REVIEWS = "/v1/reviews"
HOURS_AGO = 20


async def lived(
    client: httpx.AsyncClient, counter: Counter, database: Database, *, title: str = "牛奶异物"
) -> str:  # fmt: skip
    """The id of an incident with something of everything: graded twice, met about, checked, spoken about, relapsed, calm."""
    word, start = brand(), datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=HOURS_AGO)
    at = [(start + timedelta(minutes=10 * step)).isoformat() for step in range(13)]
    there, mention_id = await crisis(
        client, counter, brands=(word,), published_at=at[0], observed_at=at[0], likes=900, title="喝出异物 @王小明",
    )  # fmt: skip
    incident_id = there["id"]
    good(await client.patch(f"{URL}/{incident_id}", json={"title": f"{title}，投诉人13812345678"}))
    for step, likes in ((2, 6_000), (4, 31_000), (6, 88_000), (9, 104_000), (12, 109_000)):
        await again(client, mention_id, observed_at=at[step], likes=likes, title="喝出异物 @王小明")
        await counter.sweep()
    for likes in (300, 2_000, 70):
        await post(
            client, f"{word} 差评 第{likes}条", platform="douyin", likes=likes, published_at=at[3], observed_at=at[5]
        )
    await counter.sweep()
    await handled(client, incident_id)
    await backdated(database, incident_id, start)
    await a_minute(database, there)
    assert (await incident(client, incident_id))["calmed_at"]
    return incident_id


async def handled(client: httpx.AsyncClient, incident_id: str) -> None:
    """What people did about it."""
    person = await person_headers(client, "incidents:write", name="王小明")
    good(await client.post(f"{URL}/{incident_id}/acknowledgements", json={}, headers=person), 201)
    await meet(client, incident_id, "先停售，联系 13812345678")
    await check_facts(client, incident_id, truth="partly_confirmed", responsibility="supplier")
    for platform, kind in (("weibo", "holding"), ("douyin", "holding"), ("weibo", "apology")):
        body = {"platform": platform, "statement_kind": kind, "title": "致歉"}
        good(await client.post(f"{URL}/{incident_id}/publications", json=body), 201)
    drafted = {"kind": "holding", "name": "首次回应", "attitude": "我们深表歉意。"}
    statement = good(await client.post(f"{URL}/{incident_id}/statements", json=drafted), 201)
    for platform in ("xiaohongshu", "zhihu"):
        body = {"platform": platform, "url": f"https://example.com/{platform}"}
        good(await client.post(f"/v1/statements/{statement['id']}/publications", json=body), 201)
    users = await enter(client, incident_id, 3)
    for user, satisfaction in zip(users[:2], (2, 5), strict=True):
        task = await make_task(client, incident_id, "remediation", affected_user_id=user)
        await done(client, task, result=None)
        task = await make_task(client, incident_id, "follow_up", affected_user_id=user)
        await done(client, task, result={"kind": "follow_up", "solved": satisfaction > 3, "satisfaction": satisfaction})
    await make_task(client, incident_id, title="补充样本检测")


async def backdated(database: Database, incident_id: str, start: datetime) -> None:
    """As if what people did had happened while it burned: acts must not be entered before the incident was there."""
    for table, after in (("acknowledgements", 25), ("meetings", 50), ("fact_checks", 100)):
        await database.fetch(
            f"update {table} set happened_at = $2 where incident_id = $1",
            UUID(incident_id),
            start + timedelta(minutes=after),
        )
    rows = await database.fetch("select id from publications where incident_id = $1 order by id", UUID(incident_id))
    # The last so late that not all of the fire is near it.
    for minutes, row in zip((60, 72, 84, 96, 200), rows, strict=True):
        at = start + timedelta(minutes=minutes)
        await database.fetch("update publications set happened_at = $2 where id = $1", row["id"], at)
    opened = start + timedelta(minutes=1)
    await database.fetch("update incidents set opened_at = $2 where id = $1", UUID(incident_id), opened)
    late = """update deadlines set state = 'breached', next_at = null, ended_at = now(), due_at = started_at - interval '35 min',
      started_at = started_at - interval '95 min' where incident_id = $1 and kind = 'fact_check'"""
    await database.fetch(late, UUID(incident_id))


async def review_of(database: Database, incident_id: str) -> str:
    """The id of the review that covers the incident."""
    [row] = await database.fetch(
        "select review_id from review_incidents where incident_id = $1 and left_at is null", UUID(incident_id)
    )
    return str(row["review_id"])


async def begun(database: Database, incident_id: str) -> str:
    """The id of a review of the incident, however that stands."""
    async with database.transaction() as tx:
        now = await tx.now()
        await ripen(tx, await get_incident(tx, UUID(incident_id), lock=True), since=now, caller=SYSTEM, now=now)
    return await review_of(database, incident_id)


async def answered(database: Database, review_id: str, **fields: Any) -> None:
    """As if people had filled the review in."""
    for name, value in fields.items():
        await database.fetch(
            f"update reviews set {name} = $2, version = version + 1 where id = $1", UUID(review_id), value
        )


async def facts(client: httpx.AsyncClient, review_id: str) -> dict[str, Any]:
    return good(await client.get(f"{REVIEWS}/{review_id}/facts"))  # type: ignore[no-any-return]


async def rendered(client: httpx.AsyncClient, context: Context, review_id: str) -> dict[str, Any]:
    """The review's report, asked for and rendered."""
    asked = await client.post(f"{REVIEWS}/{review_id}/report")
    assert asked.status_code == 202, asked.text
    reporter = Reporter(context, Storage(context.settings))
    while await reporter.sweep():
        pass
    report = good(await client.get(f"{REVIEWS}/{review_id}/report"))
    assert report["state"] == "done", report
    return report  # type: ignore[no-any-return]
