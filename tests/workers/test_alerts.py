"""The alert clock: people hear of a hit within the time the plan gives, or it rings once, and nobody is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.outbox import record
from app.domain.events import MentionHit
from app.incidents.alerts import GRACE_SECONDS, START, breach_alerts, note_pushes
from app.settings import Settings
from app.webhooks import service
from tests.support.api import brand, crisis, mention
from tests.support.owed import Make, subscribe, sweep_until
from tests.support.receiver import Answer, Receiver
from tests.support.waiting import eventually
from workers.__main__ import make_sweeps
from workers.alerts import AlertClock
from workers.clocks import Clockwork
from workers.context import Context
from workers.deliver import Deliverer
from workers.ingest import Counter
from workers.sweeps import run_sweep

TEN_MINUTES = timedelta(minutes=10)
ALERTS = "select id from deadlines where kind = 'alert'"


@pytest.fixture(autouse=True)
async def nothing_runs(quick: Settings, database: Database) -> None:
    """No clock of another test, and nobody hears of anything yet."""
    await database.fetch(f"delete from deadline_firings where deadline_id in ({ALERTS})")
    await database.fetch("delete from deadlines where kind = 'alert'")


@pytest.fixture
async def a_second(database: Database) -> AsyncIterator[None]:
    """A policy that gives people a second; the one before is active again afterwards."""
    clocks = orjson.dumps([{"kind": "alert", "grades": [], "seconds": 1, "working_days": None}]).decode()
    (before,) = await database.fetch("update sla_policies set active = false where active returning id")
    await database.fetch(
        "insert into sla_policies(id, name, version, clocks, active, created_by) values ($1, $2, 1, $3::jsonb, true, 'test')",
        uuid4(), uuid4().hex, clocks,
    )  # fmt: skip
    yield
    await database.fetch("update sla_policies set active = false where active")
    await database.fetch("update sla_policies set active = true where id = $1", before["id"])


@pytest.fixture
async def reading(database: Database, receiver: Receiver) -> Receiver:
    """A receiver whose messages people read."""
    await subscribe(database, receiver, reaches_people=True)
    return receiver


async def hit(database: Database, count: int = 1, **late: float) -> list[UUID]:
    """Hits that were received so long ago; the mentions' ids."""
    ids = [uuid4() for _ in range(count)]
    async with database.transaction() as tx:
        at = await tx.now() - timedelta(**late)
        hits = [
            MentionHit(mention_id=id, incident_id=None, platform="weibo", rule_ids=[uuid4()], received_at=at)
            for id in ids
        ]
        await record(tx, *hits, caller=SYSTEM)
    return ids


async def clocks(database: Database) -> list[Any]:
    return await database.fetch("select * from deadlines where kind = 'alert' order by started_at, id")


async def states(database: Database) -> list[str]:
    return [clock["state"] for clock in await clocks(database)]


async def told(database: Database, type_: str, mention_ids: list[UUID]) -> list[dict[str, Any]]:
    rows = await database.fetch(
        "select data::text from events where type = $1 and data->>'mention_id' = any($2) order by id",
        type_, list(map(str, mention_ids)),
    )  # fmt: skip
    return [orjson.loads(row["data"]) for row in rows]


async def test_a_hit_has_ten_minutes_from_when_its_reading_was_received(
    client: httpx.AsyncClient, database: Database, counter: Counter, reading: Receiver, deliverer: Deliverer
) -> None:
    incident, mention_id = await crisis(client, counter, reposts=600_000)
    [clock] = await clocks(database)
    [seen] = await database.fetch("select received_at from observations where mention_id = $1", UUID(mention_id))
    [hit_] = await database.fetch(
        "select id, data->>'received_at' as at from events where type = 'mention.hit' and data->>'mention_id' = $1",
        mention_id,
    )
    assert clock["started_at"] == seen["received_at"] == datetime.fromisoformat(hit_["at"])
    assert clock["due_at"] == clock["next_at"] == seen["received_at"] + TEN_MINUTES
    assert (clock["mention_id"], str(clock["incident_id"])) == (UUID(mention_id), incident["id"])
    assert (clock["event_id"], clock["state"], clock["is_drill"]) == (hit_["id"], "running", False)
    shown = (await mention(client, mention_id))["alert"]
    assert (shown["state"], shown["pushed_at"]) == ("running", None)
    assert datetime.fromisoformat(shown["due_at"]) == clock["due_at"]

    await deliverer.sweep()
    assert await AlertClock(database).sweep() == 1
    [clock] = await clocks(database)
    [sent] = await database.fetch("select * from deliveries where event_id = $1", hit_["id"])
    assert (clock["state"], clock["next_at"], clock["met_at"]) == ("met", None, sent["finished_at"])
    assert clock["met_by"] == f"webhook_endpoint:{sent['endpoint_id']}"
    assert clock["met_at"] < clock["recorded_at"]
    shown = (await mention(client, mention_id))["alert"]
    assert (shown["state"], datetime.fromisoformat(shown["pushed_at"])) == ("met", sent["finished_at"])
    # Sent again, as anybody may ask.
    await database.fetch("update deliveries set state = 'pending', finished_at = null")
    assert (await mention(client, mention_id))["alert"] == shown


@pytest.mark.parametrize(
    ("fields", "level"),
    [({}, 4), ({"likes": 10_001}, 3), ({"likes": 50_001}, 2), ({"likes": 100_001}, 1)],
)
async def test_a_clock_is_as_grave_as_its_incident(
    client: httpx.AsyncClient, database: Database, counter: Counter, fields: dict[str, int], level: int
) -> None:
    now = await database.clock.now()
    await crisis(client, counter, published_at=(now - timedelta(minutes=5)).isoformat(), **fields)
    assert [clock["level"] for clock in await clocks(database)] == [level]


async def test_what_a_person_judges_negative_has_ten_minutes_from_then(
    client: httpx.AsyncClient, database: Database, counter: Counter
) -> None:
    _, mention_id = await crisis(client, counter, sentiment="negative")
    word = brand()
    answer = await client.post("/v1/watch-rules", json={"name": word, "brand_words": [word]})
    assert answer.status_code == 201
    posted = await client.post("/v1/mentions", json={"platform": "weibo", "external_id": word, "text": word})
    await counter.sweep()
    assert len(await clocks(database)) == 1, "nobody has said that the second one is negative"
    before = await database.clock.now()
    url = f"/v1/mentions/{posted.json()['id']}"
    assert (await client.patch(url, json={"sentiment": "negative"})).status_code == 200
    started = {clock["mention_id"]: clock["started_at"] for clock in await clocks(database)}
    assert started[UUID(posted.json()["id"])] >= before > started[UUID(mention_id)]


async def test_what_rings_no_alarm_has_no_clock(
    client: httpx.AsyncClient, database: Database, counter: Counter
) -> None:
    _, mention_id = await crisis(client, counter, historical=True)
    assert await clocks(database) == []
    assert (await mention(client, mention_id))["alert"] is None


async def test_nobody_who_reads_it_is_said_once_an_hour_and_nothing_rings(
    client: httpx.AsyncClient, database: Database, receiver: Receiver
) -> None:
    """Neither a machine, nor an endpoint that takes other events, is disabled, deleted or not there."""
    await subscribe(database, receiver, path="/machine")
    await subscribe(database, receiver, "incident.opened", path="/other", reaches_people=True)
    off = await subscribe(database, receiver, path="/off", reaches_people=True)
    gone = await subscribe(database, receiver, path="/gone", reaches_people=True)
    async with database.transaction() as tx:
        await service.disable_endpoint(tx, off, "test", caller=SYSTEM, now=await tx.now())
        await service.delete_endpoint(tx, gone, caller=SYSTEM, now=await tx.now())
    await database.fetch("delete from said_once where what = 'alert.no_receiver'")
    ids = await hit(database, 3, minutes=20) + await hit(database)
    assert [(clock["state"], clock["next_at"]) for clock in await clocks(database)] == [("unpushed", None)] * 4
    assert 'grade="none",kind="alert",state="unpushed"} 4.0' in (await client.get("/metrics")).text
    assert len(await told(database, "alert.no_receiver", ids)) == 1
    assert await AlertClock(database).sweep() == 0
    assert await told(database, "alert.breached", ids) == []
    # The next hour.
    await database.fetch("update said_once set period = 'an hour ago' where what = 'alert.no_receiver'")
    more = await hit(database, 2)
    assert [event["mention_id"] for event in await told(database, "alert.no_receiver", more)] == [str(more[0])]


async def test_many_at_once_say_once_that_nobody_reads_it(database: Database) -> None:
    await database.fetch("delete from said_once where what = 'alert.no_receiver'")
    ids = await asyncio.gather(*(hit(database) for _ in range(8)))
    assert len(await told(database, "alert.no_receiver", [id for some in ids for id in some])) == 1


async def test_an_endpoint_that_takes_one_grade_reads_of_hits_too(database: Database, receiver: Receiver) -> None:
    """A hit is no incident's event: whatever grades an endpoint asks for, it comes."""
    await subscribe(database, receiver, "mention.hit", reaches_people=True, grades=["major"])
    await hit(database)
    assert await states(database) == ["running"]


async def test_a_receiver_that_fails_is_a_breach_that_rings_once(
    a_second: None, database: Database, reading: Receiver, make: Make
) -> None:
    reading.answer = lambda _: Answer(503)
    (id_,) = await hit(database)
    await make().sweep()
    first, second = AlertClock(database), AlertClock(database)
    await eventually(lambda: _ended(first, second))
    [clock] = await clocks(database)
    [event] = await told(database, "alert.breached", [id_])
    assert (clock["state"], clock["next_at"], clock["met_at"]) == ("breached", None, None)
    assert clock["ended_at"] >= clock["due_at"] == clock["started_at"] + timedelta(seconds=1)
    assert (event["deadline_id"], event["incident_id"], event["is_drill"]) == (str(clock["id"]), None, False)
    assert datetime.fromisoformat(event["received_at"]) == clock["started_at"]
    assert datetime.fromisoformat(event["due_at"]) == clock["due_at"]
    [fired] = await database.fetch("select * from deadline_firings where deadline_id = $1", clock["id"])
    assert (fired["threshold"], fired["at"]) == (100, clock["ended_at"])
    assert event["late_by_seconds"] == int(fired["late_by_seconds"])
    assert await _both(first, second) == 0
    assert len(await told(database, "alert.breached", [id_])) == 1


async def _both(*alerts: AlertClock) -> int:
    return sum(await asyncio.gather(*(one.sweep() for one in alerts)))


async def _ended(*alerts: AlertClock) -> bool:
    return bool(await _both(*alerts))


async def test_a_breach_that_is_pushed_at_last_stays_one_and_says_when(
    client: httpx.AsyncClient, database: Database, counter: Counter, reading: Receiver, make: Make
) -> None:
    _, mention_id = await crisis(client, counter)
    await database.fetch("update deadlines set due_at = now(), next_at = now() where kind = 'alert'")
    assert await AlertClock(database).sweep() == 1
    await make().sweep()
    await AlertClock(database).sweep()
    shown = (await mention(client, mention_id))["alert"]
    assert shown["state"] == "breached"
    assert datetime.fromisoformat(shown["pushed_at"]) > datetime.fromisoformat(shown["due_at"])


async def test_what_fell_due_while_everything_was_down_says_how_late_it_is(
    database: Database, reading: Receiver
) -> None:
    ids = await hit(database, 2, minutes=12)
    async with database.transaction() as tx:
        assert await breach_alerts(tx, 10) == 2
    late = [event["late_by_seconds"] for event in await told(database, "alert.breached", ids)]
    assert late == [120, 120]


async def test_a_push_in_time_that_nobody_noted_yet_is_no_breach(
    database: Database, reading: Receiver, deliverer: Deliverer
) -> None:
    ids = await hit(database, minutes=9, seconds=59.0)
    await deliverer.sweep()
    await database.fetch("update deliveries set finished_at = finished_at - interval '10 s'")
    await database.fetch("update deadlines set due_at = now(), next_at = now() where kind = 'alert'")
    async with database.transaction() as tx:
        assert await breach_alerts(tx, 10) == 1
    assert await states(database) == ["met"]
    assert await told(database, "alert.breached", ids) == []


@pytest.mark.parametrize(("microseconds", "state"), [(-1, "met"), (0, "met"), (1, "breached")])
async def test_the_very_instant_counts_as_in_time(
    database: Database, reading: Receiver, deliverer: Deliverer, microseconds: int, state: str
) -> None:
    await hit(database)
    await deliverer.sweep()
    [sent] = await database.fetch("select finished_at from deliveries where state = 'delivered'")
    due = sent["finished_at"] - timedelta(microseconds=microseconds)
    await database.fetch("update deadlines set due_at = $1, next_at = $1 where kind = 'alert'", due)
    async with database.transaction() as tx:
        noted, _ = await note_pushes(tx)
    assert noted == (state == "met")
    assert await AlertClock(database).sweep() == (state != "met")
    assert await states(database) == [state]


async def test_a_push_that_is_under_way_when_time_is_up_is_waited_for_but_not_for_long(
    database: Database, reading: Receiver, make: Make
) -> None:
    gate = asyncio.Event()
    reading.answer = lambda _: Answer(after=gate)
    ids = await hit(database)
    sending = asyncio.create_task(make(webhook_timeout=20.0).sweep())
    await reading.wait_for(1)
    due = "update deadlines set due_at = now() - $1::interval, next_at = now() - $1::interval where kind = 'alert'"
    await database.fetch(due, timedelta(0))
    alerts = AlertClock(database)
    assert await alerts.sweep() == 0
    await database.fetch(due, timedelta(seconds=GRACE_SECONDS))
    assert await alerts.sweep() == 1
    assert await states(database) == ["breached"]
    assert len(await told(database, "alert.breached", ids)) == 1
    gate.set()
    await sending


async def test_one_microsecond_before_its_time_nothing_rings(database: Database, reading: Receiver) -> None:
    await hit(database)
    at = "update deadlines set next_at = now() + {0}, due_at = now() + {0} where kind = 'alert' and state = 'running'"
    async with database.transaction() as tx:
        driver = await tx.driver()
        await driver.execute(at.format("interval '1 microsecond'"))
        assert await breach_alerts(tx, 10) == 0
        await driver.execute(at.format("interval '0'"))
        assert await breach_alerts(tx, 10) == 1


async def test_what_is_grave_rings_first(database: Database, reading: Receiver) -> None:
    ids = await hit(database, 4, minutes=20)
    for level, id_ in zip((3, 1, 4, 2), ids, strict=True):
        # The graver, the shorter it has been due.
        await database.fetch(
            "update deadlines set level = $1::int, next_at = next_at - make_interval(secs => $1::int) where mention_id = $2",
            level,
            id_,
        )
    for _ in range(2):
        async with database.transaction() as tx:
            assert await breach_alerts(tx, 2) == 2
    rung = [event["mention_id"] for event in await told(database, "alert.breached", ids)]
    assert rung == [str(ids[place]) for place in (1, 3, 0, 2)]


async def test_hundreds_of_clocks_and_three_workers_ring_once_each(database: Database, reading: Receiver) -> None:
    ids = await hit(database, 700, minutes=11)
    assert await _both(*(AlertClock(database) for _ in range(3))) == 700
    assert len(await told(database, "alert.breached", ids)) == 700
    [fired] = await database.fetch(f"select count(*) from deadline_firings where deadline_id in ({ALERTS})")
    assert fired["count"] == 700


async def test_many_hits_pushed_at_once_are_all_met_even_where_only_some_are_looked_at_a_time(
    database: Database, reading: Receiver, make: Make
) -> None:
    await hit(database, 25)
    deliverer = make()
    await sweep_until(deliverer, lambda: len(reading.received) >= 25, "25 pushes")
    noted = []
    async with database.transaction() as tx:
        mark = START
        for _ in range(4):
            some, mark = await note_pushes(tx, mark, limit=10)
            noted.append(some)
    assert noted == [10, 10, 5, 0]
    assert set(await states(database)) == {"met"}


async def test_those_that_are_not_pushed_keep_nobody_from_being_noted(
    database: Database, reading: Receiver, deliverer: Deliverer
) -> None:
    await subscribe(database, reading, "mention.hit", path="/never", reaches_people=True)
    await hit(database, 5)
    await database.fetch("update deliveries set due_at = 'infinity'")
    await hit(database, 5)
    await deliverer.sweep()
    async with database.transaction() as tx:
        none, mark = await note_pushes(tx, START, limit=5)
        some, mark = await note_pushes(tx, mark, limit=5)
    assert (none, some) == (0, 5)


async def test_a_push_to_a_machine_meets_nothing(database: Database, reading: Receiver, make: Make) -> None:
    await subscribe(database, reading, path="/machine")
    reading.answer = lambda received: Answer(200 if received.path.endswith("/machine") else 503)
    await hit(database)
    await make().sweep()
    assert await AlertClock(database).sweep() == 0
    assert await states(database) == ["running"]


async def test_the_sweep_is_put_off_until_the_next_one_is_due(
    a_second: None, database: Database, reading: Receiver
) -> None:
    await hit(database, seconds=0.3)
    alerts = AlertClock(database)
    assert await alerts.sweep() == 0
    assert 0 < alerts.seconds() <= 0.7


async def test_a_worker_watches_the_clocks_and_is_woken_by_them(
    context: Context, database: Database, counter: Counter, reading: Receiver, deliverer: Deliverer
) -> None:
    (sweep,) = [
        sweep for sweep in make_sweeps(context, counter, deliverer, Clockwork(context)) if sweep.name == "alerts"
    ]
    await hit(database, minutes=9, seconds=59.6)
    stopping = asyncio.Event()
    running = asyncio.create_task(run_sweep(sweep, stopping))
    await eventually(lambda: _are(database, "breached"), 30)
    stopping.set()
    sweep.wake.set()
    await running


async def _are(database: Database, state: str) -> bool:
    return set(await states(database)) == {state}
