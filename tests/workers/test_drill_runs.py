"""Drills as they are played: the same at every speed, once, whoever plays; paused, played into by hand, stopped, over."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Database
from tests.support import clocks as support
from tests.support.api import brand, everything, good, instant, make_rule, problem, timeline
from tests.support.drills import (
    URL,
    incidents_of,
    make_scenario,
    post_of,
    run_of,
    staged,
    start,
)
from workers.clocks import Clockwork
from workers.context import Context
from workers.drills import Player


def past(**span: float) -> datetime:
    return (datetime.now(UTC) - timedelta(**span)).replace(second=0, microsecond=0)


async def clocks(client, incident_id: str) -> dict[str, dict[str, Any]]:
    """The clocks of an incident but those of its hits."""
    return {kind: row for kind, row in (await support.clocks(client, incident_id)).items() if kind != "alert"}


async def raises(client, drill: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The grades that it reached: by which rule, with how much, at which minute of the scenario, and when in it that was."""
    [one] = await incidents_of(client, drill)
    zero, began = instant(drill["scenario_started_at"]), instant(drill["started_at"])
    found = []
    for event in await timeline(client, one["id"]):
        if event["type"] == "incident.grade_changed":
            evidence = event["data"]["evidence"]
            minute = (instant(evidence["minute"]) - zero) // timedelta(minutes=1)
            at = round((instant(event["at"]) - began).total_seconds() * drill["scale"])
            found.append((event["data"]["to"], evidence["rule"], evidence["sum"], minute, at))
    return found


RISING = [("general", 12_000, 10, 600), ("serious", 65_000, 30, 1_800), ("major", 115_000, 60, 3_600)]


@pytest.mark.parametrize("scale", [60, 600, 6_000])
async def test_a_scenario_reaches_the_same_grades_in_the_same_order_at_any_scale(client, database, stage, scale):
    drill = await start(client, await make_scenario(database), scale=scale)
    await stage.put_back(drill, past(days=2))
    await stage.play_out(drill)
    ended = await run_of(client, drill)
    assert [(to, sum_, minute, at) for to, _, sum_, minute, at in await raises(client, ended)] == RISING
    assert (ended["state"], len(ended["incident_ids"])) == ("finished", 1)
    lasted = instant(ended["ended_at"]) - instant(ended["started_at"])
    assert abs(lasted - timedelta(seconds=14_400) / scale) < timedelta(milliseconds=1)
    [one] = await incidents_of(client, drill)
    assert (one["media_follow_up"], one["status"], one["total"]) == ("confirmed", "dismissed", 115_000)


async def test_a_late_worker_reaches_them_too_and_says_how_late(client, database, stage):
    drill = await start(client, await make_scenario(database), scale=600)
    began = past(days=2)
    await stage.put_back(drill, began)
    assert await stage.at(began + timedelta(hours=1)) == 6
    ended = await run_of(client, drill)
    assert [row[0] for row in await raises(client, ended)] == ["general", "serious", "major"]
    injects = await everything(client, f"{URL}/{drill['id']}/injects")
    assert [round(one["late_by_seconds"]) for one in injects] == [3600, 3599, 3597, 3597, 3594, 3591]
    assert ended["state"] == "finished"


async def test_two_workers_play_everything_once(client, database, settings):
    many = [post_of(f"p{n}", n, likes=10 + n) for n in range(20)]
    drill = await start(client, await make_scenario(database, many, duration=3600), scale=6_000)
    async with staged(settings) as one, staged(settings) as other:
        while (await run_of(client, drill))["state"] == "running":
            await asyncio.gather(one.player.sweep(), other.player.sweep())
    injects = await everything(client, f"{URL}/{drill['id']}/injects")
    assert len(injects) == len({row["mention_id"] for row in injects}) == 20
    rows = await database.fetch(
        "select count(*) as n, count(distinct mention_id) as m from observations where mention_id = any($1::uuid[])",
        [UUID(row["mention_id"]) for row in injects],
    )
    assert (rows[0]["n"], rows[0]["m"]) == (20, 20)
    [incident] = await incidents_of(client, drill)
    assert incident["total"] == sum(10 + n for n in range(20))
    told = await everything(client, "/v1/events", drills="only", type=["drill.started", "drill.ended"], limit=200)
    assert [row["type"] for row in told if row["data"]["drill_id"] == drill["id"]] == ["drill.started", "drill.ended"]


async def test_what_is_played_half_is_played_again_as_a_whole(client, database, stage, monkeypatch):
    """Whoever is killed after counting and before the commit leaves nothing behind."""
    drill = await start(client, await make_scenario(database), scale=60)
    await stage.put_back(drill, began := past(days=2))

    async def die(*_: object, **__: object) -> None:
        raise ConnectionResetError("killed")

    monkeypatch.setattr("app.trainings.drills_playing.count_readings", die)
    assert await stage.at(began) == 0
    assert await everything(client, "/v1/mentions", drill_id=drill["id"]) == []
    monkeypatch.undo()
    assert await stage.at(began + timedelta(seconds=1)) == 1
    assert len(await everything(client, "/v1/mentions", drill_id=drill["id"])) == 1


async def test_clocks_run_so_much_faster_and_are_shown_in_the_scenarios_time_too(client, database, stage):
    drill = await start(client, await make_scenario(database), scale=60)
    await stage.put_back(drill, began := past(days=2))
    await stage.at(began + timedelta(seconds=10))
    await stage.at(began + timedelta(seconds=30))
    await stage.at(began + timedelta(seconds=60))
    [one] = await incidents_of(client, drill)
    found = await clocks(client, one["id"])
    spans = {kind: (instant(row["due_at"]) - instant(row["started_at"])).total_seconds() for kind, row in found.items()}
    # At a raise what runs is due at the earlier of both; those that began with the first grade began 50 seconds before.
    assert spans["emergency_meeting"] == 30
    assert spans["fact_check"] == 60
    assert spans["first_statement"] == 1440
    meeting = found["emergency_meeting"]
    zero = instant(meeting["scenario_started_at"]) - timedelta(hours=1)
    assert zero == began
    assert instant(meeting["scenario_due_at"]) == began + timedelta(minutes=90)
    alerts = await everything(client, "/v1/deadlines", is_drill=True, kind="alert", limit=200)
    mine = [row for row in alerts if row["incident_id"] == one["id"]]
    assert {(instant(row["due_at"]) - instant(row["started_at"])).total_seconds() for row in mine} == {10}
    assert {row["state"] for row in mine} <= {"running", "unpushed"}
    good(await client.post(f"{URL}/{drill['id']}/stop", json={}))


async def test_at_its_end_what_was_due_later_is_not_reached_and_what_was_due_rang(client, database, stage):
    drill = await start(client, await make_scenario(database, duration=7_200), scale=60)
    await stage.put_back(drill, past(days=2))
    await stage.play_out(drill)
    [one] = await incidents_of(client, drill)
    found = await clocks(client, one["id"])
    states = {kind: row["state"] for kind, row in found.items()}
    assert states == {
        "first_response": "breached", "emergency_meeting": "breached", "fact_check": "breached",
        "first_word": "not_reached", "first_statement": "not_reached", "closing": "not_reached",
    }  # fmt: skip
    assert [ring["threshold"] for ring in found["fact_check"]["rings"]] == [50, 80, 100]
    assert found["closing"]["reason"] == "The drill ended before it was due."
    for row in found.values():
        assert row["state"] != "running"


async def test_nothing_is_played_and_nothing_rings_in_a_pause(client, database, stage, context: Context):
    drill = await start(client, await make_scenario(database, [post_of("one", 0, likes=200_000)]), scale=10)
    await stage.at(None)
    [one] = await incidents_of(client, drill)
    assert one["grade"] == "major"
    before = await clocks(client, one["id"])
    paused = good(await client.post(f"{URL}/{drill['id']}/pause"))
    assert (paused["state"], len(paused["pauses"]), paused["pauses"][0]["resumed_at"]) == ("paused", 1, None)
    stood = good(await client.get(f"{URL}/{drill['id']}/clock"))
    # An hour passes for the clocks; in the run none.
    await _let_pass(database, drill, timedelta(hours=1))
    await Clockwork(context).sweep()
    await Player(database).sweep()
    assert {row["state"] for row in (await clocks(client, one["id"])).values()} == {"running"}
    assert [ring for row in (await clocks(client, one["id"])).values() for ring in row["rings"]] == []
    assert good(await client.get(f"{URL}/{drill['id']}/clock"))["elapsed_seconds"] == pytest.approx(
        stood["elapsed_seconds"], abs=1
    )
    # What begins in the pause stands still too.
    good(await client.put(f"/v1/incidents/{one['id']}/grade", json={"grade": "major", "reason": "演练"}))
    await Clockwork(context).sweep()
    problem(await client.post(f"{URL}/{drill['id']}/pause"), 409, code="drill_state")
    problem(await client.post(f"{URL}/{drill['id']}/injects", json=_hand("late")), 409, code="drill_state")
    resumed = good(await client.post(f"{URL}/{drill['id']}/resume"))
    after = await clocks(client, one["id"])
    # Everything was put back by an hour; and by the hour that it stood still it all is later now.
    for kind, row in after.items():
        assert instant(row["scenario_due_at"]) == instant(before[kind]["scenario_due_at"]) - timedelta(hours=1), kind
        assert instant(row["due_at"]) >= instant(before[kind]["due_at"]), kind
        assert instant(row["due_at"]) - instant(before[kind]["due_at"]) < timedelta(minutes=1)
        assert row["rings"] == []
    assert resumed["state"] == "running"
    good(await client.post(f"{URL}/{drill['id']}/stop", json={"reason": "够了"}))


async def _let_pass(database: Database, drill: dict[str, Any], span: timedelta) -> None:
    """Everything of the run lies so much longer ago, as if time had passed meanwhile."""
    run = UUID(drill["id"])
    await database.fetch(
        "update drills set started_at = started_at - $2::interval, zero_at = zero_at - $2::interval, "
        "paused_ats = array(select at - $2::interval from unnest(paused_ats) at) where id = $1", run, span,
    )  # fmt: skip
    await database.fetch(
        "update deadlines d set started_at = d.started_at - $2::interval, due_at = d.due_at - $2::interval "
        "from incidents i where i.id = d.incident_id and i.drill_id = $1", run, span,
    )  # fmt: skip


def _hand(ref: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "mention", "ref": ref, "platform": "weibo", "text": "{brand}又{word}了"} | fields


async def test_something_is_put_in_by_hand_at_this_instant_of_the_scenario(client, database, stage):
    drill = await start(client, await make_scenario(database, [post_of("one", 0, likes=5)]), scale=60)
    await stage.put_back(drill, past(minutes=1))
    await stage.at(None)
    at = f"{URL}/{drill['id']}/injects"
    put = good(await client.post(at, json=_hand("mine", likes=20_000)), 201)
    assert (put["source"], put["played_at"], put["sentiment"]) == ("hand", None, "negative")
    assert put["text"].startswith("演牌")
    assert await stage.at(None) == 1
    good(await client.post(at, json={"kind": "reading", "ref": "mine", "likes": 70_000}), 201)
    assert await stage.at(None) == 1
    [one] = await incidents_of(client, drill)
    assert (one["total"], one["grade"]) == (70_005, "serious")
    mention = good(await client.get(f"/v1/mentions/{(await everything(client, at))[1]['mention_id']}"))
    zero = instant((await run_of(client, drill))["scenario_started_at"])
    assert (instant(mention["published_at"]) - zero).total_seconds() == pytest.approx(put["at_seconds"], abs=0.01)
    assert instant(mention["published_at"]) > datetime.now(UTC) + timedelta(minutes=30)
    problem(await client.post(at, json=_hand("mine")), 422, "/ref")
    problem(await client.post(at, json={"kind": "reading", "ref": "nobody", "likes": 1}), 422, "/ref")
    problem(await client.post(at, json={"kind": "reading", "ref": "mine"}), 422, "/reposts")
    problem(await client.post(at, json={"kind": "mention", "ref": "x"}), 422, "/platform", "/text")
    good(await client.post(f"{URL}/{drill['id']}/stop", json={}))


async def test_a_drill_that_is_stopped_ends_what_came_of_it_and_stays_ended(client, database, stage):
    drill = await start(client, await make_scenario(database), scale=60)
    await stage.put_back(drill, began := past(days=2))
    await stage.at(began + timedelta(seconds=30))
    stopped = good(await client.post(f"{URL}/{drill['id']}/stop", json={"reason": "真实事件"}))
    assert (stopped["state"], stopped["version"]) == ("stopped", drill["version"] + 1)
    [one] = await incidents_of(client, drill)
    assert one["status"] == "dismissed"
    assert await stage.at(None) == 0
    assert len(await everything(client, "/v1/mentions", drill_id=drill["id"])) == 2
    body = {"status": "watching", "reason": "再来"}
    problem(await client.put(f"/v1/incidents/{one['id']}/status", json=body), 409)
    [made, *_] = await everything(client, "/v1/mentions", drill_id=drill["id"])
    corrected = await client.patch(f"/v1/mentions/{made['id']}", json={"sentiment": "neutral", "reason": "晚了"})
    problem(corrected, 409, code="drill_over")
    for verb in ("pause", "resume", "start"):
        problem(await client.post(f"{URL}/{drill['id']}/{verb}"), 409, code="drill_state")
    problem(await client.post(f"{URL}/{drill['id']}/stop", json={}), 409, code="drill_state")


async def test_a_drill_ends_by_itself_when_all_is_played_and_what_came_of_it_has_ended(client, database, stage):
    drill = await start(client, await make_scenario(database, [post_of("one", 0, likes=5)]), scale=1)
    await stage.at(None)
    [one] = await incidents_of(client, drill)
    good(await client.put(f"/v1/incidents/{one['id']}/status", json={"status": "dismissed", "reason": "误报"}))
    await stage.at(datetime.now(UTC) + timedelta(minutes=2))
    assert (await run_of(client, drill))["state"] == "finished"


async def test_what_can_not_be_played_is_refused(client, database):
    key = await make_scenario(database)
    problem(await client.post(URL, json={"scenario": "no-such"}), 422, "/scenario")
    problem(await client.post(URL, json={"scenario": key, "scenario_version": 9}), 422, "/scenario_version")
    problem(await client.post(URL, json={"scenario": key, "scale": 0}), 422, "/scale")
    strange = "0197a3f0-0000-7aaa-8bbb-000000000000"
    problem(await client.post(URL, json={"scenario": key, "rule_id": strange}), 422, "/rule_id")
    problem(await client.post(URL, json={"scenario": key, "participants": [strange]}), 422, "/participants/0")
    rule = await make_rule(client, brand(), exclusions=["货"])
    problem(await client.post(URL, json={"scenario": key, "rule_id": rule["id"]}), 422, "/rule_id")
    planned = await start(client, key, waits=True)
    assert (planned["state"], planned["started_at"]) == ("planned", None)
    assert good(await client.get(f"{URL}/{planned['id']}/clock"))["played_count"] == 0
    started = good(await client.post(f"{URL}/{planned['id']}/start"))
    assert started["state"] == "running"
    good(await client.post(f"{URL}/{planned['id']}/stop", json={}))
