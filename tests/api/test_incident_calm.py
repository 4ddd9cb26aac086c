"""Calm in the life of an incident: recorded once, with its evidence; taken back when it flares up again 二次发酵."""

import asyncio
from uuid import UUID, uuid4

import pytest

from app.domain.grading import PLAN, policy_data
from tests.support.api import again, ago, brand, good, incident, instant, mention, problem
from tests.support.fires import URL, a_minute, burned, calmed, flared, gain, look, move, report, told
from workers.calm import watch_calm


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


async def test_what_a_person_judges_graver_than_the_rules_is_not_called_calm_the_next_minute(client, counter, database):
    there, _ = await burned(client, counter)
    body = {"grade": "major", "reason": "品牌形象严重受损"}
    good(await client.put(f"{URL}/{there['id']}/grade", json=body))
    await a_minute(database, there)
    shown = await look(client, there)
    assert (shown["passes"], shown["calmed_at"], shown["volume"]["met"]) == (False, None, False)
    assert shown["volume"]["judged_last"]
    assert "graver than the spread" in shown["missing"][0]
    await database.fetch("update incidents set graded_at = graded_at - interval '8 hours' where id = $1", there["id"])
    await a_minute(database, there)
    assert (await incident(client, there["id"]))["calmed_at"]


async def test_a_persons_milder_judgement_keeps_calm_from_nobody(client, counter, database):
    there, _ = await burned(client, counter)
    good(await client.put(f"{URL}/{there['id']}/grade", json={"grade": None, "reason": "旧闻"}))
    await a_minute(database, there)
    assert (await incident(client, there["id"]))["calmed_at"]


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
    # Others list all incidents.
    await database.fetch("update incidents set policy_id = $2 where id = $1", broken["id"], UUID(there["policy_id"]))
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
