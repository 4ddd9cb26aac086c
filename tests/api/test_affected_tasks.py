"""Tasks of affected users: whose they may be, for whom they are created, and what becomes of both in a merge."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.support.acts import URL, closing, move, opened
from tests.support.affected import affected, create, enter, erase, figures, recount, user_of
from tests.support.api import everything, good, incident, problem
from tests.support.people import bearer, make_key
from tests.support.queries import statements
from tests.support.tasks import TASKS, act, done, make_task, seen, tasks_of, told

ALL = {"affected": {}}


async def preview(client, incident_id: str, kind: str, **fields):
    body = {"kind": kind, "title": "办理退款"} | fields
    return await client.post(f"{URL}/{incident_id}/tasks/bulk-create/preview", json=body)


async def open_to_close(client, incident_id: str) -> tuple[bool, int]:
    """Whether its follow-ups let it be closed, and the version that says so."""
    shown = await incident(client, incident_id)
    [choice] = [one for one in shown["allowed_actions"] if one["status"] == "closed"]
    return "follow_ups" not in choice["missing"], shown["version"]


async def test_a_task_is_for_an_affected_user_of_its_incident_who_can_be_reached(client):
    incident_id, other = await opened(client), await opened(client)
    mine, gone = await enter(client, incident_id, 2)
    [theirs] = await enter(client, other, 1)
    await erase(client, incident_id, gone)
    task = await make_task(client, incident_id, affected_user_id=mine)
    assert (await seen(client, task))["affected_user_id"] == mine
    for user, code in ((gone, "erased"), (theirs, "not_found"), (str(uuid4()), "not_found")):
        body = {"kind": "other", "title": "x", "affected_user_id": user}
        answers = [
            await client.post(f"{URL}/{incident_id}/tasks", json=body),
            await client.patch(f"{TASKS}/{task['id']}", json={"affected_user_id": user}),
        ]
        for answer in answers:
            assert problem(answer, 422, "/affected_user_id")["errors"][0]["code"] == code
        for call in (create, preview):
            answer = await call(client, incident_id, "other", affected_user_ids=[mine, user])
            assert problem(answer, 422, "/affected_user_ids/1")["errors"][0]["code"] == code
    assert len(await tasks_of(client, incident_id)) == 1
    good(await client.patch(f"{TASKS}/{task['id']}", json={"affected_user_id": None}))
    assert (await user_of(client, incident_id, mine))["remediation"] is None


async def test_the_database_keeps_tasks_and_their_users_in_one_incident(client, database):
    incident_id, other = await opened(client), await opened(client)
    [user] = await enter(client, incident_id, 1)
    task = await make_task(client, incident_id, affected_user_id=user)
    for statement in (
        "update tasks set incident_id = $2 where id = $1",
        "update tasks set affected_user_id = $2 where id = $1",
    ):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await database.fetch(statement, UUID(task["id"]), UUID(other))
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await database.fetch("update affected_users set incident_id = $2 where id = $1", UUID(user), UUID(other))


async def test_a_preview_says_for_whom_and_creates_nothing(client, bare):
    incident_id = await opened(client)
    users = await enter(client, incident_id, 4)
    await make_task(client, incident_id, "remediation", affected_user_id=users[1])
    await erase(client, incident_id, users[3])
    before = await told(client, incident_id)
    look = good(await preview(client, incident_id, "remediation", **ALL))
    assert look | {"version": 0} == {
        "incident_id": incident_id, "kind": "remediation", "version": 0, "task_count": 2,
        "affected_user_ids": [users[0], users[2]], "passed_over_count": 1, "remaining_count": 0,
    }  # fmt: skip
    assert await told(client, incident_id) == before
    made = good(await create(client, incident_id, "remediation", **ALL), 201)
    assert {name: made[name] for name in made if name != "task_ids"} == {
        name: look[name] for name in look if name != "version"
    }
    for id_, user in zip(made["task_ids"], made["affected_user_ids"], strict=True):
        assert (await seen(client, {"id": id_}))["affected_user_id"] == user
    reads = bearer((await make_key(client, "incidents:read"))["key"])
    url, body = f"{URL}/{incident_id}/tasks/bulk-create", {"kind": "other", "title": "x"} | ALL
    assert good(await bare.post(f"{url}/preview", json=body, headers=reads))["task_count"] == 3
    problem(await bare.post(url, json=body, headers=reads), 403)


async def test_what_was_previewed_is_created_or_nothing(client):
    incident_id = await opened(client)
    await enter(client, incident_id, 2)
    read = {"if-match": (await preview(client, incident_id, "other", **ALL)).headers["etag"]}
    [late] = await enter(client, incident_id, 1)
    url, body = f"{URL}/{incident_id}/tasks/bulk-create", {"kind": "other", "title": "x"} | ALL
    problem(await client.post(url, json=body, headers=read), 412, code="stale")
    await erase(client, incident_id, late)
    assert good(await client.post(url, json=body, headers=read), 201)["task_count"] == 2


async def test_by_selection_nobody_gets_a_second_task_of_a_kind(client):
    incident_id = await opened(client)
    users = await enter(client, incident_id, 3)
    first = good(await create(client, incident_id, "follow_up", **ALL), 201)
    assert (first["affected_user_ids"], first["passed_over_count"]) == (users, 0)
    before = await told(client, incident_id)
    again = good(await create(client, incident_id, "follow_up", **ALL), 200)
    assert (again["task_count"], again["task_ids"], again["passed_over_count"]) == (0, [], 3)
    assert await told(client, incident_id) == before, "nothing was done, nothing is told"
    await done(client, {"id": first["task_ids"][0], "kind": "follow_up"})
    assert good(await create(client, incident_id, "follow_up", **ALL), 200)["task_count"] == 0
    [late] = await enter(client, incident_id, 1)
    assert good(await create(client, incident_id, "follow_up", **ALL), 201)["affected_user_ids"] == [late]
    named = good(await create(client, incident_id, "follow_up", affected_user_ids=users[:1]), 201)
    assert named["task_count"] == 1, "by name they do"
    assert good(await create(client, incident_id, "other", **ALL), 201)["task_count"] == 4


@pytest.mark.parametrize(("selection", "chosen"), [
    ({}, [0, 1, 2, 3]), ({"without": ["remediation"]}, [3]), ({"without": ["remediation", "other"]}, []),
    ({"without": ["follow_up"]}, [1, 2, 3]), ({"remediation": ["done"]}, [0]), ({"remediation": ["open", "waived"]}, [1, 2]),
    ({"remediation": ["none"]}, [3]), ({"remediation": ["done"], "without": ["follow_up"]}, []),
    ({"follow_up": ["open"]}, [0]), ({"follow_up": ["none"], "remediation": ["waived"]}, [2]),
])  # fmt: skip
async def test_a_selection_takes_whom_all_of_it_is_true_of(client, selection, chosen):
    incident_id = await opened(client)
    users = await enter(client, incident_id, 5)
    await erase(client, incident_id, users[4])
    tasks = [await make_task(client, incident_id, "remediation", affected_user_id=user) for user in users[:3]]
    await done(client, tasks[0])
    good(await act(client, tasks[2], "waive", reason="撤诉"))
    await make_task(client, incident_id, "follow_up", affected_user_id=users[0])
    await make_task(client, incident_id, "other", affected_user_id=users[3])
    look = good(await preview(client, incident_id, "pause_ads", affected=selection))
    assert look["affected_user_ids"] == [users[n] for n in chosen]


async def test_a_thousand_at_once_and_the_rest_with_the_next_call(client):
    incident_id = await opened(client)
    users = await enter(client, incident_id, 1_003)
    made = []
    for count, remaining, passed_over, status in ((1_000, 3, 0, 201), (3, 0, 1_000, 201), (0, 0, 1_003, 200)):
        answer = good(await create(client, incident_id, "remediation", **ALL), status)
        figures_ = tuple(answer[name] for name in ("task_count", "remaining_count", "passed_over_count"))
        assert figures_ == (count, remaining, passed_over)
        made += answer["affected_user_ids"]
    assert made == users


async def test_two_who_create_them_at_once_create_them_once(client):
    incident_id = await opened(client)
    users = await enter(client, incident_id, 20)
    answers = await asyncio.gather(*(create(client, incident_id, "remediation", **ALL) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    tasks = await tasks_of(client, incident_id)
    assert sorted(task["affected_user_id"] for task in tasks) == sorted(users)


@pytest.mark.parametrize(("fields", "pointer"), [
    ({}, ""), ({"affected": {}, "affected_user_ids": [str(uuid4())]}, ""), ({"affected": None}, ""),
    ({"affected": {"without": ["party"]}}, "/affected/without/0"), ({"affected": {"remediation": "none"}}, "/affected/remediation"),
    ({"affected": {"follow_up": ["late"]}}, "/affected/follow_up/0"), ({"affected": {"erased": True}}, "/affected/erased"),
    ({"affected": {}, "owner_id": str(uuid4())}, "/owner_id"), ({"affected": {}, "due_at": "2020-01-01T00:00:00Z"}, "/due_at"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, fields, pointer):
    incident_id = await opened(client)
    for call in (preview, create):
        problem(await call(client, incident_id, "other", **fields), 422, pointer)


async def test_of_what_is_over_nothing_is_created(client):
    incident_id = await opened(client)
    await enter(client, incident_id, 1)
    good(await move(client, incident_id, "dismissed"))
    for call in (preview, create):
        problem(await call(client, incident_id, "other", **ALL), 409, code="incident_over")


async def test_a_page_costs_as_many_statements_however_long_it_is(client, app):
    incident_id = await opened(client)
    await enter(client, incident_id, 40)
    counts = []
    for kind in ("remediation", "follow_up", None):
        for query in ({}, {"remediation": "open"}, {"follow_up": ["none", "open"]}):
            for limit in (1, 40):
                with statements(app) as sent:
                    good(await client.get(f"{URL}/{incident_id}/affected-users", params=query | {"limit": limit}))
                counts.append(len(sent))
        if kind:
            good(await create(client, incident_id, kind, **ALL), 201)
    full = counts[-6:]
    assert len(set(full)) == 1, "with as many tasks as there can be"
    assert max(counts) == full[0]
    with statements(app) as sent:
        await figures(client, incident_id)
    few = len(sent)
    await enter(client, incident_id, 40)
    with statements(app) as sent:
        await figures(client, incident_id)
    assert len(sent) == few


async def test_the_way_to_closed_counts_who_was_not_asked(client):
    incident_id = await closing(client)
    assert (await open_to_close(client, incident_id))[0], "nobody is affected"
    users = await enter(client, incident_id, 9)
    assert not (await open_to_close(client, incident_id))[0]
    tasks = [await make_task(client, incident_id, "follow_up", affected_user_id=user) for user in users[:8]]
    tasks.append(await make_task(client, incident_id, "follow_up"))
    for task in tasks[:8]:
        await done(client, task)
    assert not (await open_to_close(client, incident_id))[0], "8 of 10"
    await done(client, tasks[8])
    assert (await open_to_close(client, incident_id))[0], "9 of 10"
    told_ = problem(await move(client, incident_id, "closed"), 409, code="guards_missing")
    assert told_["missing"] == ["calm"]
    # Asked once more they are not followed up until that is over.
    await make_task(client, incident_id, "follow_up", affected_user_id=users[0])
    assert not (await open_to_close(client, incident_id))[0]


async def test_who_was_erased_before_they_were_asked_is_owed_nothing(client):
    incident_id = await closing(client)
    users = await enter(client, incident_id, 3)
    task = await make_task(client, incident_id, "follow_up", affected_user_id=users[0])
    await erase(client, incident_id, users[0])
    await erase(client, incident_id, users[1])
    done_ = await make_task(client, incident_id, "follow_up", affected_user_id=users[2])
    await done(client, done_)
    assert not (await open_to_close(client, incident_id))[0], "the first was to be asked"
    good(await act(client, task, "waive", reason="已删除联系方式"))
    assert (await open_to_close(client, incident_id))[0]


async def test_the_incident_has_another_version_when_that_opens_or_closes_a_way(client):
    incident_id = await closing(client)
    open_, version = await open_to_close(client, incident_id)
    assert open_

    async def expect(is_open: bool, more: int) -> None:
        nonlocal version
        assert await open_to_close(client, incident_id) == (is_open, version + more)
        version += more

    body = {"contact_kind": "phone", "contact": "13900001111", "purpose": "联系退款"}
    one = good(await client.post(f"{URL}/{incident_id}/affected-users", json=body), 201)["id"]
    await expect(False, 1)
    [two] = await enter(client, incident_id, 1)
    await expect(False, 0)
    await erase(client, incident_id, one)
    await expect(False, 0)
    await erase(client, incident_id, two)
    await expect(True, 1)
    [three] = await enter(client, incident_id, 1)
    await expect(False, 1)
    task = await make_task(client, incident_id, "follow_up")
    good(
        await act(
            client, await make_task(client, incident_id, "follow_up", affected_user_id=three), "waive", reason="x"
        )
    )
    await expect(False, 0)
    # It was theirs all along: the newest of theirs is open, and besides them nothing is owed.
    good(await client.patch(f"{TASKS}/{task['id']}", json={"affected_user_id": three}))
    await expect(True, 1)


async def test_an_erased_users_tasks_stay_theirs_with_the_words_people_wrote(client, bare):
    incident_id = await opened(client)
    [user] = await enter(client, incident_id, 1)
    contact = (await user_of(client, incident_id, user))["contact"]
    task = await make_task(client, incident_id, "remediation", affected_user_id=user, details=f"请联系 {contact}")
    gone = await erase(client, incident_id, user)
    assert gone["remediation"]["task_id"] == task["id"]
    shown = await seen(client, task)
    assert (shown["affected_user_id"], shown["details"]) == (user, f"请联系 {contact}")
    reads = bearer((await make_key(client, "incidents:read"))["key"])
    assert contact not in (await bare.get(f"{TASKS}/{task['id']}", headers=reads)).text
    await done(client, task)
    good(await act(client, task, "reopen", reason="漏退"))
    good(await client.patch(f"{TASKS}/{task['id']}", json={"details": ""}))


async def test_a_merge_takes_users_and_their_tasks_along_and_folds_who_stands_in_both(client):
    source, target = await opened(client), await opened(client)
    body = {"contact_kind": "phone", "contact": "13900002222", "purpose": "联系退款"}
    [double, twin] = [
        good(await client.post(f"{URL}/{one}/affected-users", json=body), 201)["id"] for one in (source, target)
    ]
    users = await enter(client, source, 2)
    over = await make_task(client, source, "remediation", affected_user_id=users[0])
    await done(client, over)
    waiting = await make_task(client, source, "follow_up", affected_user_id=users[0])
    folded = [await make_task(client, source, kind, affected_user_id=double) for kind in ("remediation", "follow_up")]
    await done(client, folded[1])
    nobodys = await done(client, await make_task(client, source, "other"))
    version = (await seen(client, over))["version"]
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))

    rows = {row["id"]: row for row in await affected(client, target)}
    assert rows.keys() == {twin, *users}
    ids = {
        id_: [row[kind] and row[kind]["task_id"] for kind in ("remediation", "follow_up")] for id_, row in rows.items()
    }
    assert ids == {
        twin: [folded[0]["id"], folded[1]["id"]], users[0]: [over["id"], waiting["id"]], users[1]: [None, None],
    }  # fmt: skip
    assert (rows[users[0]]["remediation"]["state"], rows[twin]["follow_up"]["solved"]) == ("done", True)
    assert (await seen(client, over))["version"] == version + 1
    for task in (over, waiting, *folded):
        assert (await seen(client, task))["incident_id"] == target
    assert (await seen(client, nobodys))["incident_id"] == source, "what is over and nobody's stays where it was done"
    clocks = await everything(client, "/v1/deadlines", incident_id=target)
    assert {clock["task_id"]: clock["state"] for clock in clocks if clock["task_id"]} == {
        over["id"]: "met", folded[0]["id"]: "running",
    }  # fmt: skip
    summary, counted = await figures(client, target), recount(list(rows.values()))
    assert {name: summary[name] for name in counted} == counted
    assert [row["id"] for row in await affected(client, source)] == [double]
    assert (await user_of(client, source, double))["follow_up"] is None
    [event] = await told(client, target, "tasks.changed")
    assert (event["data"]["change"], event["data"]["task_count"]) == ("moved_in", 4)
