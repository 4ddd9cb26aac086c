"""A drill that reaches 一级(重大) beside a real fire on the same watch rule: neither sees the other, wherever it is looked."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core.db import Database
from app.domain.vocabulary import Platform
from app.incidents import calm
from tests.conftest import ADMIN_KEY
from tests.support.api import (
    ago,
    brand,
    everything,
    good,
    instant,
    make_rule,
    mention,
    post,
    problem,
    recounted,
    timeline,
)
from tests.support.drills import URL, Stage, incidents_of, make_scenario, post_of, report_of, start
from tests.support.evidence import uploaded
from tests.support.following import Follower, serving
from tests.support.owed import Make
from tests.support.receiver import Receiver
from tests.support.robots import DingTalkGroup, join
from tests.support.waiting import eventually
from workers.ingest import Counter

WHY = {"reason": "核对"}
PRESS = "press-of-the-drill.example"


async def rule_of(client: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    name = brand()
    return name, await make_rule(client, name, harm_class="core_interest", business_unit=f"{name}部")


def burning() -> list[dict[str, Any]]:
    """Major by its spread, with a report by media that would make any incident of a core interest major."""
    return [post_of("one", 0, likes=150_000, views=9_000_000), report_of("press", 60, "演练日报", PRESS)]


async def fire(client: httpx.AsyncClient, counter: Counter, name: str) -> tuple[dict[str, Any], str]:
    """A real post with 9,000 likes: watched, and far from any grade."""
    there = await post(client, f"{name} 差评", likes=9_000, published_at=ago(minutes=9))
    await counter.sweep()
    return await seen(client, (await mention(client, there))["incident_id"]), there


async def seen(client: httpx.AsyncClient, incident_id: str) -> dict[str, Any]:
    return good(await client.get(f"/v1/incidents/{incident_id}"))  # type: ignore[no-any-return]


async def played(client: httpx.AsyncClient, stage: Stage, key: str, rule: dict[str, Any]) -> tuple[Any, Any]:
    """The drill on the rule, major by now, and its incident."""
    drill = await start(client, key, rule_id=rule["id"], scale=600)
    assert await stage.at(datetime.now(UTC) + timedelta(seconds=1)) == 2
    stage.database.moment = None
    [one] = await incidents_of(client, drill)
    assert (one["grade"], one["is_drill"], one["rule_id"], one["drill_id"]) == (
        "major", True, rule["id"], drill["id"],
    )  # fmt: skip
    return drill, one


async def last_heard(database: Database) -> list[Any]:
    """Every sign of life of any source, and what the calm test makes of them."""
    async with database.transaction() as tx:
        driver = await tx.driver()
        beats = [
            tuple(row) for row in await driver.fetch("select channel, at, platform from source_beats order by 1, 2, 3")
        ]
        return [*beats, await driver.fetchval(calm._HEARD, list(Platform))]


async def ids(client: httpx.AsyncClient, url: str, member: str = "id", **query: Any) -> set[str]:
    return {row[member] for row in await everything(client, url, limit=200, **query)}


async def test_no_list_shows_the_one_beside_the_other(client, counter, database, stage):
    name, rule = await rule_of(client)
    real, there = await fire(client, counter, name)
    drill, one = await played(client, stage, await make_scenario(database, burning()), rule)
    of_drill = await ids(client, "/v1/mentions", drill_id=drill["id"])
    assert len(of_drill) == 2
    for query in ({}, {"rule_id": rule["id"]}, {"attached": True}, {"sentiment": "negative"}):
        found = await ids(client, "/v1/mentions", first_seen_after=real["opened_at"][:10] + "T00:00:00Z", **query)
        assert there in found or query.get("sentiment"), query
        assert not found & of_drill, query
        assert of_drill <= await ids(client, "/v1/mentions", is_drill=True, **query) or query.get("sentiment"), query
    assert await ids(client, "/v1/mentions", is_drill=True, rule_id=rule["id"]) == of_drill
    assert await ids(client, "/v1/mentions", incident_id=real["id"]) == {there}
    assert await ids(client, f"/v1/incidents/{one['id']}/mentions") == of_drill
    incidents = {"rule_id": rule["id"]}
    assert await ids(client, "/v1/incidents", **incidents) == {real["id"]}
    assert await ids(client, "/v1/incidents", is_drill=True, **incidents) == {one["id"]}
    count = good(await client.get("/v1/incident-counts", params=incidents))
    assert (count["total"], [row["count"] for row in count["by_grade"] if row["grade"] == "major"]) == (1, [0])
    assert await ids(client, "/v1/incidents", q=name[:8]) == {real["id"]}
    for url in ("/v1/deadlines", "/v1/tasks", "/v1/statements", "/v1/reviews"):
        assert one["id"] not in await ids(client, url, "incident_id" if url != "/v1/reviews" else "id"), url
    alerts = await everything(client, "/v1/deadlines", kind="alert", is_drill=True, limit=200)
    assert {row["mention_id"] for row in alerts} >= of_drill
    assert not of_drill & {
        row["mention_id"] for row in await everything(client, "/v1/deadlines", kind="alert", limit=200)
    }
    similar = good(await client.get(f"/v1/incidents/{real['id']}/similar"))
    assert one["id"] not in str(similar)
    good(await client.post(f"{URL}/{drill['id']}/stop", json={}))


async def test_neither_counts_grades_or_calms_by_the_other(client, counter, database, stage):
    name, rule = await rule_of(client)
    real, there = await fire(client, counter, name)
    good(await client.put(f"/v1/incidents/{real['id']}/grade", json={"grade": "general"} | WHY))
    before = good(await client.get(f"/v1/incidents/{real['id']}/calm"))
    heard = await last_heard(database)
    drill, one = await played(client, stage, await make_scenario(database, burning()), rule)
    assert await last_heard(database) == heard, "what is played is no sign of life"
    now = await seen(client, real["id"])
    assert (now["grade"], now["auto_grade"], now["suggested_grade"]) == ("general", None, None)
    assert (now["total"], now["mention_count"], now["media_follow_up"]) == (9_000, 1, "none")
    after = good(await client.get(f"/v1/incidents/{real['id']}/calm"))
    assert after["missing"] == before["missing"]
    assert (one["total"], one["media_follow_up"]) == (150_000, "confirmed")
    # And the reverse: a real report, and a real post, change nothing in the drill.
    outlet = {"name": f"{name}日报", "tier": "provincial", "domains": [f"{name[2:]}.example.com"], "accounts": []}
    good(await client.post("/v1/media-outlets", json=outlet), 201)
    await counter.sweep_rematches()
    report = f"https://www.{name[2:]}.example.com/1"
    await post(client, f"{name} 差评", platform="news", url=report, likes=20_000, published_at=ago(minutes=5))
    await counter.sweep()
    now = await seen(client, real["id"])
    assert (now["mention_count"], now["media_follow_up"], now["grade"]) == (2, "confirmed", "major")
    again = await seen(client, one["id"])
    assert (again["total"], again["mention_count"], again["version"]) == (150_000, 2, one["version"])
    assert sum(sum(bucket) for bucket in (await recounted(client, one["id"])).values()) == 150_000
    rows = await database.fetch(
        "select drill_id, count(*) as n from mention_states where incident_id = any($1::uuid[]) group by 1 order by 2",
        [UUID(real["id"]), UUID(one["id"])],
    )
    assert {row["drill_id"] for row in rows} == {None, UUID(drill["id"])}
    snapshots = good(await client.get(f"/v1/mentions/{there}/snapshots"))["data"]
    assert [row["reason"] for row in snapshots] == ["first_hit"]
    # The real fire is no earlier one again because of the drill, which closed first.
    good(await client.post(f"{URL}/{drill['id']}/stop", json={}))
    assert (await seen(client, real["id"]))["status"] == "responding"


async def sent_to_whoever_asked(deliverer: Any, receiver: Receiver) -> bool:
    await deliverer.sweep()
    only = [got.json() for got in receiver.received if got.path.endswith("/only")]
    return any(event["type"] == "incident.status_changed" for event in only)


def by_address(receiver: Receiver) -> dict[str, list[Any]]:
    """What was sent to each address, by the last part of its path."""
    heard: dict[str, list[Any]] = {}
    for got in receiver.received:
        heard.setdefault(got.path.rpartition("/")[2], []).append(got.json())
    return heard


async def test_who_did_not_ask_hears_nothing_and_robots_read_that_it_is_a_drill(
    client, app, counter, database, stage, make: Make
):
    name, rule = await rule_of(client)
    deliverer = make()
    async with Receiver() as receiver, DingTalkGroup() as group, serving(app) as url:
        for drills in ("exclude", "include", "only"):
            body = {"url": f"{receiver.url}/{drills}", "drills": drills}
            good(await client.post("/v1/webhook-endpoints", json=body), 201)
        await join(database, group, drills="include")
        async with Follower(url, ADMIN_KEY) as plain, Follower(url, ADMIN_KEY, drills="only") as asked:
            real, there = await fire(client, counter, name)
            drill, one = await played(client, stage, await make_scenario(database, burning()), rule)
            good(await client.post(f"{URL}/{drill['id']}/stop", json={}))
            # The drill was played a second ahead, and nothing is sent before its time.
            await eventually(
                lambda: sent_to_whoever_asked(deliverer, receiver),
                what="the end of the drill's incident, at whoever asked",
            )
            last = [event["id"] for event in await everything(client, "/v1/events", drills="only", type="drill.ended")]
            await eventually(lambda: last[-1] in asked.ids, what="the end of the drill")
        heard = by_address(receiver)
        assert {event["data"].get("is_drill") for event in heard["exclude"]} <= {False, None}
        assert {event["data"]["is_drill"] for event in heard["only"]} == {True}
        types = {event["type"] for event in heard["only"]}
        assert types >= {
            "drill.started", "drill.ended", "mention.hit", "mention.legal_threshold", "mention.views_high", "incident.opened",
            "incident.grade_changed",
        }  # fmt: skip
        assert drill["id"] not in str(heard["exclude"])
        assert one["id"] not in str(heard["exclude"])
        assert real["id"] not in str(heard["only"])
        assert there not in str(heard["only"])
        assert one["id"] not in str([event.data for event in plain.heard])
        assert {event.data["data"]["is_drill"] for event in asked.heard} == {True}
        lines = [line for text in group.texts for line in text.splitlines() if one["number"] in line or "演练" in line]
        assert lines
        assert all(line.startswith("【演练】") or "【演练】" in line for line in lines if one["number"] in line)
    told = await everything(client, "/v1/events", limit=200, at_after=drill["created_at"])
    assert not {one["id"], drill["id"]} & {str(value) for event in told for value in event["data"].values()}


async def test_nobody_mixes_them_by_hand(client, counter, database, stage):
    name, rule = await rule_of(client)
    real, there = await fire(client, counter, name)
    drill, one = await played(client, stage, await make_scenario(database, burning()), rule)
    [made, *_] = sorted(await ids(client, "/v1/mentions", drill_id=drill["id"]))

    async def refused(url: str, body: dict[str, Any], status: int = 409) -> None:
        problem(await client.post(url, json=body | WHY), status, code="drills_stay_apart")

    await refused(f"/v1/incidents/{real['id']}/attach", {"mention_ids": [made]})
    await refused(f"/v1/incidents/{one['id']}/attach", {"mention_ids": [there]})
    await refused(f"/v1/incidents/{one['id']}/detach", {"mention_ids": [made, there]})
    await refused(f"/v1/incidents/{one['id']}/merge", {"into_incident_id": real["id"]})
    await refused(f"/v1/incidents/{real['id']}/merge", {"into_incident_id": one["id"]})
    opened = await client.post("/v1/incidents", json={"title": "真", "mention_ids": [made]})
    problem(opened, 409, code="drills_stay_apart")
    other, two = await played(client, stage, await make_scenario(database, burning()), rule)
    await refused(f"/v1/incidents/{one['id']}/merge", {"into_incident_id": two["id"]})
    file = f"/v1/files/{(await uploaded(client))['id']}/attachments"
    good(await client.post(file, json={"subject": "incident", "subject_id": real["id"]}), 201)
    evidence = await client.post(file, json={"subject": "mention", "subject_id": made})
    problem(evidence, 409, code="drills_stay_apart")
    # Within the drill people do as they do.
    moved = good(await client.post(f"/v1/incidents/{one['id']}/detach", json={"mention_ids": [made]} | WHY))
    assert moved["mention_count"] == 1
    back = good(await client.post(f"/v1/incidents/{one['id']}/attach", json={"mention_ids": [made]} | WHY))
    assert (back["mention_count"], back["total"]) == (2, 150_000)
    corrected = await client.patch(f"/v1/mentions/{made}", json={"sentiment": "neutral"} | WHY)
    assert good(corrected)["drill_id"] == drill["id"]
    assert (await seen(client, real["id"]))["total"] == 9_000
    for run in (drill, other):
        good(await client.post(f"{URL}/{run['id']}/stop", json={}))
    reviews = [good(await client.post(f"/v1/incidents/{each['id']}/review"), 201)["id"] for each in (one, two)]
    covering = await client.post(f"/v1/reviews/{reviews[0]}/incidents", json={"incident_ids": [two["id"]]})
    problem(covering, 409, code="drills_stay_apart")


async def test_the_two_never_meet_whoever_comes_first(client, counter, context, database, stage):
    """A fire and two drills of one rule begin at one moment, with workers of both kinds: three incidents."""
    for _ in range(2):
        name, rule = await rule_of(client)
        keys = [await make_scenario(database, burning()) for _ in range(2)]
        drills = [await start(client, key, rule_id=rule["id"], scale=60) for key in keys]
        there = [await post(client, f"{name} 差评", likes=5, published_at=ago(minutes=1)) for _ in range(3)]
        other = Counter(context)
        await asyncio.gather(counter.sweep(), stage.at(None), other.sweep())
        await asyncio.gather(counter.sweep(), stage.at(datetime.now(UTC) + timedelta(seconds=2)), other.sweep())
        stage.database.moment = None
        rows = await database.fetch(
            "select s.mention_id, s.incident_id, m.drill_id, i.drill_id as of_incident from mention_states s "
            "join mentions m on m.id = s.mention_id join incidents i on i.id = s.incident_id where i.rule_id = $1",
            UUID(rule["id"]),
        )  # fmt: skip
        assert len(rows) == 3 + 2 * 2
        assert all(row["drill_id"] == row["of_incident"] for row in rows)
        assert len({row["incident_id"] for row in rows}) == 3
        assert {str(row["mention_id"]) for row in rows if row["drill_id"] is None} == set(there)
        for drill in drills:
            good(await client.post(f"{URL}/{drill['id']}/stop", json={}))


async def test_no_sender_can_name_what_is_played(client, counter, database, stage):
    """A source that reports the very identity of a drill's post makes a real mention of its own."""
    name, rule = await rule_of(client)
    drill, one = await played(client, stage, await make_scenario(database, burning()), rule)
    [made, *_] = sorted(await ids(client, "/v1/mentions", drill_id=drill["id"]))
    shown = await mention(client, made)
    for platform in (shown["platform"], f"DRILL:{drill['number']}"):
        real = await post(client, f"{name} 差评", platform=platform, external_id=shown["external_id"], likes=3)
        assert real != made
        assert (await mention(client, real))["is_drill"] is False
    await counter.sweep()
    assert (await seen(client, one["id"]))["mention_count"] == 2
    assert len(await timeline(client, one["id"])) > 3
    assert instant(shown["published_at"]) == instant(drill["scenario_started_at"])
    good(await client.post(f"{URL}/{drill['id']}/stop", json={}))
