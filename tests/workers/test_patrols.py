"""Patrols are made and missed once each: over an outage, with workers at once, whatever the host's clock and zone say."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.mentions.patrol_slots import make_slots, tell_missed
from app.mentions.patrols import assign_patrol
from app.settings import Settings
from tests.support.api import everything, good
from tests.support.patrols import a_plan, all_patrols, change_plan, local
from tests.support.people import make_person
from tests.support.waiting import eventually
from workers.patrols import watch_patrols

# Four days ago at 8 in Shanghai: every slot of the tests is over by now.
BEGIN = (datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=4)).replace(hour=8, minute=0, second=0, microsecond=0)


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator[Database]:
    """A worker's database, whose moment the test sets."""
    redis = connect(settings.redis_url)
    database = Database(settings, doorbell=Doorbell(redis), workload="batches")
    yield database
    await database.close()
    await redis.aclose()


@pytest.fixture
async def past(settings: Settings, database: Database) -> AsyncIterator[Database]:
    async with a_plan(database, BEGIN), worker(settings) as one:
        one.moment = BEGIN
        yield one


async def missed(client) -> list[dict[str, Any]]:
    """What was told of the patrols that there are."""
    ids = {patrol["id"] for patrol in await all_patrols(client)}
    events = await everything(client, "/v1/events", type="patrol.missed", limit=200)
    return sorted((e["data"] for e in events if e["data"]["patrol_id"] in ids), key=lambda data: data["slot_at"])


def expected(hours: int) -> list[str]:
    """The slots of so many hours from the beginning."""
    slots, at = [], BEGIN
    while at <= BEGIN + timedelta(hours=hours):
        slots += [local(at)] if at.hour in (9, 14, 20) else []
        at += timedelta(hours=1)
    return slots


async def test_slots_are_made_a_day_ahead_and_missed_an_hour_after_their_time(past, client):
    await watch_patrols(past)
    assert [local(patrol["slot_at"]) for patrol in await all_patrols(client)] == expected(24)
    past.moment = BEGIN + timedelta(minutes=119)
    await watch_patrols(past)
    assert await missed(client) == []
    past.moment = BEGIN + timedelta(minutes=120, seconds=7)
    for _ in range(2):
        await watch_patrols(past)
    [event] = await missed(client)
    patrol = (await all_patrols(client))[0]
    assert event == {
        "patrol_id": patrol["id"], "slot_at": patrol["slot_at"], "due_by": patrol["due_by"], "assignee_id": None,
        "platforms": ["weibo", "douyin"], "late_by_seconds": 7,
    }  # fmt: skip
    assert patrol["state"] == "missed"
    assert patrol["missed_at"] is not None


async def test_an_outage_of_thirty_hours_makes_every_slot_once_and_tells_how_late(past, client):
    await watch_patrols(past)
    # Away for so long that slots of the outage were not even made ahead.
    back = BEGIN + timedelta(hours=24 + 30 + 1)
    past.moment = back
    for _ in range(2):
        await watch_patrols(past)
    over = [patrol for patrol in await all_patrols(client) if datetime.fromisoformat(patrol["slot_at"]) <= back]
    assert [local(patrol["slot_at"]) for patrol in over] == expected(54)
    told = await missed(client)
    assert [(data["patrol_id"], data["slot_at"]) for data in told] == [(one["id"], one["slot_at"]) for one in over]
    assert [data["late_by_seconds"] for data in told] == [
        (back - datetime.fromisoformat(data["due_by"])) / timedelta(seconds=1) for data in told
    ]
    assert told[0]["late_by_seconds"] == 53 * 3600


async def test_workers_at_once_make_and_tell_each_once(past, settings, client):
    await watch_patrols(past)
    past.moment = BEGIN + timedelta(days=3)
    async with worker(settings) as other, worker(settings) as third:
        other.moment = third.moment = past.moment
        counts = await asyncio.gather(*(watch_patrols(one) for one in (past, other, third, past, other)))
    patrols = await all_patrols(client)
    assert [local(patrol["slot_at"]) for patrol in patrols] == expected(96)
    told = await missed(client)
    assert len({data["patrol_id"] for data in told}) == len(told) == 9
    assert sum(counts) == (len(patrols) - len(expected(24))) + len(told)


@pytest.mark.parametrize("by_hand", [False, True])
async def test_whoever_leaves_while_slots_are_given_has_none_of_them(past, database, client, by_hand):
    """One transaction gives slots to somebody who is leaving in another: whichever ends first, they keep none."""
    person = await make_person(client)
    slots = [{"time": f"{hour:02}:30", "assignee_ids": [] if by_hand else [person["id"]]} for hour in range(0, 24, 4)]
    await change_plan(client, slots=slots)
    ahead = await all_patrols(client, state=["scheduled"])
    if not by_hand:
        await database.fetch("delete from patrols")
    given, leave = asyncio.Event(), asyncio.Event()

    async def gives(tx):
        if by_hand:
            fields = {"assignee_id": UUID(person["id"])}
            await assign_patrol(tx, UUID(ahead[-1]["id"]), fields, caller=SYSTEM, now=await tx.now())
        else:
            assert await make_slots(tx) > 0
        given.set()
        await leave.wait()

    giving = asyncio.create_task(database.run(gives))
    await given.wait()
    leaving = asyncio.create_task(
        client.patch(f"/v1/people/{person['id']}", json={"active": False}, headers={"if-match": "*"})
    )

    async def waits() -> bool:
        query = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return leaving.done() or bool(await database.fetch(query))

    await eventually(waits, what="leaving, or waiting to")
    leave.set()
    await giving
    good(await leaving)
    await watch_patrols(database)
    assert [patrol for patrol in await all_patrols(client, state=["scheduled"]) if patrol["assignee"]] == []


HOST = """
import asyncio, sys
from datetime import UTC, datetime
from tests.faults.clocks.launch import shift_clock
moment = datetime.fromisoformat(sys.argv[2])
shift_clock(float(sys.argv[1]))
from app import reactions
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.settings import settings
from workers.patrols import watch_patrols

async def main():
    redis = connect(settings().redis_url)
    database = Database(settings(), doorbell=Doorbell(redis), workload="batches")
    database.moment = moment
    print(await watch_patrols(database), datetime.now(UTC).isoformat())
    await database.close()
    await redis.aclose()

reactions.install()
asyncio.run(main())
"""


async def on_a_host(settings: Settings, *, wrong_by: timedelta, zone: str, moment: datetime) -> int:
    """What a worker on a host with another clock and zone did; the clock was really another."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOST, str(wrong_by.total_seconds()), moment.isoformat(), stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"TZ": zone, "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url},
    )  # fmt: skip
    said, _ = await process.communicate()
    done, host_time = said.decode().split()[-2:]
    assert abs(datetime.fromisoformat(host_time) - datetime.now(UTC)) > timedelta(hours=2)
    return int(done)


async def test_the_hosts_clock_and_zone_decide_nothing(past, settings, client):
    """Not what there is, not when it is missed: a host far ahead, and one behind in a zone with another date."""
    made = await on_a_host(settings, wrong_by=timedelta(days=400), zone="Pacific/Kiritimati", moment=BEGIN)
    assert [local(patrol["slot_at"]) for patrol in await all_patrols(client)] == expected(24)
    assert (made, await missed(client)) == (len(expected(24)), [])
    later = BEGIN + timedelta(hours=7)
    done = await on_a_host(settings, wrong_by=timedelta(days=-1), zone="America/New_York", moment=later)
    assert [local(data["slot_at"]) for data in await missed(client)] == expected(6)
    past.moment = later
    assert (await watch_patrols(past), done) == (0, len(expected(31)) - made + 2)


async def test_a_worker_that_was_away_while_the_plan_changed_leaves_no_gap(past, client, database):
    """What the old plan asked for before the new one took effect is still made, once."""
    await database.fetch("truncate patrol_findings, patrols")
    await change_plan(client, slots=[{"time": "00:00"}, {"time": "12:00"}], platforms=["zhihu"])
    patrols = await all_patrols(client, slot_before=datetime.now(UTC).isoformat())
    now = datetime.now(UTC).astimezone(BEGIN.tzinfo)
    hours = int((now - BEGIN) / timedelta(hours=1))
    assert [local(patrol["slot_at"]) for patrol in patrols] == expected(hours)
    assert {patrol["plan_version"] for patrol in patrols} == {1}
    ahead = await all_patrols(client, state=["scheduled"])
    assert {local(patrol["slot_at"])[6:] for patrol in ahead} == {"00:00", "12:00"}
    assert {(patrol["plan_version"], *patrol["platforms"]) for patrol in ahead} == {(2, "zhihu")}
    await watch_patrols(database)
    assert [patrol["id"] for patrol in await all_patrols(client, state=["scheduled"])] == [one["id"] for one in ahead]


async def test_what_a_worker_could_not_commit_is_told_by_the_next(past, client):
    past.moment = BEGIN + timedelta(hours=3)

    async def dies(tx):
        assert await make_slots(tx) > 0
        assert await tell_missed(tx) == 1
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await past.run(dies)
    assert await all_patrols(client) == []
    await watch_patrols(past)
    assert len(await missed(client)) == 1
