"""Tasks as they are read: lists, filters, exercises apart, and words masked."""

from uuid import uuid4

from tests.support.acts import URL, opened, person_headers
from tests.support.affected import enter
from tests.support.api import ago, everything, good, problem
from tests.support.people import bearer, make_key, make_person
from tests.support.tasks import TASKS, act, done, make_task, seen, tasks_of


def soon(**span: float) -> str:
    return ago(**{name: -value for name, value in span.items()})


async def test_tasks_are_listed_the_first_due_first_page_by_page(client):
    incident_id, other = await opened(client), await opened(client)
    late = await make_task(client, incident_id, due_at=soon(hours=9))
    undated = [await make_task(client, incident_id, "pause_ads") for _ in range(3)]
    early = await make_task(client, incident_id, due_at=soon(hours=1))
    await make_task(client, other)
    wanted = [early, late, *undated]
    assert await tasks_of(client, incident_id, limit=2) == wanted
    assert await everything(client, TASKS, incident_id=incident_id, limit=1) == wanted
    assert await tasks_of(client, incident_id, kind="pause_ads", limit=2) == undated
    assert await tasks_of(client, incident_id, due_before=soon(hours=2)) == [early]
    assert await tasks_of(client, incident_id, due_after=soon(hours=2)) == [late]
    cursor = good(await client.get(f"{URL}/{incident_id}/tasks?limit=1"))["next_cursor"]
    problem(await client.get(f"{URL}/{other}/tasks?cursor={cursor}"), 400, "?cursor")
    problem(await client.get(f"{URL}/{uuid4()}/tasks"), 404)
    problem(await client.get(f"{TASKS}/{uuid4()}"), 404)


async def test_tasks_are_found_by_whose_they_are_how_they_stand_and_what_is_late(client, database):
    incident_id, mine = await opened(client), await make_person(client, "incidents:read")
    owned = await make_task(client, incident_id, owner_id=mine["id"], due_at=soon(hours=1))
    over = await make_task(client, incident_id, owner_id=mine["id"], due_at=soon(hours=2))
    over = await done(client, over)
    [user] = await enter(client, incident_id, 1)
    for_user = await make_task(client, incident_id, affected_user_id=user)
    assert await everything(client, TASKS, owner_id=mine["id"]) == [owned, over]
    assert await everything(client, TASKS, owner_id=mine["id"], state=["open", "waived"]) == [owned]
    assert await tasks_of(client, incident_id, affected_user_id=user) == [for_user]
    assert await everything(client, TASKS, incident_id=incident_id, overdue=True) == []
    await database.fetch("update tasks set due_at = due_at - interval '1 day' where incident_id = $1", incident_id)
    late = await everything(client, TASKS, incident_id=incident_id, overdue=True)
    assert [task["id"] for task in late] == [owned["id"]]


async def test_tasks_of_exercises_are_told_apart(client):
    incident_id = await opened(client, is_drill=True)
    task = await make_task(client, incident_id)
    assert task["is_drill"]
    assert task not in await everything(client, TASKS)
    assert task in await everything(client, TASKS, is_drill=True)
    assert await everything(client, TASKS, incident_id=incident_id) == [task]


async def test_what_people_wrote_is_masked_for_who_may_not_see_it(client, bare):
    incident_id, phone = await opened(client), "13812345678"
    asked = {"kind": "press_inquiry", "outlet": "示例晚报", "question": f"请回电 {phone}"}
    task = await make_task(
        client, incident_id, "press_inquiry", title=f"回电 {phone}", details=f"{phone} 周二", result=asked
    )
    await done(client, task, outcome=f"已致电 {phone}")
    good(await act(client, task, "reopen", reason=f"{phone} 又来电"))
    headers = await person_headers(client, "incidents:read")
    masked = good(await bare.get(f"{TASKS}/{task['id']}", headers=headers))
    assert phone not in str(masked)
    assert (masked["title"], masked["result"]["question"]) == ("回电 138******78", "请回电 138******78")
    assert masked["result"]["outlet"] == "示例晚报"
    whole = await seen(client, task)
    assert [whole[name].count(phone) for name in ("title", "details", "outcome", "reason")] == [1, 1, 1, 1]
    for page in (f"{URL}/{incident_id}/tasks", f"{TASKS}?incident_id={incident_id}"):
        assert phone not in (await bare.get(page, headers=headers)).text


async def test_reading_takes_one_scope_writing_another_and_approving_a_third(client, bare):
    task = await make_task(client, await opened(client), "takedown_report")
    one = f"{TASKS}/{task['id']}"
    reads = bearer((await make_key(client, "incidents:read"))["key"])
    writes = bearer((await make_key(client, "incidents:write"))["key"])
    good(await bare.get(one, headers=reads))
    problem(await bare.patch(one, json={"title": "甲"}, headers=reads), 403)
    problem(await bare.get(one, headers=writes), 403)
    problem(await bare.post(f"{one}/approve", headers=writes), 403)
    problem(await bare.post(f"{one}/reject", json={"reason": "x"}, headers=writes), 403)
    good(await bare.patch(one, json={"title": "甲"}, headers=writes))
