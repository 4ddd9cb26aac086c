"""Many tasks at once: what would change, and the same for good; 500 in one call, one entry on the timeline."""

import time
from uuid import uuid4

import pytest

from tests.support.acts import URL, move, opened
from tests.support.affected import create, enter
from tests.support.api import ago, everything, good, problem
from tests.support.clocks import pass_time, ring
from tests.support.people import bearer, make_key, make_person
from tests.support.tasks import RESULTS, TASKS, act, done, make_task, seen, tasks_of, told


async def created(client, incident_id: str, count: int, kind: str = "remediation", **fields) -> list[str]:
    """Tasks for so many users; their ids."""
    users = await enter(client, incident_id, count)
    return good(await create(client, incident_id, kind, affected_user_ids=users, **fields), 201)["task_ids"]


def asked(action: str, *task_ids: str, **fields) -> dict:
    select = {"task_ids": list(task_ids)} if task_ids else {"filter": {}}
    return {"action": action, "select": select} | fields


async def preview(client, incident_id: str, body: dict):
    return await client.post(f"{URL}/{incident_id}/tasks/bulk/preview", json=body)


async def bulk(client, incident_id: str, body: dict, **headers: str):
    return await client.post(f"{URL}/{incident_id}/tasks/bulk", json=body, headers=headers)


def refusals(answer: dict) -> dict[str, str | None]:
    return {row["task_id"]: row["refusal"] for row in answer["tasks"]}


async def test_a_preview_says_what_would_change_and_changes_nothing(client):
    incident_id = await opened(client)
    open_, over = await make_task(client, incident_id, "remediation"), await make_task(client, incident_id)
    meeting, follow_up = [await make_task(client, incident_id, kind) for kind in ("meeting", "follow_up")]
    report = await make_task(client, incident_id, "takedown_report")
    over = await done(client, over)
    before = [await tasks_of(client, incident_id), await told(client, incident_id)]
    body = asked("complete", results=[{"task_id": follow_up["id"], "result": RESULTS["follow_up"]}])
    answer = good(await preview(client, incident_id, body))
    expected = {open_["id"]: None, over["id"]: "task_over", meeting["id"]: "result_needed", follow_up["id"]: None,
                report["id"]: "approval_needed"}  # fmt: skip
    assert refusals(answer) == expected
    assert (answer["changed_count"], answer["refused_count"], answer["action"]) == (2, 3, "complete")
    assert all((row["detail"] is None) == row["changes"] for row in answer["tasks"])
    assert [await tasks_of(client, incident_id), await told(client, incident_id)] == before
    made = good(await bulk(client, incident_id, body))
    assert refusals(made) == expected, "as it was said"
    states = {task["id"]: task["state"] for task in await tasks_of(client, incident_id)}
    assert [states[one["id"]] for one in (open_, over, meeting, follow_up, report)] == [
        "done", "done", "open", "done", "draft",
    ]  # fmt: skip
    assert {row["task_id"]: row["state"] for row in made["tasks"]} == states
    assert (await seen(client, follow_up))["result"] == RESULTS["follow_up"]


async def test_the_preview_is_good_until_one_of_the_chosen_changes(client, bare):
    incident_id, headers = (
        await opened(client),
        bearer((await make_key(client, "incidents:write", "incidents:read"))["key"]),
    )
    chosen, other = await make_task(client, incident_id, "remediation"), await make_task(client, incident_id)
    body = {"action": "waive", "reason": "已统一退款", "select": {"filter": {"kind": ["remediation"]}}}
    url = f"{URL}/{incident_id}/tasks/bulk"
    del bare.headers["if-match"]
    problem(await bare.post(url, json=body, headers=headers), 428, code="if_match_needed")

    async def look() -> dict[str, str]:
        answer = await bare.post(f"{url}/preview", json=body, headers=headers)
        assert answer.headers["etag"].startswith(f'"{good(answer)["version"]}-')
        return {"if-match": answer.headers["etag"]}

    read = await look()
    good(await client.patch(f"{TASKS}/{chosen['id']}", json={"title": "改"}))
    problem(await bare.post(url, json=body, headers=headers | read), 412, code="stale")
    read = await look()
    await make_task(client, incident_id, "remediation")
    problem(await bare.post(url, json=body, headers=headers | read), 412, code="stale")
    read = await look()
    good(await client.patch(f"{TASKS}/{other['id']}", json={"title": "改"}))
    assert good(await bare.post(url, json=body, headers=headers | read))["changed_count"] == 2
    problem(await bare.post(url, json=body, headers=headers | read), 412, code="stale")


async def test_tasks_are_assigned_together(client):
    incident_id, owner = await opened(client), await make_person(client, "incidents:read")
    mine = await make_task(client, incident_id, owner_id=owner["id"])
    free = [await make_task(client, incident_id) for _ in range(3)]
    body = asked("assign", owner_id=owner["id"])
    made = good(await bulk(client, incident_id, body))
    assert refusals(made) == {mine["id"]: "no_change"} | {task["id"]: None for task in free}
    assert [task["owner"]["id"] for task in await tasks_of(client, incident_id)] == [owner["id"]] * 4
    [event] = await told(client, incident_id, "tasks.changed")
    assert event["data"] | {"seq": 0, "number": ""} == {
        "incident_id": incident_id, "number": "", "seq": 0, "is_drill": False, "change": "assigned",
        "task_kinds": ["other"], "task_count": 3, "task_ids": [task["id"] for task in free], "owner_id": owner["id"],
        "happened_at": None, "clocks_started": 0, "clocks_met": 0, "clocks_cancelled": 0, "other_incident_id": None,
        "reason": "",
    }  # fmt: skip
    good(await bulk(client, incident_id, body))
    assert len(await told(client, incident_id, "tasks.changed")) == 1, "nothing changed, nothing is told"
    unowned = {"action": "assign", "owner_id": owner["id"], "select": {"filter": {"unowned": True}}}
    assert good(await preview(client, incident_id, unowned))["tasks"] == []
    good(await bulk(client, incident_id, asked("assign", free[0]["id"], owner_id=None)))
    assert [row["task_id"] for row in good(await preview(client, incident_id, unowned))["tasks"]] == [free[0]["id"]]
    problem(await bulk(client, incident_id, asked("assign", owner_id=str(uuid4()))), 422, "/owner_id")


async def test_500_remediations_are_created_and_finished_each_in_one_call_under_two_seconds(client, database):
    incident_id = await opened(client)
    users = await enter(client, incident_id, 500)
    began = time.monotonic()
    made = good(await create(client, incident_id, "remediation", affected_user_ids=users), 201)
    ids = made["task_ids"]
    assert time.monotonic() - began < 2
    body = {"action": "complete", "select": {"filter": {"kind": ["remediation"]}}, "outcome": "已退款"}
    read = (await preview(client, incident_id, body)).headers["etag"]
    began = time.monotonic()
    made = good(await bulk(client, incident_id, body, **{"if-match": read}))
    assert time.monotonic() - began < 2
    assert (made["changed_count"], made["refused_count"]) == (500, 0)
    assert [row["task_id"] for row in made["tasks"]] == ids
    clocks = await everything(client, "/v1/deadlines", incident_id=incident_id, limit=200)
    assert {(clock["state"], clock["kind"]) for clock in clocks} == {("met", "remediation")}
    assert {clock["task_id"] for clock in clocks} == set(ids)
    events = await told(client, incident_id)
    assert [event["type"] for event in events] == [
        "incident.opened", "incident.affected_users_changed", "tasks.changed", "tasks.changed",
    ]  # fmt: skip
    first, second = (event["data"] for event in events[2:])
    assert (first["change"], first["task_count"], first["clocks_started"]) == ("created", 500, 500)
    assert (second["change"], second["task_count"], second["clocks_met"]) == ("completed", 500, 500)
    assert second["task_ids"] == ids[:100]
    tasks = await tasks_of(client, incident_id, limit=200)
    assert {(task["state"], task["outcome"]) for task in tasks} == {("done", "已退款")}
    assert len({task["affected_user_id"] for task in tasks}) == 500
    await pass_time(database, incident_id, hours=25)
    assert await ring(database, incident_id) == 0


async def test_what_was_done_too_late_is_breached_in_a_bulk_too(client, database):
    incident_id = await opened(client)
    ids = await created(client, incident_id, 2, due_at=ago(hours=-10))
    await created(client, incident_id, 2)
    await pass_time(database, incident_id, hours=12)
    made = good(await bulk(client, incident_id, asked("complete", happened_at=ago(minutes=1))))
    assert made["changed_count"] == 4
    states = {
        row["task_id"]: row["state"] for row in await everything(client, "/v1/deadlines", incident_id=incident_id)
    }
    assert [states.pop(one) for one in ids] == ["breached", "breached"]
    assert set(states.values()) == {"met"}
    breached = await told(client, incident_id, "sla.breached")
    assert {event["data"]["task_id"] for event in breached} == set(ids)
    assert (await told(client, incident_id, "tasks.changed"))[-1]["data"]["clocks_met"] == 2


async def test_waived_together_their_clocks_are_called_off(client, database):
    incident_id = await opened(client)
    ids = await created(client, incident_id, 3)
    good(await bulk(client, incident_id, asked("waive", *ids[:2], reason="重复登记")))
    clocks = await everything(client, "/v1/deadlines", incident_id=incident_id)
    assert sorted(clock["state"] for clock in clocks) == ["cancelled", "cancelled", "running"]
    assert {(await seen(client, {"id": one}))["reason"] for one in ids[:2]} == {"重复登记"}
    event = (await told(client, incident_id, "tasks.changed"))[-1]["data"]
    assert (event["change"], event["task_count"], event["clocks_cancelled"], event["reason"]) == (
        "waived", 2, 2, "重复登记",
    )  # fmt: skip
    await pass_time(database, incident_id, hours=25)
    assert await ring(database, incident_id) == 3


async def test_meetings_and_fact_checks_among_them_are_on_record_as_always(client):
    incident_id = await opened(client)
    tasks = [await make_task(client, incident_id, kind) for kind in ("meeting", "fact_check", "meeting", "other")]
    results = [{"task_id": task["id"], "result": RESULTS[task["kind"]]} for task in tasks[:2]]
    made = good(await bulk(client, incident_id, asked("complete", results=results)))
    assert refusals(made) == {
        task["id"]: code for task, code in zip(tasks, (None, None, "result_needed", None), strict=True)
    }
    assert [(await seen(client, task))["state"] for task in tasks] == ["done", "done", "open", "done"]
    assert len(await everything(client, f"{URL}/{incident_id}/meetings")) == 1
    assert len(await told(client, incident_id, "task.done")) == 2
    [event] = await told(client, incident_id, "tasks.changed")
    assert event["data"]["task_ids"] == [tasks[3]["id"]]


@pytest.mark.parametrize(("body", "pointer"), [
    ({"action": "assign", "select": {"filter": {}}}, ""), ({"action": "waive", "select": {"filter": {}}}, ""),
    ({"action": "waive", "select": {"filter": {}}, "reason": None}, ""),
    ({"action": "waive", "select": {"filter": {}}, "reason": "x", "outcome": "y"}, ""),
    ({"action": "complete", "select": {"filter": {}}, "owner_id": None}, ""),
    ({"action": "complete", "select": {}}, "/select"), ({"action": "delete", "select": {"filter": {}}}, "/action"),
    ({"action": "complete", "select": {"filter": {}, "task_ids": [str(uuid4())]}}, "/select"),
    ({"action": "complete", "select": {"task_ids": []}}, "/select/task_ids"),
    ({"action": "complete", "select": {"task_ids": [str(uuid4())] * 1_001}}, "/select/task_ids"),
    ({"action": "complete", "select": {"filter": {"kind": ["party"]}}}, "/select/filter/kind/0"),
    ({"action": "complete", "select": {"task_ids": [str(uuid4())]}}, "/select/task_ids/0"),
    ({"action": "complete", "select": {"filter": {}}, "results": [{"task_id": str(uuid4()), "result": RESULTS["meeting"]}]},
     "/results/0/task_id"),
    ({"action": "complete", "select": {"filter": {}}, "happened_at": "2020-01-01T00:00:00Z"}, "/happened_at"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, body, pointer):
    incident_id = await opened(client)
    for answer in (await preview(client, incident_id, body), await bulk(client, incident_id, body)):
        problem(answer, 422, pointer)


async def test_another_incidents_tasks_are_left_alone(client):
    incident_id, other = await opened(client), await opened(client)
    theirs = await make_task(client, other)
    problem(await bulk(client, incident_id, asked("complete", theirs["id"])), 422, "/select/task_ids/0")
    await make_task(client, incident_id)
    assert good(await bulk(client, incident_id, asked("complete")))["changed_count"] == 1
    assert (await seen(client, theirs))["state"] == "open"


async def test_of_what_is_over_they_are_only_waived(client):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation")
    good(await move(client, incident_id, "dismissed"))
    assert refusals(good(await bulk(client, incident_id, asked("complete")))) == {task["id"]: "incident_over"}
    assert good(await bulk(client, incident_id, asked("waive", reason="误报")))["changed_count"] == 1
    body = {"kind": "other", "title": "x", "affected_user_ids": [str(uuid4())]}
    problem(await client.post(f"{URL}/{incident_id}/tasks/bulk-create", json=body), 409, code="incident_over")


async def test_a_thousand_at_most_are_changed_and_nobody_is_named_twice(client):
    incident_id, user = await opened(client), str(uuid4())
    for users, pointer in (([user, user], ""), ([], "/affected_user_ids"), ([user] * 1_001, "/affected_user_ids")):
        body = {"kind": "remediation", "title": "退款", "affected_user_ids": users}
        problem(await client.post(f"{URL}/{incident_id}/tasks/bulk-create", json=body), 422, pointer)
    await created(client, incident_id, 1_000, "follow_up")
    assert good(await preview(client, incident_id, asked("waive", reason="x")))["changed_count"] == 1_000
    await make_task(client, incident_id)
    found = problem(await preview(client, incident_id, asked("waive", reason="x")), 422, "/select/filter")
    assert found["errors"][0]["code"] == "too_many"


async def test_500_follow_ups_are_told_one_by_one_in_one_call(client):
    incident_id = await opened(client)
    ids = await created(client, incident_id, 500, "follow_up")
    results = [
        {"task_id": one, "result": {"kind": "follow_up", "solved": place % 2 == 0, "satisfaction": place % 5 + 1}}
        for place, one in enumerate(ids)
    ]
    began = time.monotonic()
    made = good(await bulk(client, incident_id, asked("complete", *ids, results=results)))
    assert time.monotonic() - began < 2
    assert made["changed_count"] == 500
    tasks = {task["id"]: task["result"] for task in await tasks_of(client, incident_id, limit=200)}
    assert tasks == {row["task_id"]: row["result"] for row in results}


async def test_they_are_created_once_with_the_same_key(client):
    incident_id, headers = await opened(client), {"idempotency-key": uuid4().hex}
    body = {"kind": "remediation", "title": "退款", "affected_user_ids": await enter(client, incident_id, 3)}
    url = f"{URL}/{incident_id}/tasks/bulk-create"
    first, again = [good(await client.post(url, json=body, headers=headers), 201) for _ in range(2)]
    assert first == again
    assert len(await tasks_of(client, incident_id)) == 3


async def test_reading_is_enough_to_look_and_not_to_do(client, bare):
    incident_id = await opened(client)
    task = await make_task(client, incident_id)
    reads = bearer((await make_key(client, "incidents:read"))["key"])
    body = asked("waive", task["id"], reason="x")
    good(await bare.post(f"{URL}/{incident_id}/tasks/bulk/preview", json=body, headers=reads))
    problem(await bare.post(f"{URL}/{incident_id}/tasks/bulk", json=body, headers=reads), 403)
    assert (await act(client, task, "complete")).status_code == 200
