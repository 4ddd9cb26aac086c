"""Sources that fall silent: told once, by whoever looks first, as late as it is; and never for what we could not hear."""

import asyncio
from datetime import timedelta

import pytest

from app.core.listening import GAP, listening, note
from app.mentions.source_beats import KEPT_FINE, PATROLS, tidy_beats
from tests.support.api import crisis, good, instant, spread
from tests.support.people import bearer
from tests.support.sources import (
    AGAIN,
    SILENT,
    SOURCES,
    beat,
    listened,
    make_source,
    minutes_ago,
    silences_of,
    source_of,
    told_of,
    watched_since,
    with_key,
)
from tests.support.waiting import eventually
from workers.sources import watch_sources

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def long_listened(app, database):
    """For days, up to now. Nothing waits, and nothing of other tests is watched."""
    await database.fetch("delete from inbox")
    await database.fetch("update sources set enabled = false")
    await listened(database, (10_000, 0))


async def test_a_source_that_says_nothing_is_told_of_once_and_again_when_it_is_heard(client, database):
    source = await make_source(client, kind="crawler", platforms=["forum", "zhihu"], rhythm_seconds=600)
    assert (source["state"], source["last_heard_at"]) == ("never_heard", None)
    channel, last = f"source:{source['id']}", minutes_ago(30)
    await watched_since(database, source, 60)
    await beat(database, channel, "forum", [last - 5 * MINUTE, last])
    for _ in range(3):
        await watch_sources(database)
    [(type_, said)] = [each for each in await told_of(client, source) if instant(each[1]["silent_since"]) == last]
    late = said.pop("late_by_seconds")
    assert 18 * 60 <= late <= 20 * 60
    shown = last.isoformat().replace("+00:00", "Z")
    assert (type_, said) == (SILENT, {
        "source_id": source["id"], "source_kind": "crawler", "platforms": ["zhihu", "forum"], "rhythm_seconds": 600,
        "last_heard_at": shown, "silent_since": shown, "due_at": (last + 11 * MINUTE).isoformat().replace("+00:00", "Z"),
    })  # fmt: skip
    after = await source_of(client, source)
    assert (after["state"], after["last_heard_at"], after["silent_since"]) == ("silent", shown, shown)
    assert after["version"] == source["version"], "what people change is another matter"
    heard = good(await client.post(f"{SOURCES}/{source['id']}/heartbeats", json={}))
    assert heard["platforms"] == ["zhihu", "forum"]
    for _ in range(2):
        await watch_sources(database)
    (_, said) = (await told_of(client, source))[-1]
    assert said["silent_seconds"] == (instant(heard["heard_at"]) - last).total_seconds()
    assert (await source_of(client, source))["state"] == "alive"
    newest, first = await silences_of(client, source)
    assert (newest["ends_at"], newest["ended_by"], newest["heard_before"]) == (heard["heard_at"], "heard", True)
    assert (first["heard_before"], instant(first["ends_at"])) == (False, last - 5 * MINUTE)


async def test_two_workers_tell_of_each_silence_once(client, database):
    made = [await make_source(client) for _ in range(8)]
    for source in made:
        await watched_since(database, source, 60)
    counts = await asyncio.gather(*(watch_sources(database) for _ in range(6)))
    counts.append(await watch_sources(database))
    assert sum(counts) == len(made)
    for source in made:
        assert [type_ for type_, _ in await told_of(client, source)] == [SILENT]
        await beat(database, f"source:{source['id']}", "forum", [minutes_ago(0)])
    assert sum(await asyncio.gather(*(watch_sources(database) for _ in range(6)))) == len(made)
    for source in made:
        assert [type_ for type_, _ in await told_of(client, source)] == [SILENT, AGAIN]


async def test_what_we_could_not_hear_was_nobodys_silence(client, database):
    down, before = await make_source(client), await make_source(client)
    await watched_since(database, down, 50)
    await watched_since(database, before, 60)
    await beat(database, f"source:{down['id']}", "forum", [minutes_ago(44)])
    # Not reached for half an hour; back for five minutes, then for fifteen.
    await listened(database, (100, 40), (5, 0))
    await watch_sources(database)
    assert [said["late_by_seconds"] // 60 for _, said in await told_of(client, before)] == [50], "it was silent before"
    assert await told_of(client, down) == []
    await listened(database, (100, 40), (15, 0))
    await watch_sources(database)
    [(_, said)] = await told_of(client, down)
    assert instant(said["due_at"]) == minutes_ago(5), "a rhythm after we were back"
    assert instant(said["silent_since"]) == minutes_ago(44)


async def test_nothing_is_told_while_we_are_away_or_while_what_was_received_waits(client, counter, database):
    source, key = await with_key(client)
    await watched_since(database, source, 60)
    await listened(database, (100, 52))
    assert await watch_sources(database) == 0, "the API is away"
    await listened(database, (100, 0))
    made = await client.post(
        "/v1/mentions", json={"platform": "forum", "external_id": source["id"], "text": "闲聊"},
        headers=bearer(key["key"]),
    )  # fmt: skip
    good(made, 201)
    await database.fetch("update inbox set received_at = $1", minutes_ago(55))
    assert await watch_sources(database) == 0, "what waits may be a sign of life"
    await counter.sweep()
    await watch_sources(database)
    [(_, said)] = await told_of(client, source)
    assert instant(said["last_heard_at"]) == minutes_ago(55)
    assert instant(said["due_at"]) == minutes_ago(44)


async def test_what_began_and_ended_while_nobody_looked_is_told_late(client, database):
    source = await make_source(client)
    await watched_since(database, source, 595)
    await beat(database, f"source:{source['id']}", "forum", [minutes_ago(m) for m in (*range(0, 500, 8), 590)])
    assert await watch_sources(database) == 2
    (_, silent), (_, again) = await told_of(client, source)
    assert silent["late_by_seconds"] >= 578 * 60
    assert (instant(again["heard_at"]) - instant(again["silent_since"])) // MINUTE == 590 - 496
    assert (await source_of(client, source))["state"] == "alive"


async def test_changes_begin_anew_and_what_is_disabled_or_retired_is_not_waited_for(client, database):
    source = await make_source(client)
    await watched_since(database, source, 60)
    await watch_sources(database)
    url = f"{SOURCES}/{source['id']}"
    changed = good(await client.patch(url, json={"rhythm_seconds": 7_200}))
    assert (changed["state"], changed["silent_since"]) == ("never_heard", None)
    [silence] = await silences_of(client, source)
    assert (silence["ended_by"], await watch_sources(database)) == ("changed", 0)
    await watched_since(database, source, 600)
    await watch_sources(database)
    assert good(await client.patch(url, json={"enabled": False}))["state"] == "disabled"
    await watched_since(database, source, 600)
    assert await watch_sources(database) == 0
    good(await client.patch(url, json={"enabled": True}))
    await watched_since(database, source, 300)
    await watch_sources(database)
    assert good(await client.post(f"{url}/retire"))["state"] == "retired"
    assert [one["ended_by"] for one in await silences_of(client, source)] == ["retired", "disabled", "changed"]
    assert [type_ for type_, _ in await told_of(client, source)] == [SILENT] * 3, "nothing was heard again"


async def test_patrols_are_heard_by_check_ins_whoever_walks_them(client, database):
    source, tool = await make_source(client, kind="patrol"), await make_source(client)
    for one in (source, tool):
        await watched_since(database, one, 60)
    await beat(database, PATROLS, "weibo", [minutes_ago(m) for m in range(0, 60, 5)])
    await watch_sources(database)
    assert await told_of(client, source) == []
    assert len(await told_of(client, tool)) == 1
    await database.fetch("delete from source_beats where channel = $1", PATROLS)


async def test_silences_of_an_incidents_platforms_are_gaps_of_its_spread(client, counter, database):
    there, _ = await crisis(client, counter, platform="bilibili", likes=5, published_at=minutes_ago(90).isoformat())
    source = await make_source(client, platforms=["bilibili", "forum"])
    other = await make_source(client, platforms=["douyin"])
    for one in (source, other):
        await watched_since(database, one, 80)
        await beat(database, f"source:{one['id']}", one["platforms"][0], [minutes_ago(78), minutes_ago(50)])
    await watch_sources(database)
    mine = [gap for gap in (await spread(client, there["id"]))["gaps"] if gap["source_id"] == source["id"]]
    assert [(gap["platforms"], instant(gap["start"]), gap["end"] and instant(gap["end"])) for gap in mine] == [
        (["bilibili"], minutes_ago(78), minutes_ago(50)), (["bilibili"], minutes_ago(50), None),
    ]  # fmt: skip
    part = {"from": minutes_ago(78).isoformat(), "to": minutes_ago(60).isoformat()}
    assert [gap for gap in (await spread(client, there["id"], **part))["gaps"] if gap in mine] == mine[:1]
    assert other["id"] not in str(await spread(client, there["id"]))
    await database.fetch("update incidents set is_drill = true where id = $1", there["id"])
    assert (await spread(client, there["id"]))["gaps"] == []


async def test_old_beats_are_thinned_to_one_an_hour_and_every_hour_stays_covered(client, database):
    source = await make_source(client)
    channel, old = f"source:{source['id']}", minutes_ago(KEPT_FINE // MINUTE + 600).replace(minute=0)
    minutes = [old + m * MINUTE for m in (5, 6, 59, 60, 61, 119, 121)]
    await beat(database, channel, "forum", minutes)
    await beat(database, channel, "zhihu", minutes[1:2])
    async with database.transaction() as tx:
        assert await tidy_beats(tx) == 4
    rows = await database.fetch("select platform, at from source_beats where channel = $1 order by 1, 2", channel)
    assert [tuple(row) for row in rows] == [
        ("forum", minutes[0]), ("forum", minutes[3]), ("forum", minutes[6]), ("zhihu", minutes[1])
    ]  # fmt: skip


async def test_that_we_listen_is_noted_and_a_gap_begins_a_span_anew(app, database):
    await listened(database, (100, 50))
    await asyncio.gather(note(database), note(database))
    rows = await database.fetch("select * from listening_spans order by started_at")
    assert rows[0]["seen_at"] == minutes_ago(50)
    assert len(rows) > 1
    await database.fetch("update listening_spans set seen_at = now() - $1::interval / 2", GAP)
    async with listening(database):

        async def noted() -> bool:
            [row] = await database.fetch(
                "select max(seen_at) > now() - interval '5 seconds' as is_fresh from listening_spans"
            )
            return bool(row["is_fresh"])

        await eventually(noted, 5, "that we listen is noted")
    assert len(await database.fetch("select from listening_spans")) == len(rows)


async def test_what_waits_to_be_counted_hides_no_silence(client, counter, database):
    """The workers were away: readings wait, a source was silent meanwhile and said afterwards that it is alive."""
    source, (other, key) = await make_source(client), await with_key(client)
    await watched_since(database, source, 60)
    body = {"platform": "forum", "external_id": other["id"], "text": "闲聊"}
    good(await client.post("/v1/mentions", json=body, headers=bearer(key["key"])), 201)
    await database.fetch("update inbox set received_at = $1", minutes_ago(55))
    await beat(database, f"source:{source['id']}", "forum", [minutes_ago(10)])
    await watch_sources(database)
    await counter.sweep()
    await watch_sources(database)
    (_, silent), (type_, again) = await told_of(client, source)
    assert type_ == AGAIN
    assert instant(silent["due_at"]) == minutes_ago(50)
    assert instant(again["heard_at"]) == minutes_ago(10)
