"""Remediations and the clock of each: started, ringing, met, told late, called off, moved."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from app.core.auth import SYSTEM
from app.incidents.service import merge_incidents
from tests.support.acts import URL, move, opened
from tests.support.api import ago, brand, everything, good, incident, instant, problem
from tests.support.clocks import graded, pass_time, ring
from tests.support.tasks import RESULTS, TASKS, act, done, make_task, seen, tasks_of, told
from tests.support.waiting import eventually

DAY = timedelta(hours=24)


async def clocks_of(client, task: dict) -> list[dict]:
    """The task's clocks, the newest last."""
    rows = await everything(client, "/v1/deadlines", incident_id=(await seen(client, task))["incident_id"])
    return sorted((row for row in rows if row["task_id"] == task["id"]), key=lambda row: row["started_at"])


async def clock_of(client, task: dict) -> dict:
    [clock] = await clocks_of(client, task)
    return clock


def runs(clock: dict) -> timedelta:
    return instant(clock["due_at"]) - instant(clock["started_at"])


@pytest.mark.parametrize("grade", [None, "major"])
async def test_a_remediation_has_a_day_whatever_the_grade(client, grade):
    incident_id = await graded(client, grade)
    two = [await make_task(client, incident_id, "remediation") for _ in range(2)]
    for task in two:
        clock = await clock_of(client, task)
        assert (clock["kind"], clock["state"], clock["grade"], runs(clock)) == ("remediation", "running", grade, DAY)
        assert clock["due_at"] == task["due_at"]
    created = await told(client, incident_id, "task.created")
    assert [event["data"]["due_at"] for event in created] == [task["due_at"] for task in two]
    sets = (await told(client, incident_id, "incident.deadlines_set"))[-2:]
    assert [event["data"]["deadlines"][0]["task_id"] for event in sets] == [task["id"] for task in two]


@pytest.mark.parametrize("kind", ["other", "follow_up", "progress_note", "takedown_report"])
async def test_no_other_kind_has_one(client, kind):
    task = await make_task(client, await opened(client), kind, due_at=ago(hours=-3))
    assert await clocks_of(client, task) == []
    assert (await make_task(client, task["incident_id"], kind))["due_at"] is None


async def test_it_is_due_as_promised(client):
    due = ago(hours=-3)
    task = await make_task(client, await opened(client), "remediation", due_at=due)
    clock = await clock_of(client, task)
    assert instant(clock["due_at"]) == instant(task["due_at"]) == instant(due)


async def test_it_has_the_time_that_the_policy_in_force_gives(client):
    plan = good(await client.get("/v1/sla-policies/00000000-0000-0000-0000-000000000001"))
    assert plan["clocks"][-1] == {"kind": "remediation", "grades": [], "seconds": 86_400, "working_days": None}
    assert plan["follow_ups_percent"] == 90
    shorter = [*plan["clocks"][:-1], plan["clocks"][-1] | {"seconds": 7_200}]
    made = good(await client.post("/v1/sla-policies", json={"name": brand(), "clocks": shorter}), 201)
    silent = good(await client.post("/v1/sla-policies", json={"name": brand(), "clocks": plan["clocks"][:-1]}), 201)
    assert silent["clocks"] == plan["clocks"], "what is not stated runs as the plan says, and is shown"
    try:
        good(await client.post(f"/v1/sla-policies/{made['id']}/activate"))
        clock = await clock_of(client, await make_task(client, await opened(client), "remediation"))
        assert (runs(clock), clock["policy_id"]) == (timedelta(hours=2), made["id"])
    finally:
        good(await client.post(f"/v1/sla-policies/{plan['id']}/activate"))


async def test_it_rings_at_half_at_four_fifths_and_at_its_end_once_each(client, database):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation")
    rung = []
    for hours in (11.9, 0.2, 7.0, 0.2, 4.6, 0.2):
        await pass_time(database, incident_id, hours=hours)
        rung.append(await ring(database, incident_id))
        assert await ring(database, incident_id) == 0
    assert rung == [0, 1, 0, 1, 0, 1]
    events = await told(client, incident_id, "sla.warning", "sla.breached")
    assert [event["data"].get("threshold", 100) for event in events] == [50, 80, 100]
    assert {(event["data"]["clock"], event["data"]["task_id"]) for event in events} == {("remediation", task["id"])}
    assert (await clock_of(client, task))["state"] == "breached"


@pytest.mark.parametrize(("told_after", "done_after", "rings", "state"), [
    (1, 1, False, "met"), (30, 2, True, "met_recorded_late"), (30, 2, False, "met"), (30, 28, True, "breached"),
    (30, 28, False, "breached"),
])  # fmt: skip
async def test_it_is_met_by_when_it_was_done(client, database, told_after, done_after, rings, state):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation")
    await pass_time(database, incident_id, hours=told_after)
    if rings:
        await ring(database, incident_id)
    started = instant((await clock_of(client, task))["started_at"])
    ended = await done(client, task, happened_at=(started + timedelta(hours=done_after)).isoformat())
    clock = await clock_of(client, task)
    assert (clock["state"], clock["met_at"], clock["met_by"]) == (state, ended["happened_at"], ended["ended_by"])
    met = await told(client, incident_id, "sla.met")
    assert [event["data"]["task_id"] for event in met] == ([task["id"]] if state != "breached" else [])
    assert len(await told(client, incident_id, "sla.breached")) == (1 if rings or state == "breached" else 0)
    assert await ring(database, incident_id) == 0


async def test_only_the_clock_of_the_task_that_was_done_is_met(client):
    incident_id = await opened(client)
    one, other = [await make_task(client, incident_id, "remediation") for _ in range(2)]
    await done(client, one)
    assert ((await clock_of(client, one))["state"], (await clock_of(client, other))["state"]) == ("met", "running")


async def test_waived_it_never_rings_again(client, database):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation")
    good(await act(client, task, "waive", reason="用户已撤诉"))
    assert (await clock_of(client, task))["state"] == "cancelled"
    await pass_time(database, incident_id, hours=25)
    assert await ring(database, incident_id) == 0


async def test_reopened_it_has_a_clock_anew(client):
    task = await make_task(client, await opened(client), "remediation", due_at=ago(hours=-3))
    await done(client, task)
    again = good(await act(client, task, "reopen", reason="退款未到账"))
    first, second = await clocks_of(client, task)
    assert (first["state"], second["state"]) == ("met", "running")
    assert second["due_at"] == again["due_at"] == task["due_at"], "what was promised stands"
    await done(client, again)
    assert [clock["state"] for clock in await clocks_of(client, task)] == ["met", "met"]


async def test_its_clock_follows_its_date_and_what_rang_stays_rung(client, database):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation")
    await pass_time(database, incident_id, hours=13)
    assert await ring(database, incident_id) == 1
    due = ago(hours=-40)
    good(await client.patch(f"{TASKS}/{task['id']}", json={"due_at": due}))
    clock = await clock_of(client, task)
    assert instant(clock["due_at"]) == instant(due)
    assert [ring_["threshold"] for ring_ in clock["rings"]] == [50]
    assert await ring(database, incident_id) == 0
    found = problem(await client.patch(f"{TASKS}/{task['id']}", json={"due_at": None}), 422, "/due_at")
    assert found["errors"][0]["code"] == "due_needed"
    [change] = [
        row for event in await told(client, incident_id, "incident.deadlines_set")
        for row in event["data"]["deadlines"] if row["action"] == "redated"
    ]  # fmt: skip
    assert change["task_id"] == task["id"]


@pytest.mark.parametrize("status", ["dismissed", "subsided"])
async def test_its_clock_ends_with_the_incident_and_starts_anew_when_that_comes_back(client, status):
    incident_id = await opened(client)
    task, over = [await make_task(client, incident_id, "remediation") for _ in range(2)]
    await done(client, over)
    good(await move(client, incident_id, status))
    assert (await clock_of(client, task))["state"] == "cancelled"
    good(await move(client, incident_id, "watching"))
    assert [clock["state"] for clock in await clocks_of(client, task)] == ["cancelled", "running"]
    assert [clock["state"] for clock in await clocks_of(client, over)] == ["met"]


async def test_closed_it_is_owed_still(client):
    incident_id = await graded(client)
    task = await make_task(client, incident_id, "remediation")
    for status in ("handling", "closing", "closed"):
        good(await move(client, incident_id, status, override=True))
    assert (await clock_of(client, task))["state"] == "running"
    await done(client, task)
    assert (await clock_of(client, task))["state"] == "met"


async def test_a_breached_one_is_not_started_again_by_coming_back(client, database):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation")
    await pass_time(database, incident_id, hours=25)
    await ring(database, incident_id)
    good(await move(client, incident_id, "dismissed"))
    good(await move(client, incident_id, "watching"))
    assert [clock["state"] for clock in await clocks_of(client, task)] == ["breached"]


async def test_one_that_was_done_too_late_and_reopened_is_started_again_by_coming_back(client, database):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation")
    await pass_time(database, incident_id, hours=25)
    await done(client, task)
    good(await act(client, task, "reopen", reason="退款未到账"))
    good(await move(client, incident_id, "dismissed"))
    good(await move(client, incident_id, "watching"))
    assert [clock["state"] for clock in await clocks_of(client, task)] == ["breached", "cancelled", "running"]


async def test_merged_what_is_to_do_goes_along_with_its_clocks_and_what_rang(client, database):
    source, target = await opened(client), await opened(client)
    task, late, over = [await make_task(client, source, "remediation") for _ in range(3)]
    report = await make_task(client, source, "takedown_report")
    over = await done(client, over)
    await pass_time(database, source, hours=13)
    assert await ring(database, source) == 2
    before = [await clock_of(client, one) for one in (task, late)]
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    assert {one["id"] for one in await tasks_of(client, target)} == {task["id"], late["id"], report["id"]}
    assert [one["id"] for one in await tasks_of(client, source)] == [over["id"]]
    after = [await clock_of(client, one) for one in (task, late)]
    assert after == [clock | {"incident_id": target} for clock in before], "the same clocks, which run on"
    assert await ring(database, target) == 0
    for incident_id, change, other in ((source, "moved_away", target), (target, "moved_in", source)):
        [event] = await told(client, incident_id, "tasks.changed")
        assert (event["data"]["change"], event["data"]["other_incident_id"]) == (change, other)
        assert event["data"]["task_count"] == 3
    await done(client, task)
    assert (await clock_of(client, task))["state"] == "met"
    assert (await told(client, target, "sla.met"))[0]["data"]["task_id"] == task["id"]


@pytest.mark.parametrize("kind", ["remediation", "meeting", "fact_check"])
@pytest.mark.parametrize("in_bulk", [False, True])
async def test_merged_into_a_younger_incident_it_was_done_when_it_was_done(client, kind, in_bulk):
    source = await opened(client)
    task = await make_task(client, source, kind)
    then = ago()
    target = await opened(client)
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    found = problem(await act(client, task, "complete", result=RESULTS.get(kind), happened_at=ago(hours=1)), 422)
    assert found["errors"][0]["code"] == "before_the_incident"
    if in_bulk:
        results = [{"task_id": task["id"], "result": RESULTS[kind]}] if kind in RESULTS else []
        body = {"action": "complete", "select": {"task_ids": [task["id"]]}, "happened_at": then, "results": results}
        assert good(await client.post(f"{URL}/{target}/tasks/bulk", json=body))["changed_count"] == 1
    else:
        await done(client, task, happened_at=then)
    assert instant((await seen(client, task))["happened_at"]) == instant(then)


async def test_merged_out_of_a_false_alarm_its_clocks_start_anew(client):
    source, target = await opened(client), await opened(client)
    task = await make_task(client, source, "remediation")
    good(await move(client, source, "dismissed"))
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    assert [clock["state"] for clock in await clocks_of(client, task)] == ["cancelled", "running"]
    assert {clock["incident_id"] for clock in await clocks_of(client, task)} == {target}


async def test_a_task_that_goes_along_with_a_merge_at_that_moment_is_finished_where_it_went(client, database):
    source, target = await opened(client), await opened(client)
    task = await make_task(client, source, "remediation")
    waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with database.transaction() as tx:
        await merge_incidents(tx, UUID(source), UUID(target), reason="同一事件", caller=SYSTEM, now=await tx.now())
        ending = asyncio.create_task(act(client, task, "complete"))
        await eventually(lambda: database.fetch(waiting), what="whoever finishes it waits for the merge")
    assert good(await ending)["incident_id"] == target
    assert (await clock_of(client, task))["state"] == "met"
    [event] = await told(client, target, "task.done")
    assert event["data"]["task_id"] == task["id"]
    assert await told(client, source, "task.done") == []


async def test_a_raise_leaves_the_clocks_of_tasks_alone(client):
    incident_id = await graded(client, "general")
    task = await make_task(client, incident_id, "remediation")
    before = await clock_of(client, task)
    good(await client.put(f"{URL}/{incident_id}/grade", json={"grade": "major", "reason": "研判"}))
    assert await clock_of(client, task) == before
    assert (await incident(client, incident_id))["grade"] == "major"
