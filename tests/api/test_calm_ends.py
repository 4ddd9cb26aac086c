"""Calm where incidents end, reopen and merge, where sources fall silent, and where a batch comes at the same moment."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from app.incidents.calm import check, look_now
from app.incidents.queries import get_incident
from tests.support.api import again, ago, good, incident, post
from tests.support.fires import URL, a_minute, burned, calmed, flared, gain, look, move, report, told
from tests.support.services import plain
from tests.support.waiting import eventually

# Ends, reopening, merging


async def test_what_is_closed_is_not_touched_and_begins_anew_when_it_reopens(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    await move(database, there, "closed", "now()")
    await gain(client, counter, mention_id, 24_001)
    await a_minute(database, there)
    after = await incident(client, there["id"])
    assert (after["status"], after["calmed_at"]) == ("closed", there["calmed_at"]), "that window began before its end"
    await move(database, there, "closed", "now() - interval '9 hours'")
    await gain(client, counter, mention_id, 24_002)
    after = await incident(client, there["id"])
    assert (after["status"], after["calmed_at"]) == ("responding", None)
    assert await flared(client, there) == [], "it reopened by a rule of its own"
    assert (await look(client, there))["evidence"] is None


async def test_of_a_dismissed_one_calm_stays_until_it_comes_back(client, counter, database):
    there, _ = await calmed(client, counter, database)
    url = f"{URL}/{there['id']}/status"
    dismissed = good(await client.put(url, json={"status": "dismissed", "reason": "误报"}))
    assert dismissed["calmed_at"] == there["calmed_at"]
    back = good(await client.put(url, json={"status": "responding", "reason": "不是误报"}))
    assert back["calmed_at"] is None


async def merge(client, source, target) -> dict:
    body = {"into_incident_id": target["id"], "reason": "同一事件"}
    return good(await client.post(f"{URL}/{source['id']}/merge", json=body))


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        (1, "Rule general-8h holds again"),  # it burns
        (15, "The whole is not calm. Rule general-8h held"),  # it went out seven hours ago
        (17, None),
    ],
)
async def test_a_merge_looks_at_the_whole(client, counter, database, hours, reason):
    there, _ = await calmed(client, counter, database)
    await move(database, there, "closing")
    other, _ = await burned(client, counter, hours=hours)
    after = await merge(client, other, there)
    events = await flared(client, there)
    assert (after["calmed_at"] is None, after["status"]) == (bool(reason), "handling" if reason else "closing")
    assert [event["data"]["reason"].startswith(reason or "") for event in events] == [True] * bool(reason)


async def test_a_merge_with_what_media_reported_is_looked_at_too(client, counter, database):
    there, _ = await calmed(client, counter, database)
    other, mention_id = await burned(client, counter)
    made = await report(client, counter, mention_id, published_at=ago(hours=2))
    good(await client.post(f"{URL}/{other['id']}/attach", json={"mention_ids": [made], "reason": "同一事件"}))
    assert (await merge(client, other, there))["calmed_at"] is None
    assert "A listed outlet reported" in (await flared(client, there))[0]["data"]["reason"]


async def test_what_was_merged_away_keeps_its_calm_as_history(client, counter, database):
    there, _ = await calmed(client, counter, database)
    other, _ = await burned(client, counter, hours=1)
    assert (await merge(client, there, other))["calmed_at"] is None
    assert (await incident(client, there["id"]))["calmed_at"] == there["calmed_at"]
    assert await flared(client, there) == []


# Sources


async def looked(database, there, **later):
    async with database.transaction() as tx:
        there = await get_incident(tx, UUID(there["id"]))
        return await look_now(tx, there, await tx.now() + timedelta(**later))


async def test_silence_of_all_sources_is_no_calm(client, counter, database):
    there, _ = await burned(client, counter)
    assert (await looked(database, there, minutes=118)).passes
    silent = await looked(database, there, minutes=121)
    assert (silent.watched, silent.passes, silent.quiet, silent.low) == (False, False, True, True)
    await database.fetch("update incidents set is_drill = true where id = $1", there["id"])
    assert (await looked(database, there, minutes=121)).passes, "in an exercise the real sources don't matter"


async def last_beat(database):
    [row] = await database.fetch("select max(at) as at from source_beats")
    return row["at"]


async def test_readings_of_known_posts_are_signs_of_life_and_what_is_loaded_from_the_past_is_none(
    client, counter, database
):
    mention_id = await post(client, "闲聊")
    await counter.sweep()
    before = await last_beat(database)
    for past, moved in ((True, 6), (False, 7)):
        await again(client, mention_id, likes=1, historical=past)
        # Received later, by our clock; when it was read is the sender's word.
        await database.fetch("update inbox set received_at = now() + make_interval(mins => $1)", moved)
        await counter.sweep()
        assert (await last_beat(database) == before) == past
    await database.fetch("delete from source_beats where at > now()")


async def test_the_source_that_is_alive_is_the_last_heard_whoever_and_wherever(client, counter, database):
    there, _ = await burned(client, counter)
    for channel, platform, moved, minute in (("source:x", "forum", 180, 180), ("patrols:", "zhihu", 60, 180)):
        await database.fetch(
            "insert into source_beats select $1, date_trunc('minute', now()) + make_interval(mins => $3), $2",
            channel, platform, moved,
        )  # fmt: skip
        found = await looked(database, there)
        assert abs(found.alive_minute - found.minute - minute) <= 1
    await database.fetch("delete from source_beats where at > now()")


# At the same moment


@pytest.fixture
async def holder(settings):
    """A connection that is nobody's."""
    connection = await asyncpg.connect(plain(settings.database_url))
    yield connection
    await connection.close()


@pytest.mark.parametrize("calm_first", [True, False])
async def test_a_batch_that_makes_it_burn_and_a_look_that_passes_meet_and_burning_wins(
    client, counter, database, holder, calm_first
):
    there, mention_id = await burned(client, counter)
    await again(client, mention_id, likes=24_001)

    def look_at_it():
        return asyncio.create_task(database.run(lambda tx: check(tx, UUID(there["id"]))))

    def count_it():
        return asyncio.create_task(counter.sweep())

    async def waiting(count: int) -> bool:
        rows = await database.fetch(
            "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        return bool(rows[0]["n"] == count)

    tasks = []
    async with holder.transaction():
        await holder.execute("select from incidents where id = $1 for update", there["id"])
        # The one that came first gets the row first.
        for place, begin in enumerate((look_at_it, count_it) if calm_first else (count_it, look_at_it), 1):
            tasks.append(begin())
            await eventually(lambda n=place: waiting(n), 5, f"{place} waiting for the row")
    assert sorted(await asyncio.gather(*tasks)) == [0, 1], "the look recorded nothing, the batch counted one reading"
    assert (await incident(client, there["id"]))["calmed_at"] is None
    assert await told(client, there, "incident.calmed", "incident.rebounded") == []


async def test_a_look_that_waited_for_the_row_records_nothing_when_something_newer_was_counted(
    client, counter, database
):
    there, _ = await burned(client, counter)
    await database.fetch(
        "insert into spread_buckets (incident_id, minute, reposts, comments, likes) "
        "select $1, extract(epoch from now())::bigint / 60 + 2, 0, 0, 20000", there["id"],
    )  # fmt: skip
    await a_minute(database, there)
    shown = await look(client, there)
    assert (shown["passes"], shown["calmed_at"]) == (True, None)
