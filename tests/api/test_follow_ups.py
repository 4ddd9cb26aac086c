"""Follow-ups 回访 before an incident is closed: nine of ten are done or waived, or as many as the policy asks for."""

from typing import Any

from tests.support.acts import URL, closing, move
from tests.support.affected import enter
from tests.support.api import brand, good, incident, problem, timeline
from tests.support.tasks import act, done, make_task


async def refused(client, incident_id: str, *missing: str) -> None:
    """It can't be closed for just this, as it says beforehand."""
    shown = await incident(client, incident_id)
    [choice] = [one for one in shown["allowed_actions"] if one["status"] == "closed"]
    assert (choice["missing"], choice["refusal"]) == (list(missing), "guards_missing")
    told = problem(await move(client, incident_id, "closed"), 409, "/status", code="guards_missing")
    assert told["missing"] == list(missing)
    assert ("follow-ups" in told["detail"]) == ("follow_ups" in missing)


async def waiting(client, incident_id: str, count: int) -> list[dict[str, Any]]:
    return [await make_task(client, incident_id, "follow_up") for _ in range(count)]


async def test_it_is_closed_once_nine_of_ten_follow_ups_are_done_or_waived(client):
    incident_id = await closing(client)
    await refused(client, incident_id, "calm")
    tasks = await waiting(client, incident_id, 10)
    await refused(client, incident_id, "calm", "follow_ups")
    for task in tasks[:7]:
        await done(client, task)
    good(await act(client, tasks[7], "waive", reason="失联"))
    await refused(client, incident_id, "calm", "follow_ups")
    good(await act(client, tasks[8], "waive", reason="失联"))
    await refused(client, incident_id, "calm")
    good(await act(client, tasks[0], "reopen", reason="再次来电"))
    await refused(client, incident_id, "calm", "follow_ups")
    moved = good(await move(client, incident_id, "closed", override=True))
    assert moved["status"] == "closed"
    assert (await timeline(client, incident_id))[-1]["type"] != "incident.status_changed", "its clocks follow"
    told = [event for event in await timeline(client, incident_id) if event["type"] == "incident.status_changed"]
    assert told[-1]["data"]["overridden"] == ["calm", "follow_ups"]


async def test_only_follow_ups_of_this_incident_are_asked_for(client):
    incident_id, other = await closing(client), await closing(client)
    await waiting(client, other, 1)
    for kind in ("remediation", "other"):
        await make_task(client, incident_id, kind)
    await refused(client, incident_id, "calm")


async def test_a_version_counts_a_follow_up_that_opens_or_closes_the_way(client):
    incident_id = await closing(client)
    [user] = await enter(client, incident_id, 1)
    await make_task(client, incident_id, "follow_up", affected_user_id=user)
    good(await client.post(f"{URL}/{incident_id}/tasks/bulk", json={
        "action": "waive", "reason": "x", "select": {"filter": {}}}))  # fmt: skip
    version = (await incident(client, incident_id))["version"]
    [task] = await waiting(client, incident_id, 1)
    steps = [
        (lambda: done(client, task), 2), (lambda: act(client, task, "reopen", reason="x"), 3),
        (lambda: act(client, task, "waive", reason="x"), 4), (lambda: waiting(client, incident_id, 1), 5),
        (lambda: waiting(client, incident_id, 1), 5),
        (lambda: client.post(f"{URL}/{incident_id}/tasks/bulk", json={
            "action": "waive", "reason": "x", "select": {"filter": {"state": ["open"]}}}), 6),
        (lambda: client.post(f"{URL}/{incident_id}/tasks/bulk-create", json={
            "kind": "follow_up", "title": "x", "affected_user_ids": [user]}), 7),
    ]  # fmt: skip
    assert (await incident(client, incident_id))["version"] == version + 1
    for step, more in steps:
        await step()
        assert (await incident(client, incident_id))["version"] == version + more


async def test_a_policy_may_ask_for_fewer_follow_ups(client):
    plan = good(await client.get("/v1/sla-policies/00000000-0000-0000-0000-000000000001"))
    body = {"name": brand(), "clocks": plan["clocks"], "follow_ups_percent": 50}
    made = good(await client.post("/v1/sla-policies", json=body), 201)
    assert made["follow_ups_percent"] == 50
    incident_id = await closing(client)
    tasks = await waiting(client, incident_id, 2)
    try:
        good(await client.post(f"/v1/sla-policies/{made['id']}/activate"))
        await refused(client, incident_id, "calm", "follow_ups")
        await done(client, tasks[0])
        await refused(client, incident_id, "calm")
    finally:
        good(await client.post(f"/v1/sla-policies/{plan['id']}/activate"))
    await refused(client, incident_id, "calm", "follow_ups")
    for percent in (-1, 101, 50.5, True):
        answer = await client.post("/v1/sla-policies", json=body | {"follow_ups_percent": percent})
        problem(answer, 422, "/follow_ups_percent")
