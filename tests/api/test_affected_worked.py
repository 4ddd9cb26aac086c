"""Affected users are worked off: a remediation and a follow-up for each, many at once, and the figures of both (R50b, R56)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.support.acts import URL, closing, opened
from tests.support.affected import affected, create, enter, figures, recount
from tests.support.api import everything, good, incident
from tests.support.clocks import pass_time
from tests.support.people import make_person
from tests.support.tasks import tasks_of, told


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Says how long it took, to whoever runs it with -s; nothing is asserted, for the machine is not ours alone."""
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.2f} s")


async def bulk(client, incident_id: str, action: str, *task_ids: str, **fields) -> dict:
    select = fields.pop("select", {"task_ids": list(task_ids)})
    body = {"action": action, "select": select} | fields
    answer = good(await client.post(f"{URL}/{incident_id}/tasks/bulk", json=body))
    assert answer["refused_count"] == 0
    return answer


async def missing(client, incident_id: str) -> list[str]:
    """What stands before its being closed."""
    shown = await incident(client, incident_id)
    [choice] = [one for one in shown["allowed_actions"] if one["status"] == "closed"]
    return choice["missing"]


def same(summary: dict, users: list[dict]) -> None:
    """The summary says what the list does."""
    counted = recount(users, datetime.now(UTC).isoformat())
    assert {name: summary[name] for name in counted} == counted


async def remedied(client, incident_id: str, users: list[str]) -> None:
    """500 remediations: of the users 490 have theirs, 5 need none, and 5 wait."""
    owner = await make_person(client, "incidents:read")
    with timed("500 remediations created"):
        made = good(await create(client, incident_id, "remediation", affected={"without": ["remediation"]}), 201)
    assert (made["task_count"], made["affected_user_ids"]) == (500, users)
    with timed("500 remediations assigned"):
        await bulk(client, incident_id, "assign", *made["task_ids"], owner_id=owner["id"])
    with timed("490 remediations finished"):
        await bulk(client, incident_id, "complete", *made["task_ids"][:490], outcome="已退款")
    await bulk(client, incident_id, "waive", *made["task_ids"][490:495], reason="用户已撤诉")
    rows = {user["id"]: user for user in await affected(client, incident_id)}
    assert [rows[id_]["remediation"]["task_id"] for id_ in users] == made["task_ids"]
    assert {row["remediation"]["owner_id"] for row in rows.values()} == {owner["id"]}
    assert [row["follow_up"] for row in rows.values()] == [None] * 500


async def test_500_users_are_worked_off_in_a_few_calls(client):
    incident_id = await closing(client)
    with timed("500 users entered, and listed"):
        users = await enter(client, incident_id, 500)
    assert await missing(client, incident_id) == ["calm", "follow_ups"], "nobody was asked yet"
    await remedied(client, incident_id, users)

    with timed("490 follow-ups created"):
        asked = good(await create(client, incident_id, "follow_up", affected={"remediation": ["done"]}), 201)
    assert asked["affected_user_ids"] == users[:490]
    rest = good(await create(client, incident_id, "follow_up", affected={"without": ["follow_up"]}), 201)
    assert rest["affected_user_ids"] == users[490:]

    ids = asked["task_ids"]
    results = [
        {"task_id": id_, "result": {"kind": "follow_up", "solved": n % 7 > 0, "satisfaction": n % 6 or None}}
        for n, id_ in enumerate(ids[:449])
    ]  # fmt: skip
    with timed("449 follow-ups finished, each with its result"):
        await bulk(client, incident_id, "complete", *ids[:449], results=results)
    assert await missing(client, incident_id) == ["calm", "follow_ups"], "89.8 %"
    await bulk(client, incident_id, "waive", ids[449], reason="三次未接通")
    assert await missing(client, incident_id) == ["calm"], "90 %"

    with timed("the summary"):
        summary = await figures(client, incident_id)
    same(summary, await affected(client, incident_id))
    assert summary["remediation"] == {
        "none": 0, "open": 5, "done": 490, "waived": 5, "overdue": 0, "completion_percent": 99.0,
    }  # fmt: skip
    assert summary["follow_up"] == {"none": 0, "open": 50, "done": 449, "waived": 1, "completion_percent": 90.0}
    assert (summary["solved"], summary["satisfaction"]["answers"]) == (384, 374)
    changes = [event["data"]["change"] for event in await told(client, incident_id, "tasks.changed")]
    assert changes == ["created", "assigned", "completed", "waived", "created", "created", "completed", "waived"]


async def test_the_figures_are_those_of_the_lists(client, database):
    incident_id, other = await opened(client), await opened(client)
    await enter(client, other, 3)
    good(await create(client, other, "remediation", affected={}), 201)
    empty = await figures(client, incident_id)
    same(empty, [])
    assert (empty["remediation"]["completion_percent"], empty["satisfaction"]["average"]) == (None, None)
    users = await enter(client, incident_id, 7)
    made = good(await create(client, incident_id, "remediation", affected_user_ids=users[:5]), 201)["task_ids"]
    await pass_time(database, incident_id, hours=30)
    await database.fetch("update tasks set due_at = now() - interval '1 hour' where id = any($1::uuid[])", made[:2])
    await bulk(client, incident_id, "complete", made[0])
    await bulk(client, incident_id, "waive", made[2], reason="撤诉")
    asked = good(await create(client, incident_id, "follow_up", affected_user_ids=users[1:6]), 201)["task_ids"]
    said = ((True, 5), (True, 4), (False, None))
    results = [
        {"task_id": id_, "result": {"kind": "follow_up", "solved": solved, "satisfaction": satisfaction}}
        for id_, (solved, satisfaction) in zip(asked, said, strict=False)
    ]  # fmt: skip
    await bulk(client, incident_id, "complete", *asked[:3], results=results)
    good(await client.post(f"{URL}/{incident_id}/affected-users/{users[6]}/erase"))
    good(await client.post(f"{URL}/{incident_id}/affected-users/{users[1]}/erase"))
    summary = await figures(client, incident_id)
    same(summary, await affected(client, incident_id))
    assert summary["remediation"] == {
        "none": 2, "open": 3, "done": 1, "waived": 1, "overdue": 1, "completion_percent": 28.5,
    }  # fmt: skip
    assert summary["follow_up"] == {"none": 2, "open": 2, "done": 3, "waived": 0, "completion_percent": 42.8}
    assert (summary["erased"], summary["solved"], summary["satisfaction"]["average"]) == (2, 2, 4.5)
    for kind in ("remediation", "follow_up"):
        for state in ("none", "open", "done", "waived"):
            rows = await affected(client, incident_id, **{kind: state})
            assert len(rows) == summary[kind][state], (kind, state)
            assert {(row[kind] or {"state": "none"})["state"] for row in rows} <= {state}
    late = await everything(client, f"{URL}/{incident_id}/tasks", kind="remediation", overdue="true")
    assert len(late) == summary["remediation"]["overdue"]
    both = await affected(client, incident_id, remediation=["open", "none"], follow_up="open")
    assert {row["id"] for row in both} == {users[4], users[5]}


async def test_the_newest_of_a_kind_counts_and_what_is_reopened_is_no_answer(client):
    incident_id = await opened(client)
    [user] = await enter(client, incident_id, 1)
    ids = [
        good(await create(client, incident_id, "follow_up", affected_user_ids=[user]), 201)["task_ids"][0]
        for _ in range(2)
    ]

    async def seen() -> tuple:
        follow_up = (await affected(client, incident_id))[0]["follow_up"]
        same(await figures(client, incident_id), await affected(client, incident_id))
        for state in ("none", "open", "done", "waived"):
            assert len(await affected(client, incident_id, follow_up=state)) == (state == follow_up["state"])
        return tuple(follow_up[name] for name in ("task_id", "state", "solved", "satisfaction"))

    result = {"kind": "follow_up", "solved": False, "satisfaction": 1}
    await bulk(client, incident_id, "complete", ids[0], results=[{"task_id": ids[0], "result": result}])
    assert await seen() == (ids[1], "open", None, None)
    result = {"kind": "follow_up", "solved": True}
    await bulk(client, incident_id, "complete", ids[1], results=[{"task_id": ids[1], "result": result}])
    assert await seen() == (ids[1], "done", True, None)
    good(await client.post(f"/v1/tasks/{ids[1]}/reopen", json={"reason": "再次来电"}))
    assert await seen() == (ids[1], "open", None, None)
    assert len(await tasks_of(client, incident_id, affected_user_id=user)) == 2
