"""Calm in the life of an incident: recorded once, with its evidence; taken back when it flares up again 二次发酵."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.domain.grading import PLAN, policy_data
from app.incidents.calm import check, listen, look_now
from app.incidents.queries import get_incident
from tests.support.api import again, ago, brand, crisis, good, incident, instant, mention, post, problem, timeline
from tests.support.services import plain
from tests.support.waiting import eventually
from workers.calm import watch_calm

URL = "/v1/incidents"


async def burned(client, counter, hours: float = 17, likes: int = 12_000, **rule):
    """An incident of one post that gained all it has in one minute so many hours ago. The rule of 8 h held until 8 h
    after that, so after 16 h it may be calm."""
    at = ago(hours=hours)
    there, mention_id = await crisis(client, counter, rule=rule, likes=likes, published_at=at, observed_at=at)
    assert there["status"] == ("responding" if likes > 10_000 else "watching")
    return there, mention_id


async def calmed(client, counter, database, **burned_by):
    """One that is calm, as recorded."""
    there, mention_id = await burned(client, counter, **burned_by)
    await a_minute(database, there)
    there = await incident(client, there["id"])
    assert there["calmed_at"], (await look(client, there))["missing"]
    return there, mention_id


async def a_minute(database, there) -> None:
    """The look each minute, at this incident alone: there are others from other tests."""
    await database.run(lambda tx: check(tx, UUID(there["id"])))


async def look(client, there) -> dict:
    return good(await client.get(f"{URL}/{there['id']}/calm"))


async def told(client, there, *types: str) -> list[dict]:
    """The events of some types, in order."""
    return [event for event in await timeline(client, there["id"]) if event["type"] in types]


async def flared(client, there) -> list[dict]:
    return await told(client, there, "incident.rebounded")


async def move(database, there, status: str, ended: str = "null") -> None:
    """As if people had done what leads there."""
    await database.fetch(f"update incidents set status = $2, ended_at = {ended} where id = $1", there["id"], status)


async def gain(client, counter, mention_id, likes: int, **fields) -> None:
    await again(client, mention_id, likes=likes, **fields)
    await counter.sweep()


async def word_of(client, mention_id: str) -> str:
    return (await mention(client, mention_id))["hits"][0]["spans"][0]["word"]


async def report(client, counter, mention_id: str, **fields) -> str:
    """A report by listed media that hits the rule and is no complaint."""
    domain = f"{uuid4().hex}.cn"
    listed = {"name": f"{brand()}报", "tier": "central", "domains": [domain]}
    good(await client.post("/v1/media-outlets", json=listed), 201)
    text = f"{await word_of(client, mention_id)} 差评"
    made = await post(client, text, url=f"https://{domain}/1", sentiment="neutral", **fields)
    await counter.sweep()
    return made


async def test_while_it_burns_the_look_says_what_stands_against_calm(client, counter, database):
    there, mention_id = await burned(client, counter, hours=1)
    await a_minute(database, there)
    shown = await look(client, there)
    assert (shown["passes"], shown["calmed_at"], shown["status"]) == (False, None, "responding")
    assert [shown[name]["met"] for name in ("volume", "media", "tail", "source")] == [False, True, False, True]
    held = shown["volume"]["held_last"]
    assert (held["rule"], held["sum"], held["threshold"], held["window_seconds"]) == (
        "general-8h",
        12_000,
        10_000,
        28_800,
    )
    assert instant(held["minute"]) == instant(shown["minute"]), "it holds still"
    assert {name: shown["tail"][name] for name in ("gained", "allowed", "peak")} == {
        "gained": 12_000, "allowed": 600, "peak": 12_000,
    }  # fmt: skip
    published = instant((await mention(client, mention_id))["published_at"])
    assert instant(shown["tail"]["peak_minute"]) == published.replace(second=0, microsecond=0)
    assert [words.split(" ")[0] for words in shown["missing"]] == ["Rule", "The"]
    assert await told(client, there, "incident.calmed") == []
    problem(await client.get(f"{URL}/{uuid4()}/calm"), 404)


async def test_calm_is_recorded_once_with_its_evidence(client, counter, database):
    there, _ = await burned(client, counter)
    assert (await look(client, there))["passes"]
    await asyncio.gather(*(watch_calm(database) for _ in range(4)))
    await watch_calm(database)
    [event] = await told(client, there, "incident.calmed")
    after = await incident(client, there["id"])
    assert after["version"] == there["version"] + 1
    assert instant(event["data"]["calmed_at"]) == instant(after["calmed_at"])
    assert event["actor"] == "system:fenghuo"
    evidence = event["data"]["evidence"]
    shown = await look(client, there)
    assert (evidence["passes"], evidence["missing"], evidence["volume"]) == (True, [], shown["volume"])
    assert evidence.keys() == shown.keys() - {"incident_id", "status", "calmed_at", "evidence"}
    assert shown["evidence"] == evidence
    assert await watch_calm(database) == 0


@pytest.mark.parametrize("hours", [15.9, 16.1])
async def test_calm_comes_eight_hours_after_a_rule_last_held(client, counter, database, hours):
    there, _ = await burned(client, counter, hours=hours)
    await a_minute(database, there)
    assert ((await incident(client, there["id"]))["calmed_at"] is not None) == (hours > 16)


@pytest.mark.parametrize("status", ["watching", "closed", "subsided", "dismissed"])
async def test_what_nobody_handles_needs_no_calm(client, counter, database, status):
    there, _ = await burned(client, counter)
    await move(database, there, status, "null" if status == "watching" else "now()")
    await a_minute(database, there)
    assert (await incident(client, there["id"]))["calmed_at"] is None
    assert (await look(client, there))["passes"]


async def test_nothing_is_recorded_while_readings_wait_to_be_counted(client, counter, database):
    there, mention_id = await burned(client, counter)
    await again(client, mention_id, likes=12_001)
    await a_minute(database, there)
    assert (await incident(client, there["id"]))["calmed_at"] is None
    await counter.sweep()
    await a_minute(database, there)
    assert (await incident(client, there["id"]))["calmed_at"]


@pytest.mark.parametrize("status", ["responding", "handling", "closing"])
async def test_it_flares_up_at_once_when_a_rule_holds_again(client, counter, database, status):
    there, mention_id = await calmed(client, counter, database)
    await move(database, there, status)
    await gain(client, counter, mention_id, 24_001)
    after = await incident(client, there["id"])
    assert (after["calmed_at"], after["status"]) == (None, "handling" if status == "closing" else status)
    [event] = await flared(client, there)
    data = event["data"]
    assert instant(data["calmed_at"]) == instant(there["calmed_at"])
    assert (data["evidence"]["rule"], data["evidence"]["sum"]) == ("general-8h", 12_001)
    assert data["reason"].startswith("Rule general-8h holds again: 12,001 in 8 h, more than 10,000, at ")
    moved = [event["data"] for event in await told(client, there, "incident.status_changed")][1:]
    assert [(one["from"], one["to"]) for one in moved] == ([("closing", "handling")] if status == "closing" else [])
    await a_minute(database, there)
    await gain(client, counter, mention_id, 48_000)
    assert len(await flared(client, there)) == 1, "what is not calm can't flare up again"


async def test_it_is_calm_again_when_that_is_out_too(client, counter, database):
    there, mention_id = await burned(client, counter, hours=23)
    # Seen from then: calm, and then it went on burning.
    await database.fetch("update incidents set calmed_at = now() - interval '18 hours' where id = $1", there["id"])
    await gain(client, counter, mention_id, 24_001, observed_at=ago(hours=17))
    assert (await incident(client, there["id"]))["calmed_at"] is None
    await a_minute(database, there)
    types = [e["type"] for e in await told(client, there, "incident.calmed", "incident.rebounded")]
    assert types == ["incident.rebounded", "incident.calmed"]


async def test_an_ember_and_a_silent_source_take_nothing_back(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    await gain(client, counter, mention_id, 12_601)
    await a_minute(database, there)
    shown = await look(client, there)
    assert (shown["tail"]["met"], shown["tail"]["gained"], shown["passes"]) == (False, 601, False)
    assert shown["calmed_at"] == there["calmed_at"]
    assert await flared(client, there) == []


async def test_what_is_loaded_from_the_past_keeps_calm_from_coming_and_takes_none_back(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    await gain(client, counter, mention_id, 24_001, observed_at=ago(hours=1), historical=True)
    await a_minute(database, there)
    shown = await look(client, there)
    assert (shown["volume"]["met"], shown["calmed_at"]) == (False, there["calmed_at"])
    await gain(client, counter, mention_id, 24_002)
    assert (await flared(client, there))[0]["data"]["evidence"]["sum"] == 12_002


async def test_another_policy_by_which_it_burns_takes_calm_back_within_a_minute(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    await gain(client, counter, mention_id, 12_500, observed_at=ago(hours=1))
    rules = policy_data(PLAN)
    rules[-1]["threshold"] = 400
    policy = good(await client.post("/v1/grading-policies", json={"name": brand(), "rules": rules}), 201)
    good(await client.patch(f"{URL}/{there['id']}", json={"policy_id": policy["id"]}))
    await a_minute(database, there)
    assert (await flared(client, there))[0]["data"]["evidence"]["threshold"] == 400


async def test_one_that_can_not_be_looked_at_keeps_no_other_from_it(client, counter, database):
    broken, _ = await burned(client, counter)
    there, _ = await burned(client, counter)
    [policy] = await database.fetch(
        "insert into grading_policies (id, name, version, rules, created_by) values ($1, $2, 1, '[]', 'test') returning id",
        uuid4(), brand(),
    )  # fmt: skip
    await database.fetch("update incidents set policy_id = $2 where id = $1", broken["id"], policy["id"])
    with pytest.raises(ValueError, match="1 to 30 rules"):
        await watch_calm(database)
    await move(database, broken, "dismissed", "now()")
    assert (await incident(client, there["id"]))["calmed_at"]


# Reports


@pytest.mark.parametrize(("hours", "unreported"), [(7.9, False), (8.1, True)])
async def test_a_report_of_the_last_eight_hours_stands_against_calm(client, counter, database, hours, unreported):
    there, mention_id = await burned(client, counter)
    made = await report(client, counter, mention_id, published_at=ago(hours=hours))
    assert (await mention(client, made))["incident_id"] is None
    await a_minute(database, there)
    shown = await look(client, there)
    assert (shown["media"]["met"], shown["passes"], shown["calmed_at"] is not None) == (unreported,) * 3
    dated = instant((await mention(client, made))["published_at"]).replace(second=0, microsecond=0)
    assert instant(shown["media"]["reported_last"]) == dated


async def test_a_report_that_does_not_say_when_it_was_made_is_dated_when_it_was_read(client, counter, database):
    there, mention_id = await burned(client, counter)
    await report(client, counter, mention_id)
    await a_minute(database, there)
    assert (await incident(client, there["id"]))["calmed_at"] is None


@pytest.mark.parametrize("belongs", [True, False])
@pytest.mark.parametrize(("hours", "relapse"), [(0, True), (7.9, True), (8.1, False)])
async def test_a_new_report_takes_calm_back_and_an_old_one_found_late_does_not(
    client, counter, database, hours, relapse, belongs
):
    there, mention_id = await calmed(client, counter, database)
    await move(database, there, "closing")
    made = await report(client, counter, mention_id, published_at=ago(hours=hours))
    if belongs:
        body = {"mention_ids": [made], "reason": "同一事件"}
        good(await client.post(f"{URL}/{there['id']}/attach", json=body))
    await a_minute(database, there)
    await a_minute(database, there)
    after = await incident(client, there["id"])
    assert (after["calmed_at"] is None, after["status"]) == (relapse, "handling" if relapse else "closing")
    events = await flared(client, there)
    assert len(events) == relapse
    if relapse:
        shown = await look(client, there)
        assert events[0]["data"]["evidence"] == {"reported_at": shown["media"]["reported_last"]}


async def test_a_report_loaded_from_the_past_is_no_news(client, counter, database):
    there, mention_id = await calmed(client, counter, database)
    await report(client, counter, mention_id, published_at=ago(hours=1), historical=True)
    await a_minute(database, there)
    shown = await look(client, there)
    assert (shown["media"]["met"], shown["calmed_at"]) == (False, there["calmed_at"])


async def test_reports_of_other_things_do_not_matter(client, counter, database):
    there, _ = await calmed(client, counter, database)
    _, elsewhere = await burned(client, counter)
    await report(client, counter, elsewhere)
    await a_minute(database, there)
    assert (await look(client, there))["media"] == {"met": True, "quiet_seconds": 28_800, "reported_last": None}
    assert await flared(client, there) == []


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


async def heard(database) -> dict:
    async with database.transaction() as tx:
        await listen(tx)
    [row] = await database.fetch("select * from last_heard")
    return dict(row)


async def test_readings_of_known_posts_are_signs_of_life(client, counter, database):
    mention_id = await post(client, "闲聊")
    first, second, third = [await heard(database) for _ in range(3)]
    assert first["looked_at"] < second["looked_at"] < third["looked_at"]
    assert second["heard_at"] == third["heard_at"], "nothing came"
    await again(client, mention_id, likes=1)
    after = await heard(database)
    assert after["heard_at"] == third["looked_at"], "it came after that; how long after is not known"
    assert (await heard(database))["heard_at"] == after["heard_at"]


async def test_the_source_that_is_alive_is_the_last_heard_of_either_kind(client, counter, database):
    there, _ = await burned(client, counter)
    await heard(database)
    for moved, minute in (("+ interval '3 hours'", 180), ("- interval '3 hours'", 0)):
        await database.fetch(f"update last_heard set heard_at = now() {moved}")
        found = await looked(database, there)
        assert abs(found.alive_minute - found.minute - minute) <= 1
    await database.fetch("delete from last_heard")


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
