"""Meetings and fact checks are on record once, whether they were tasks or not, and clocks and guards know of acts alone."""

import pytest

from tests.support.acts import URL, check_facts, grade, meet, move, opened, put
from tests.support.api import everything, good, incident, problem
from tests.support.clocks import clocks, graded, pass_time, ring
from tests.support.tasks import RESULTS, TASKS, act, done, make_task, seen, told

OF_AN_ACT = {
    "meeting": ("meetings", "emergency_meeting", "incident.meeting_held"),
    "fact_check": ("fact-checks", "fact_check", "incident.fact_checked"),
}
every_act = pytest.mark.parametrize("kind", OF_AN_ACT)


async def directly(client, incident_id: str, kind: str) -> dict:
    body = {name: value for name, value in RESULTS[kind].items() if name != "kind"}
    return good(await put(client, incident_id, OF_AN_ACT[kind][0], **body), 201)


@every_act
async def test_a_finished_task_is_on_record_as_the_act_and_meets_its_clock(client, kind):
    incident_id = await graded(client, "major")
    path, clock, type_ = OF_AN_ACT[kind]
    task = await done(client, await make_task(client, incident_id, kind), outcome="已办")
    [entry] = await everything(client, f"{URL}/{incident_id}/{path}")
    assert (task["act_id"], task["outcome"], task["result"]) == (entry["id"], "已办", RESULTS[kind])
    assert (entry["happened_at"], entry["actor"]) == (task["happened_at"], task["ended_by"])
    assert {name: entry[name] for name in RESULTS[kind] if name != "kind"} == {
        name: value for name, value in RESULTS[kind].items() if name != "kind"
    }
    found = (await clocks(client, incident_id))[clock]
    assert (found["state"], found["met_at"]) == ("met", task["happened_at"])
    types = [event["type"] for event in await told(client, incident_id, type_, "task.done", "sla.met")]
    assert types == [type_, "sla.met", "task.done"], "the clock is met once, by the act"


@every_act
async def test_the_act_recorded_directly_finishes_the_only_open_task(client, kind):
    incident_id = await graded(client, "major")
    task = await make_task(client, incident_id, kind)
    others = [await make_task(client, incident_id, other) for other in ("other", "remediation")]
    entry = await directly(client, incident_id, kind)
    ended = await seen(client, task)
    assert (ended["state"], ended["act_id"], ended["happened_at"]) == ("done", entry["id"], entry["happened_at"])
    assert ended["result"] == RESULTS[kind]
    assert ended["ended_by"] == entry["actor"]
    assert [(await seen(client, other))["state"] for other in others] == ["open", "open"]
    [event] = await told(client, incident_id, "task.done")
    assert (event["data"]["task_id"], event["data"]["act_id"]) == (task["id"], entry["id"])
    await directly(client, incident_id, kind)
    assert await seen(client, task) == ended, "what is over stays as it is"


@every_act
async def test_of_several_open_tasks_nobody_knows_which_it_was(client, kind):
    incident_id = await graded(client, "major")
    two = [await make_task(client, incident_id, kind) for _ in range(2)]
    await directly(client, incident_id, kind)
    assert [(await seen(client, task))["state"] for task in two] == ["open", "open"]
    await done(client, two[0])
    assert [(await seen(client, task))["state"] for task in two] == ["done", "open"], "this one, and not the other"
    entry = await directly(client, incident_id, kind)
    assert (await seen(client, two[1]))["act_id"] == entry["id"]
    assert len(await everything(client, f"{URL}/{incident_id}/{OF_AN_ACT[kind][0]}")) == 3


async def test_a_meeting_without_a_direction_leaves_its_task_open(client):
    incident_id = await graded(client, "major")
    task = await make_task(client, incident_id, "meeting")
    await meet(client, incident_id)
    assert (await seen(client, task))["state"] == "open"
    assert (await clocks(client, incident_id))["emergency_meeting"]["state"] == "running"
    problem(await act(client, task, "complete", result={"kind": "meeting"}), 422, "/result/direction")
    await meet(client, incident_id, "先停售")
    assert (await seen(client, task))["result"]["direction"] == "先停售"


@every_act
async def test_a_waived_task_is_no_act(client, kind):
    incident_id = await graded(client, "major")
    task = await make_task(client, incident_id, kind)
    good(await act(client, task, "waive", reason="已口头确认"))
    assert await everything(client, f"{URL}/{incident_id}/{OF_AN_ACT[kind][0]}") == []
    assert (await clocks(client, incident_id))[OF_AN_ACT[kind][1]]["state"] == "running"


@every_act
async def test_reopened_its_act_stays_and_the_next_one_is_another(client, kind):
    incident_id = await graded(client, "major")
    task = await done(client, await make_task(client, incident_id, kind))
    again = good(await act(client, task, "reopen", reason="结论有误"))
    assert again["act_id"] is None
    second = await done(client, again)
    entries = await everything(client, f"{URL}/{incident_id}/{OF_AN_ACT[kind][0]}")
    assert [entry["id"] for entry in entries] == [second["act_id"], task["act_id"]]


@every_act
async def test_told_late_it_is_in_time_by_when_it_happened(client, database, kind):
    incident_id = await graded(client, "major")
    task = await make_task(client, incident_id, kind)
    await pass_time(database, incident_id, hours=2)
    await ring(database, incident_id)
    clock = OF_AN_ACT[kind][1]
    breached = (await clocks(client, incident_id))[clock]
    assert breached["state"] == "breached"
    await done(client, task, happened_at=breached["started_at"])
    assert (await clocks(client, incident_id))[clock]["state"] == "met_recorded_late"


async def test_a_task_that_opens_a_way_on_gives_the_incident_another_version(client):
    incident_id = await opened(client)
    await grade(client, incident_id, "major")
    version = (await incident(client, incident_id))["version"]
    tasks = [await make_task(client, incident_id, kind) for kind in ("meeting", "fact_check", "other")]
    assert (await incident(client, incident_id))["version"] == version, "to be done is not done"
    versions = []
    for task in tasks:
        await done(client, task)
        versions.append((await incident(client, incident_id))["version"])
    assert versions == [version + 1, version + 2, version + 2]
    good(await move(client, incident_id, "handling"))


@every_act
async def test_who_lacks_nothing_but_the_task_is_told_so(client, kind):
    """The act is refused with the task: nothing of it is left behind."""
    incident_id = await opened(client)
    task = await make_task(client, incident_id, kind)
    stale = await client.post(
        f"{TASKS}/{task['id']}/complete", json={"result": RESULTS[kind]}, headers={"if-match": '"7-0123456789abcdef"'}
    )
    problem(stale, 412)
    assert await everything(client, f"{URL}/{incident_id}/{OF_AN_ACT[kind][0]}") == []


async def test_a_fact_check_by_a_task_is_what_is_known(client):
    incident_id = await opened(client)
    await check_facts(client, incident_id)
    await done(client, await make_task(client, incident_id, "fact_check"))
    rows = await everything(client, f"{URL}/{incident_id}/fact-checks")
    assert [row["truth"] for row in rows] == ["confirmed", "unfounded"]
